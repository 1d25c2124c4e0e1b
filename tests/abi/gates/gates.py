#!/usr/bin/python3
"""The gates of the ABI. Each takes what it looks at as arguments, so that test_gates.py can show it a tree that is sound and
copies in which something is broken; it raises Broken with the reason.

gates.py freeze: writes tests/abi/frozen/candidate anew from the headers of today. Only before 1.0, and only on purpose: what
is frozen is what every later sonde must run.
"""
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parents[2]
FROZEN = HERE.parent / "frozen/candidate"
HEADERS = FROZEN / "include"
BINARIES = FROZEN / f"{platform.machine()}-linux"
RECORDED = BINARIES / "reference.abi"
TODAY = TREE / "sdk/include"
CC, CXX = os.environ.get("CC", "cc"), os.environ.get("CXX", "c++")
PLUGIN_MAP = TREE / "sdk/cmake/plugin.map"
NAMES = ("fixture-c", "fixture-cxx")
INCOMPATIBLE = 8  # of abidiff's exit code; 4 is any change


class Broken(Exception):
    pass


def call(*words, timeout=60, **more):
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False, **more)
    return done.returncode, done.stdout


def must(*words, **more):
    code, out = call(*words, **more)
    if code != 0:
        raise Broken(f"{' '.join(str(word) for word in words)}\nended with {code}\n{out}")
    return out


# Layout, tokens, types

def layout(include):
    """Every offset, size and number of the headers is the frozen one, as C99 and as C++20."""
    strict = ("-Wall", "-Wextra", "-Wpedantic", "-Wpadded", "-Werror", "-fsyntax-only", f"-I{include}")
    must(CC, "-std=c99", *strict, HERE.parent / "layout.c")
    must(CXX, "-std=c++20", *strict, HERE.parent / "layout.cpp")


def minor(include):
    text = (include / "sonde/plugin.h").read_text()
    return int(re.search(r"^#define SONDE_ABI_MINOR (\d+)", text, re.MULTILINE).group(1))


def tokens(include):
    """The headers without comments. A macro is seen where it is used, so each is."""
    source = "".join(f"#include <sonde/{name}.h>\n" for name in ("plugin", "probe", "exporter", "source"))
    source += "int has = SONDE_HAS(h, log), number = SONDE_IO_ERRNO(e), major = SONDE_ABI_MAJOR, minor = SONDE_ABI_MINOR;\n"
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "all.c")
        file.write_text(source)
        return must(CC, "-std=c99", "-E", "-P", f"-I{include}", file).split()


def same_tokens(include, frozen=HEADERS):
    """While the minor is the same, the headers say the same, comments aside."""
    if minor(include) == minor(frozen) and tokens(include) != tokens(frozen):
        raise Broken("the C headers have changed, and SONDE_ABI_MINOR has not: sdk/ABI.md says what that allows")


def build_reference(include, folder):
    library = pathlib.Path(folder, "reference.so")
    must(CC, "-std=c99", "-g", "-fno-eliminate-unused-debug-types", "-fPIC", "-shared", f"-I{include}",
         f"-ffile-prefix-map={HERE}=gates", "-o", library, HERE / "reference.c")
    return library


def same_types(include, recorded=RECORDED):
    """libabigail finds no difference to the recorded types; none that is incompatible when the minor has risen."""
    with tempfile.TemporaryDirectory() as folder:
        library = build_reference(include, folder)
        code, out = call("abidiff", "--no-architecture", recorded, library)
    if code & 3:
        raise Broken(f"abidiff failed\n{out}")
    if code & INCOMPATIBLE or (code and minor(include) == minor(HEADERS)):
        raise Broken(f"abidiff:\n{out}")


# Fixtures

def build_fixture(include, language, library, fixture=HERE / "fixture.c"):
    source = ("-x", "c++", "-std=c++20") if language == "cxx" else ("-x", "c", "-std=c99", "-D_POSIX_C_SOURCE=200809L")
    must(CXX if language == "cxx" else CC, *source, "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared",
         "-fvisibility=hidden", "-s", f"-Wl,--version-script={PLUGIN_MAP}", "-Wl,-z,defs", f"-I{include}",
         f'-DNAME="fixture-{language}"', "-o", library, fixture)
    library.chmod(0o755)
    return library


def build_front(folder):
    library = pathlib.Path(folder, "front.so")
    must(CC, "-std=c99", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden", f"-I{HEADERS}",
         "-o", library, HERE / "cut_host.c")
    return library


