"""Runs a command in a namespace and tells what it took: the whole process, from fork to its end."""
import json
import statistics
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from harness.namespaces import LabError

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1", "HOME": "/nonexistent"}


@dataclass
class Run:
    wall: float
    cpu: float
    peak_mib: float
    code: int
    out: str
    err: str
    directory: Path


class Meter:
    def __init__(self, program):
        self.program = Path(program)
        if not self.program.exists():
            raise LabError(f"{self.program} is not there; ./dev bench builds it")

    def run(self, argv, namespace=None, directory=Path("/nonexistent"), timeout=900):
        """`directory`: the run's own, its working directory; what earlier runs left there was removed by the caller."""
        report = directory / "meter.json"
        inside = ["ip", "netns", "exec", namespace.name] if namespace else []
        done = subprocess.run([*inside, str(self.program), str(report), *map(str, argv)],
                              capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL,
                              timeout=timeout, env=ENVIRONMENT, cwd=directory)
        if not report.exists():
            raise LabError(f"{argv[0]} was not measured: exit {done.returncode}\n{done.stderr[-2000:]}")
        seen = json.loads(report.read_text())
        return Run(seen["wall"], seen["user"] + seen["system"], seen["peak_kib"] / 1024, seen["code"], done.stdout,
                   done.stderr, directory)


@dataclass
class Series:
    """The runs of one contestant. What it found is that of its worst run."""
    runs: list = field(default_factory=list)
    missed: int = 0
    foreign: int = 0
    found: int = None

    def add(self, run, found, expected):
        self.runs.append(run)
        missed, foreign = len(expected - found), len(found - expected)
        self.found = len(found & expected) if self.found is None else min(self.found, len(found & expected))
        self.missed, self.foreign = max(self.missed, missed), max(self.foreign, foreign)

    def values(self):
        """Of the JSON and the tables: seconds and MiB."""
        walls = [run.wall for run in self.runs]
        return {"runs": len(walls), "wall": statistics.median(walls), "wall_min": min(walls), "wall_max": max(walls),
                "cpu": statistics.median(run.cpu for run in self.runs),
                "peak_mib": max(run.peak_mib for run in self.runs),
                "found": self.found, "missed": self.missed, "foreign": self.foreign}
