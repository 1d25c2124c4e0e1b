"""The built command on 127.0.0.0/8, with fixture plugins; each test in a directory of its own.

SONDE: the command. SONDE_FIXTURES, SONDE_BAD_FIXTURES: the plugins of tests/abi, good and broken ones.
"""
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import tempfile
import termios
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

FIXTURES, BAD_FIXTURES = Path(os.environ["SONDE_FIXTURES"]), Path(os.environ["SONDE_BAD_FIXTURES"])

# In a user namespace that maps nobody, a process has no capability, and in its new network no ping socket either.
WITHOUT_RIGHTS = ("unshare", "--user", "--net")
# Root of nothing: may call itself root and become nobody else.
ROOT_WITHOUT_ACCOUNTS = ("unshare", "--user", "--map-root-user")


@dataclass
class Result:
    code: int
    out: str
    err: str

    def ids(self):
        """Of the errors that it told."""
        return [line.split("error[", 1)[1].split("]", 1)[0] for line in self.err.splitlines() if "error[" in line]

    def __str__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Sonde:
    def __init__(self, folder):
        self.folder = folder
        self.out = folder / "out"

    def pipeline(self, stages, targets="127.0.0.1", outputs="{use: fixture-lines, options: {path: lines.txt, hosts: known}}",
                 more="", name="lan.sonde.yaml"):
        (self.folder / name).write_text(f"version: 1\ntargets: [{targets}]\n{more}\nstages:\n  - {stages}\n"
                                        f"outputs:\n  - {outputs}\n")

    def command(self, *words, before=(), plugins=FIXTURES):
        return [*before, os.environ["SONDE"], *words, "--plugin-path", str(plugins)]

    def environment(self, extra):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1", **extra,
                **{key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}}

    def call(self, *words, before=(), plugins=FIXTURES, **environment):
        done = subprocess.run(self.command(*words, before=before, plugins=plugins), cwd=self.folder, timeout=120,
                              env=self.environment(environment), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        return Result(done.returncode, done.stdout, done.stderr)

    def plain(self, *words):
        """A command that has no plugins to look for."""
        done = subprocess.run([os.environ["SONDE"], *words], cwd=self.folder, timeout=120, env=self.environment({}),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return Result(done.returncode, done.stdout, done.stderr)

    def on_terminal(self, *words, columns=120):
        """What `run` prints to a terminal of that width; stderr is none."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        told = tempfile.TemporaryFile("w+")
        process = subprocess.Popen(self.command("run", "lan.sonde.yaml", *words), cwd=self.folder,
                                   env=self.environment({}), stdin=subprocess.DEVNULL, stdout=theirs, stderr=told)
        os.close(theirs)
        out = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # EIO: the other end is closed
                break
            if not part:
                break
            out += part
        os.close(ours)
        code = process.wait(timeout=60)
        told.seek(0)
        with told:
            return Result(code, out.decode().replace("\r\n", "\n"), told.read())

    def run(self, *words, **more):
        return self.call("run", "lan.sonde.yaml", *words, **more)

    def start(self, *words):
        """A run that is under way: its journal is there."""
        process = subprocess.Popen(self.command("run", "lan.sonde.yaml", *words), cwd=self.folder,
                                   env=self.environment({}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        limit = time.monotonic() + 60
        while not list(self.out.glob("journal/*")):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < limit, "no journal appears"
            time.sleep(0.01)
        return process

    @staticmethod
    def end_of(process, *signals):
        for number in signals:
            process.send_signal(number)
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
        return Result(process.returncode, out, err)

    def document(self, directory="out"):
        return json.loads((self.folder / directory / "run.json").read_text())

    def stage(self, name, directory="out"):
        return next(stage for stage in self.document(directory)["stages"] if stage["name"] == name)

    def hosts(self, directory="out"):
        """The addresses that fixture-lines wrote."""
        lines = (self.folder / directory / "lines.txt").read_text().splitlines()
        return [line.split()[0].removeprefix("ip=") for line in lines]


@pytest.fixture
def sonde(tmp_path):
    return Sonde(tmp_path)


def crashed(result):
    """By a signal of the kernel's; a sanitizer's report ends in an exit code of its own."""
    return result.code in (-signal.SIGSEGV, 128 + signal.SIGSEGV) or "Sanitizer" in result.err
