"""docs/plugins.md is true: the tutorial is followed to the letter with the installed SDK alone, and each piece of code of the
reference is compiled. A code block with file=NAME is that file of the tutorial's project."""
import json
import os
import pathlib
import re

import pytest

from conftest import CMAKE, SOURCE, exported, run

CTEST = pathlib.Path(CMAKE).with_name("ctest")
TEXT = (SOURCE / "docs/plugins.md").read_text(encoding="utf-8")
TUTORIAL, REFERENCE = TEXT.split("\n# Reference\n")


def blocks(text):
    """(language, file or None, code), in order."""
    found = re.findall(r"^```(\w+)(?: file=(\S+))?\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert found
    return found


def test_the_tutorial(installation, tmp_path):
    folder = tmp_path
    environment = {**installation.environment(folder), "CMAKE_PREFIX_PATH": str(installation.prefix),
                   "CXXFLAGS": "-Wall -Wextra -Wconversion -Wshadow -Werror", "NO_COLOR": "1"}
    state = tmp_path / "state"  # directory and variables go from one block to the next
    state.write_text(f"cd {folder}\n")
    said = ""
    for language, file, code in blocks(TUTORIAL):
        if file:
            (folder / "redis" / file).write_text(code)
        elif language == "sh":
            script = f". {state}\nset -e\n{code}\n{{ echo cd \"$PWD\"; export -p; }} > {state}\n"
            said += run("bash", "-c", script, env=environment)
    assert exported(folder / "redis/build/redis.so") == ["sonde_plugin_v0"]
    assert said.count("100% tests passed, 0 tests failed out of 2") == 2
    assert "redis.open" in said and "it answers without a password" in said  # describe
    assert "error[bad-value]" in said and "did you mean 'port'?" in said     # validate
    record, = json.loads((folder / "redis/out/inventory.json").read_text())  # of whatever listens on this machine
    assert record["ip"] == "127.0.0.1" and record["alive"] is True


def test_the_udp_probe(installation, tmp_path):
    installation.command("plugin", "new", "probe", "udp-echo", work=tmp_path)
    folder = tmp_path / "udp-echo"
    files = {file: code for _, file, code in blocks(REFERENCE) if file}
    assert sorted(files) == ["plugin.cpp", "tests/run.py"]
    for file, code in files.items():
        (folder / file).write_text(code)
    build = installation.build(folder)
    done = run(CTEST, "--test-dir", build, "--output-on-failure", env=installation.environment(folder))
    assert "100% tests passed, 0 tests failed out of 2" in done
    installation.check(build / "udp-echo.so")
    # The worked case of the deadline: its numbers are those of the plan.
    assert "3 x 1 s + `timeout_ms` = 4 s" in REFERENCE and "`sonde plan` estimates 3 packets and 3 s" in REFERENCE
    plan = json.loads(installation.command("plan", "sample.sonde.yaml", "--format", "json", "--plugin-path", "build", "--set",
                                           "udp-echo.timeout=1s", work=folder))
    assert plan["stages"][0]["deadline"] == "4s"
    assert plan["estimate"]["packets_if_silent"] == 3 and 3 <= plan["estimate"]["seconds_if_silent"] < 3.1
    # A dash in the id is one in the field, also in a condition.
    (folder / "dash.sonde.yaml").write_text(
        'version: 1\ntargets: ["127.0.0.1"]\nstages: [{use: udp-echo}, {use: udp-echo, name: again, when: udp-echo.ms}]\n'
        "outputs: [{use: csv, options: {path: x.csv, columns: [ip, udp-echo.ms]}}]\n")
    said = installation.command("validate", "dash.sonde.yaml", "--plugin-path", "build", work=folder)
    assert "valid: 2 stages, 1 output" in said and "warning" not in said


# What the pieces of the reference take from the tutorial.
PRELUDE = """
#include <sonde/columns.hpp>
#include <sonde/json_writer.hpp>
#include <sonde/output_file.hpp>
#include <sonde/plugin.hpp>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <string>
#include <vector>
[[maybe_unused]] constexpr sonde::Scalar<bool> alive{0, "alive", "help"};
struct Options { uint16_t port; };
[[maybe_unused]] constexpr auto options = sonde::options<Options>(sonde::option("port", &Options::port, 1, "help"));
"""
KINDS = {"Addresses": "sonde::detail::ExporterPlugin"}


@pytest.mark.parametrize("compiler", [os.environ["CXX"], "clang++-14"])
def test_the_reference_compiles(installation, tmp_path, compiler):
    pieces = [code for language, file, code in blocks(REFERENCE) if language == "cpp" and not file]
    assert len(pieces) >= 4
    source = PRELUDE
    for number, code in enumerate(pieces):
        source += f"namespace piece{number} {{\n{code}\n"
        for name in re.findall(r"^class (\w+)", code, re.MULTILINE):  # as a plugin, so that all of it is compiled
            source += (f'constexpr sonde::About about = {{.id = "x", .version = "1", .summary = "s", .license = "l"}};\n'
                       f"const sonde_plugin *use() {{ return &{KINDS.get(name, 'sonde::detail::ProbePlugin')}<{name}, about>::plugin; }}\n")
        source += "}\n"
    (tmp_path / "pieces.cpp").write_text(source)
    run(compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-Wno-unused",
        f"-I{installation.prefix}/include", tmp_path / "pieces.cpp")


def test_the_smallest_plugin_in_c(installation, tmp_path):
    *pieces, whole = [code for language, _, code in blocks(REFERENCE) if language == "c"]
    compile_c = (os.environ["CC"], "-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
                 f"-I{installation.prefix}/include", "-fPIC", "-shared", "-fvisibility=hidden", "-o", tmp_path / "nothing.so")
    (tmp_path / "nothing.c").write_text(whole)
    run(*compile_c, tmp_path / "nothing.c")
    assert exported(tmp_path / "nothing.so") == ["sonde_plugin_v0"]
    assert "finds nothing" in installation.command("describe", "nothing", "--plugin-path", ".", work=tmp_path)

    # The pieces inside it, with the schema that one of them has.
    own = '"{\\"type\\": \\"object\\", \\"properties\\": {}}"'
    assert own in whole
    code = ("#include <sonde/probe.h>\n#include <time.h>\n" + "\n".join(pieces) + whole.replace(own, "schema")
            .replace("  uint32_t i;\n", "  uint32_t i;\n  (void)read_waits; (void)may_send; (void)device;\n", 1))
    (tmp_path / "nothing.c").write_text(code)
    run(*compile_c, tmp_path / "nothing.c")
    said = installation.command("describe", "nothing", "--plugin-path", ".", work=tmp_path)
    assert "interval" in said and "1ms to 1m" in said and "22,80" in said and "4KiB" in said


def test_the_readme_shows_the_probe_that_plugin_new_makes():
    def bare(code):
        return " ".join(re.sub(r"//.*", "", code).split())
    shown, = (code for language, _, code in blocks((SOURCE / "README.md").read_text(encoding="utf-8")) if language == "cpp")
    assert bare(shown) in bare((SOURCE / "sdk/template/probe/cpp/plugin.cpp").read_text(encoding="utf-8"))


def test_other_blocks_are_of_known_kinds():
    assert {language for language, _, _ in blocks(TEXT)} <= {"sh", "cpp", "c", "json", "python"}
