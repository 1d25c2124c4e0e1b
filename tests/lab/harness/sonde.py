"""The command under test, run in a namespace, and what it left behind."""
import ipaddress
import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .stalls import Stalls

TREE = Path(__file__).resolve().parents[3]
INVENTORY = TREE / "pipelines" / "inventory.sonde.yaml"
DISCOVERY = TREE / "pipelines" / "discovery.sonde.yaml"
UNPRIVILEGED = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "--inh-caps", "-all",
                "--bounding-set", "-all", "--no-new-privs"]


def by_address(record):
    address, _, zone = record["ip"].partition("%")
    number = ipaddress.ip_address(address)
    return number.version, int(number), zone


@dataclass
class Result:
    code: int
    out: str
    err: str
    seconds: float
    directory: Path
    stalls: Stalls = None   # of a watched run, what the machine kept it from

    def json(self, name="inventory.json"):
        return json.loads((self.directory / name).read_text())

    @property
    def records(self):
        return {record["ip"]: record for record in self.json()}

    @property
    def document(self):
        return self.json("run.json")

    def alive(self):
        return {record["ip"] for record in self.json() if record.get("alive")}

    def astray(self, alive):
        """Hosts that were missed, or found though they are not there. Short where it is little: a whole set of thousands
        would hide it in what a failed test writes."""
        return sorted(alive ^ self.alive(), key=ipaddress.ip_address)

    def __str__(self):
        return f"exit {self.code} after {self.seconds:.1f} s\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class Sonde:
    """`sonde` in one namespace. Its environment holds nothing that a pipeline could interpolate."""

    def __init__(self, binary, namespace, before=()):
        self.binary, self.namespace, self.before = Path(binary), namespace, list(before)

    def command(self, *arguments):
        return ["ip", "netns", "exec", self.namespace.name, "setpriv", "--pdeathsig", "KILL", *self.before,
                str(self.binary), *map(str, arguments)]

    def environment(self):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1",
                **{key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}}

    def call(self, *arguments, timeout=300, directory=None, watched=False):
        """`watched`: the result also knows for how long the machine did not let it run."""
        begin = time.monotonic()
        with subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, env=self.environment(),
                              cwd=self.namespace.lab.dir) as process:
            stalls = Stalls(process.pid) if watched else None
            try:
                out, err = process.communicate(timeout=timeout)
            except BaseException:
                process.kill()
                raise
            finally:
                if stalls:
                    stalls.stop()
        return Result(process.returncode, out, err, time.monotonic() - begin, directory, stalls)

    @staticmethod
    def arguments(pipeline, directory, targets=(), sets=None, extra=()):
        words = ["run", pipeline, "--output", directory, "--format", "none"]
        for target in targets:
            words += ["--target", target]
        for key, value in (sets or {}).items():
            words += ["--set", f"{key}={value}"]
        return [*words, *extra]

    def run(self, pipeline, directory, targets=(), sets=None, extra=(), timeout=300, expect=0, watched=False):
        """A whole run, which must end with that exit code."""
        result = self.call(*self.arguments(pipeline, directory, targets, sets, extra), timeout=timeout,
                           directory=Path(directory), watched=watched)
        assert result.code == expect, str(result)
        print(result.err)  # shown where the test fails
        return result

    def start(self, pipeline, directory, targets=(), sets=None, extra=()):
        """A run that the test is going to disturb; a subprocess.Popen."""
        return subprocess.Popen(self.command(*self.arguments(pipeline, directory, targets, sets, extra)),
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                env=self.environment(), cwd=self.namespace.lab.dir)


def copy_for_everybody(binary, folder):
    """Copies the command and its plugins, in the layout that they are built in. Returns the copied command."""
    built = Path(binary).resolve().parent.parent
    for part in ("bin", "lib"):
        if (built / part).is_dir():
            shutil.copytree(built / part, folder / part, ignore=shutil.ignore_patterns("*.a"), dirs_exist_ok=True)
    return folder / "bin" / Path(binary).name
