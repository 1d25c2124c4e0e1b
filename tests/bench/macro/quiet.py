"""Whether the machine had time for what was measured: two shards that share a core with a stranger look slow."""
import time
from pathlib import Path

LOOK_SECONDS = 0.5
LOUD = 0.05  # of the processors' time; below it, a machine at rest


def times(text):
    """Seconds (in ticks) of all processors since the start: idle, stolen by the hypervisor, all. /proc/stat, see
    proc_stat(5): user nice system idle iowait irq softirq steal; what guests took is in user already."""
    fields = [int(word) for word in text.split("\n", 1)[0].split()[1:9]]
    return {"idle": fields[3] + fields[4], "stolen": fields[7], "all": sum(fields)}


def share(what, before, after):
    passed = after["all"] - before["all"]
    return 0.0 if passed <= 0 else max(0.0, (after[what] - before[what]) / passed)


def look(path=Path("/proc/stat")):
    return times(path.read_text())


class Watch:
    """Looks before and after a case, while nothing that the bench started has work to do."""

    def __init__(self, stat=look, wait=time.sleep):
        self.stat, self.wait = stat, wait
        self.busy = self.moment()
        self.began = self.stat()

    def moment(self):
        before = self.stat()
        self.wait(LOOK_SECONDS)
        return 1.0 - share("idle", before, self.stat())

    def end(self):
        """Of the JSON: shares of the processors' time, 0 to 1. The louder of the two moments counts."""
        stolen = share("stolen", self.began, self.stat())
        return {"busy": round(max(self.busy, self.moment()), 3), "stolen": round(stolen, 3)}


def warning(quiet):
    """What a reader has to know of the numbers; "" where the machine was at rest."""
    words = []
    if quiet.get("busy", 0) > LOUD:
        words.append(f"others took {quiet['busy']:.0%} of the processors' time before or after this case")
    if quiet.get("stolen", 0) > LOUD:
        words.append(f"the hypervisor kept {quiet['stolen']:.0%} of the processors' time back meanwhile")
    return f"Not a quiet machine: {', '.join(words)}." if words else ""