EXPECTED = """\
ip  7 00000000000000000000ffff7f000001
alive  1 1
ports  3 22
NAME-async.trace  5 name=sonde ext=1 log=1 now=1 port=1 type=-6 absent=-12 list=2:b key=one place=1:first raw=1 \
| target=0:127.1 deadline=1 cancelled=0 attach=0 pace=1 admit=0 dial=0 sent=4 rewatch=0 got=4 watch=0 write=1 pipe=1 \
unwatch=0 timer=0 untimer=0:1 fired=1 wake=0 woken=1:1 hangup=0:-5 wrong=-6
NAME-blocking.trace  5 count=1 get=0 input=1 item=-12 connect=0 sent=4 got=4 shard=1
NAME-blocking.bool  1 1
NAME-blocking.i64  2 -7
NAME-blocking.u64  3 443
NAME-blocking.u64  3 80
NAME-blocking.f64  4 0.5
NAME-blocking.bytes  6 01ff
NAME-blocking.ip  7 00000000000000000000000000000001
NAME-blocking.time  8 1000000000
NAME-blocking.json  9 {"a":[1]}
NAME-blocking.map a 5 x
NAME-blocking.map b 2 -7
NAME-blocking.hidden  5 detail
document 1
"""


class Echo:
    """A server on 127.0.0.1 that sends back what it gets."""
    def __enter__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.loop, daemon=True).start()
        return self.server.getsockname()[1]

    def loop(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    connection.sendall(connection.recv(100))
                    connection.recv(1)
                except OSError:
                    pass

    def __exit__(self, *_):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


def readable(text, name):
    """The lines of the exporter with names for the indexes, sorted, without the fields that the core adds."""
    head, *rest = text.splitlines()
    names = head.split()[1:]
    lines = []
    for line in rest:
        found = re.match(r"(\d+)\.(.*)", line)
        field = names[int(found[1])] if found else ""
        if not found or field in ("ip", "alive", "ports") or field.startswith(name):
            lines.append(f"{field} {found[2]}" if found else line)
    return sorted(lines)


def run_plugin(sonde, library, name, **environment):
    """The fixture, in a library of its own directory, on the core of that command; all four of its plugins."""
    with Echo() as port, tempfile.TemporaryDirectory(prefix="sonde-abi-") as folder:
        os.mkdir(os.path.join(folder, "plugins"))
        shutil.copy(library, os.path.join(folder, "plugins", f"{name}.so"))
        pathlib.Path(folder, "abi.sonde.yaml").write_text(f"""
version: 1
targets: [{{use: {name}-source}}]
limits: {{packets_per_second: unlimited}}
stages:
  - {{use: {name}-async, name: first, deadline: 3s, options: {{port: {port}}}}}
  - {{use: {name}-blocking, deadline: 3s, options: {{port: {port}}}}}
outputs:
  - {{use: {name}-lines, options: {{path: lines.txt}}}}
""")
        code, out = call(sonde, "run", "abi.sonde.yaml", "--quiet", "--plugin-path", "plugins", "--output", "out", cwd=folder,
                         env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1", **environment})
        if code < 0:
            raise Broken(f"sonde died of {signal.Signals(-code).name}\n{out}")
        if code != 0:
            raise Broken(f"sonde run ended with {code}\n{out}")
        found = readable(pathlib.Path(folder, "out/lines.txt").read_text(), name)
    wanted = sorted(EXPECTED.replace("NAME", name).splitlines())
    if found != wanted:
        raise Broken("\n".join(["the plugin saw another host than was frozen", "expected:", *wanted, "found:", *found]))


def old_plugin_on_todays_core(sonde, language, include=HEADERS):
    """Built with the frozen headers, run by the core of today."""
    with tempfile.TemporaryDirectory() as folder:
        run_plugin(sonde, build_fixture(include, language, pathlib.Path(folder, "fixture.so")), f"fixture-{language}")


def kept_binary_on_todays_core(sonde, name, directory=BINARIES):
    """The very file that was built when the ABI was frozen: compilers and flags change too."""
    library = directory / f"{name}.so"
    if not library.is_file():
        raise Broken(f"there is no {library}")
    run_plugin(sonde, library, name)


def todays_plugin_on_old_host(sonde, language, include=TODAY, source=HERE / "fixture.c"):
    """Built with the headers of today, behind a host table that ends where the frozen one does."""
    with tempfile.TemporaryDirectory(prefix="sonde-abi-") as folder:
        fixture = build_fixture(include, language, pathlib.Path(folder, "fixture.so"), source)
        run_plugin(sonde, build_front(folder), f"fixture-{language}", SONDE_BEHIND=str(fixture))


def one_symbol(*libraries):
    for library in libraries:
        names = [line.split()[2] for line in must("nm", "-D", "--defined-only", library).splitlines()
                 if line.split()[1] != "A"]
        if names != ["sonde_plugin_v0"]:
            raise Broken(f"{library} exports {names}")


def freeze():
    for name in ("plugin", "probe", "exporter", "source"):
        (HEADERS / "sonde").mkdir(parents=True, exist_ok=True)
        shutil.copy(TODAY / f"sonde/{name}.h", HEADERS / "sonde")
    BINARIES.mkdir(exist_ok=True)
    for language in ("c", "cxx"):
        build_fixture(HEADERS, language, BINARIES / f"fixture-{language}.so")
    with tempfile.TemporaryDirectory() as folder:
        # Names alone: paths and lines of this machine say nothing about an ABI.
        must("abidw", "--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--out-file", RECORDED,
             build_reference(HEADERS, folder))


if __name__ == "__main__":
    if sys.argv[1:] != ["freeze"]:
        sys.exit(__doc__)
    freeze()
