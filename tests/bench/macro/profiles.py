"""Where the time goes: a run of sonde under perf, and its dearest functions."""
import re
import subprocess

from harness.namespaces import LabError

LINE = re.compile(r"^\s*(\d+\.\d+)%\s+(\S+)\s+\[([k.])\]\s+(.*?)\s*$")


def read(text):
    """Rows (share in percent, where, function) of `perf report --stdio --sort dso,symbol`, the dearest first."""
    rows = []
    for line in text.splitlines():
        if found := LINE.match(line):
            where = "kernel" if found[3] == "k" else found[2]
            rows.append((float(found[1]), where, shorten(found[4])))
    return sorted(rows, reverse=True)


def shorten(symbol):
    """A C++ function without its arguments."""
    return re.sub(r"\(.*", "", symbol.replace("(anonymous namespace)", "{anon}")).replace("sonde::core::", "")


def shares(rows):
    """Percent by library, the dearest first."""
    sums = {}
    for share, where, _ in rows:
        sums[where] = sums.get(where, 0.0) + share
    return dict(sorted(sums.items(), key=lambda pair: -pair[1])[:4])


def perf(*argv):
    done = subprocess.run(["perf", *map(str, argv)], capture_output=True, text=True, errors="replace", timeout=300,
                          check=False)
    if done.returncode != 0:
        raise LabError(f"perf {argv[0]}: exit {done.returncode}\n{done.stderr[-2000:]}")
    return done.stdout


def profile(case, meter, net):
    """Of the case's run of sonde with one shard. Processors without counters that perf may use: by the clock."""
    contestant = next(entry for entry in case.contestants if entry.is_sonde)
    directory = net.folder(f"profile-{case.name}")
    data = directory / "perf.data"
    # Not by hardware counters: virtual machines have none, and the same event everywhere compares.
    run = meter.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "4000", "-o", data, "--",
                     *contestant.command(directory)], net.scanner, directory)
    if run.code != 0:
        raise LabError(f"{case.name} under perf: exit {run.code}\n{run.err[-2000:]}")
    rows = read(perf("report", "-i", data, "--stdio", "--sort", "dso,symbol", "--percent-limit", "0.1"))
    if not rows:
        raise LabError(f"{case.name}: perf saw nothing")
    return {"contestant": contestant.name, "dearest": rows[:20], "shares": shares(rows)}
