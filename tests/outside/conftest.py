"""Projects that know only an installed sonde. SONDE_BUILD: the build folder that is installed; SONDE_SOURCE: the tree, from
which projects are copied; CMAKE, CC, CXX: the tools of that build."""
import os
import pathlib
import shutil
import subprocess

import pytest

BUILD, SOURCE = pathlib.Path(os.environ["SONDE_BUILD"]), pathlib.Path(os.environ["SONDE_SOURCE"])
CMAKE = os.environ["CMAKE"]
WARNINGS = "-Wall -Wextra -Wconversion -Wshadow -Werror"


def run(*words, ok=(0,), timeout=120, **more):
    """What it printed, on both streams; ends the test unless the exit code is one of `ok`."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False, **more)
    assert done.returncode in ok, f"{' '.join(str(w) for w in words)}\nended with {done.returncode}\n{done.stdout}"
    return done.stdout


class Installation:
    def __init__(self, prefix):
        self.prefix = prefix
        self.sonde = prefix / "bin/sonde"
        self.sdk = next(prefix.rglob("sondeConfig.cmake"), prefix).parent

    def environment(self, work):
        """Only what an author has; ccache, where there is one, knows the same file in another folder."""
        own = {key: os.environ[key] for key in ("HOME", "LANG", "LC_ALL", "CC", "CXX", "CCACHE_DIR") if key in os.environ}
        own["PATH"] = f"{self.prefix}/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        if shutil.which("ccache"):
            own.update(CMAKE_C_COMPILER_LAUNCHER="ccache", CMAKE_CXX_COMPILER_LAUNCHER="ccache",
                       CCACHE_BASEDIR=str(work.parent), CCACHE_NOHASHDIR="1")
        return own

    def build(self, project, *more):
        """Configures and builds in project/build; every warning is an error."""
        environment = self.environment(project)
        run(CMAKE, "-S", project, "-B", project / "build", "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_C_FLAGS={WARNINGS}", f"-DCMAKE_CXX_FLAGS={WARNINGS}", *more, env=environment)
        run(CMAKE, "--build", project / "build", env=environment)
        return project / "build"

    def command(self, *words, work, ok=(0,)):
        return run(self.sonde, *words, cwd=work, ok=ok, env={**self.environment(work), "NO_COLOR": "1"})

    def check(self, library, *more):
        self.command("plugin", "check", library, *more, work=library.parent)


@pytest.fixture(scope="session")
def installation(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("installed") / "prefix"
    run(CMAKE, "--install", BUILD, "--prefix", prefix)
    return Installation(prefix)


@pytest.fixture
def project(tmp_path):
    """project(NAME): a copy of tests/outside/NAME, away from the tree."""
    def copy(name):
        shutil.copytree(SOURCE / "tests/outside" / name, tmp_path / name)
        return tmp_path / name
    return copy


def exported(library):
    out = run("nm", "-D", "--defined-only", library)
    return [line.split()[2] for line in out.splitlines() if line.split()[1] != "A"]
