"""`sonde describe` of what is not there: of whatever kind it should be, and why a file of that name was refused."""
import subprocess

import pytest
from conftest import BAD_FIXTURES


def test_a_misspelt_exporter(sonde):
    result = sonde.call("describe", "jsn")
    assert result.code == 78 and result.ids() == ["plugin-missing"], str(result)
    assert "there is no plugin 'jsn'" in result.err and "did you mean 'json'?" in result.err


def test_the_beginning_of_a_name(sonde):
    result = sonde.call("describe", "nmap")
    assert result.code == 78 and "did you mean 'nmap-xml'?" in result.err, str(result)


def test_a_refused_library(sonde):
    result = sonde.call("describe", "broken-major", plugins=BAD_FIXTURES)
    assert result.code == 78 and result.ids() == ["plugin-abi"], str(result)
    assert "rebuild the plugin" in result.err


@pytest.mark.parametrize("words", [("list",), ("describe", "icmp"), ("create", "icmp/json"), ("schema", "pipeline")])
def test_commands_that_only_look_survive_a_library_that_crashes(sonde, words):
    """Its entry symbol is there, and its constructor ends the process."""
    (sonde.folder / "bad.c").write_text("#include <stdlib.h>\n"
                                        "const void* sonde_plugin_v0(unsigned i) { return (void*)(unsigned long)(i * 0); }\n"
                                        "__attribute__((constructor)) static void crash(void) { abort(); }\n")
    (sonde.folder / "plugins").mkdir()
    subprocess.run(["cc", "-shared", "-fPIC", "-o", sonde.folder / "plugins/bad.so", sonde.folder / "bad.c"], check=True)
    result = sonde.call(*words, plugins=sonde.folder / "plugins")
    assert result.code == 0 and result.out, str(result)


def test_each_way_to_use_a_plugin_has_a_sample(sonde):
    shown = sonde.call("describe", "nmap-xml").out
    running, importing = [part for part in shown.split("stages:\n")[1:]]
    assert "      mode: run\n" in running and "files" not in running
    assert "      files: [...]\n      mode: import\n" in importing or "      mode: import\n      files: [...]\n" in importing
    assert "any number of hosts at once" in shown and "at most any" not in shown


def test_no_line_is_wider_than_a_page(sonde):
    options = sonde.call("describe", "snmp").out.split("\nOptions\n")[1].split("\nWrites\n")[0]
    assert max(len(line) for line in options.splitlines()) <= 100
    assert ("  port                      a whole number from 1 to 65535; default 161\n"
            "                            UDP port of the agents\n") in options
