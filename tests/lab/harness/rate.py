"""How fast a run was, seen from the other end of its cable."""
import json
import time
from dataclasses import dataclass


@dataclass
class Rate:
    """Looks at a counter: [before, packets, after], and what the machine kept from the scanner."""
    looks: list
    machine: list

    @classmethod
    def read(cls, path):
        rows = json.loads(path.read_text())
        return cls([row for row in rows if isinstance(row, list)], [row for row in rows if isinstance(row, dict)])

    def window(self, skip, seconds):
        """The part from `skip` seconds after the first packet on."""
        first = next(after for (_, count, after) in self.looks if count > self.looks[0][1])
        begin, end = first + skip, first + skip + seconds
        inside = [look for look in self.looks if begin <= look[0] and look[2] <= end]
        assert inside and self.looks[-1][2] >= end, f"the run was over before the {seconds} s that are looked at"
        return Rate(inside, [row for row in self.machine if begin <= row["at"] <= end])

    def least(self):
        """Packets a second, at the least: a look may have been late by the time that it took."""
        (begin, first, _), (_, last, end) = self.looks[0], self.looks[-1]
        return (last - first) / (end - begin)

    def most(self):
        (_, first, begin), (end, last, _) = self.looks[0], self.looks[-1]
        return (last - first) / (end - begin)

    def burst(self, rate):
        """The deepest bucket that this traffic needs at that rate: for no two looks were more packets between them than
        the rate allows in the time and these."""
        lowest, deepest = float("inf"), 0
        for before, count, after in self.looks:
            lowest = min(lowest, count - rate * before)
            deepest = max(deepest, count - rate * after - lowest)
        return deepest

    def kept_waiting(self):
        """The share of the time for which the scanner's threads wanted a processor and had none."""
        first, last = self.machine[0], self.machine[-1]
        return (last["waited"] - first["waited"] + last["stolen"] - first["stolen"]) / (last["at"] - first["at"])


def measure(sonde, pipeline, directory, namespace, device, sets):
    """Runs the pipeline and returns the Rate at which packets came in by the device of the other namespace."""
    path = namespace.lab.dir / f"rate-{time.monotonic_ns()}.json"
    run = sonde.start(pipeline, directory, sets=sets)
    meter = namespace.script("rate.py", device, run.pid, path)
    _, err = run.communicate(timeout=300)
    assert run.returncode == 0, err
    meter.popen.wait(30)
    return Rate.read(path)
