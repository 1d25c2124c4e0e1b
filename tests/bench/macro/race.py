"""Runs a case: everybody in turn, round after round, so that what the machine does meanwhile meets all alike."""
import shutil
import subprocess
import sys
from collections import namedtuple

from harness.namespaces import LabError

from .measure import Series
from .quiet import Watch

SLOW_SECONDS = 5.0            # a peer whose first run takes longer is not asked again;
SLOW_COMPARED_SECONDS = 30.0  # sonde, and the peer that it is compared with

Entry = namedtuple("Entry", "contestant series argv limit")


def say(text):
    print(text, file=sys.stderr, flush=True)


def race(case, meter, net, runs, watch=Watch):
    """The case as the JSON has it. The first run of each warms up and does not count, unless it was the only one."""
    watching = watch()
    folder = net.folder(f"bench-{case.name}")
    def limit(contestant):
        compared = contestant.is_sonde or contestant.name == case.goal.peer
        return SLOW_COMPARED_SECONDS if compared else SLOW_SECONDS
    entries = [Entry(contestant, Series(), [], limit(contestant)) for contestant in case.contestants]
    say(f"{case.name}: {case.title}")
    for round_number in range(runs + 1):
        # Each round begins with another one, so that nobody always follows the same neighbour.
        shift = round_number % len(entries)
        for entry in entries[shift:] + entries[:shift]:
            if round_number > 0 and finished(entry):
                continue
            if not run_once(entry, case, meter, net, folder):
                entries.remove(entry)
        if round_number == 0:
            for entry in entries:
                if not finished(entry) and runs > 0:
                    entry.series.runs.clear()
    return {**result(case, entries), "quiet": watching.end()}


def finished(entry):
    """Whether its only run was so long that it stands for all."""
    return len(entry.series.runs) == 1 and entry.series.runs[0].wall > entry.limit


def run_once(entry, case, meter, net, folder):
    contestant = entry.contestant
    directory = folder / "".join(letter if letter.isalnum() else "-" for letter in contestant.name)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    argv = [str(word) for word in contestant.command(directory)]
    beside = contestant.beside() if contestant.beside else None
    try:
        run = meter.run(argv, net.scanner, directory, contestant.timeout)
    except subprocess.TimeoutExpired:
        return without(contestant, f"did not end within {contestant.timeout:.0f} s")
    finally:
        if beside:
            beside.stop()
    if run.code == 127:
        raise LabError(f"{contestant.name}: {argv[0]} is not installed ({contestant.package or 'build it'})\n{run.err}")
    if run.code not in contestant.codes:
        return without(contestant, f"ended with exit code {run.code}", run.err[-2000:])
    expected = case.expected if contestant.expected is None else contestant.expected
    entry.series.add(run, contestant.found(run), expected)
    entry.argv[:] = shorten(argv, directory, net)
    say(f"  {contestant.name:42} {run.wall * 1000:9.0f} ms {run.peak_mib:7.1f} MiB  "
        f"{entry.series.found} of {len(expected)}")
    return True


def without(contestant, why, told=""):
    """A peer is left out, so that it does not cost the others theirs. sonde that fails is no result."""
    if contestant.is_sonde:
        raise LabError(f"{contestant.name} {why}\n{told}".rstrip())
    say(f"  {contestant.name:42} {why}, and is left out\n{told}".rstrip())
    return False


def shorten(argv, directory, net):
    """The command line without this machine's paths. Long lists of addresses become one word."""
    words = [word.replace(f"{directory}/", "").replace(f"{net.dir}/", "") for word in argv]
    words = ["/".join(word.split("/")[-2:]) if word.startswith("/") and word != "/dev/null" else word for word in words]
    words[0] = words[0].rsplit("/", 1)[-1]
    return words if len(words) < 40 else [*words[:3], "..."]


def result(case, entries):
    rows = []
    for entry in entries:
        contestant = entry.contestant
        expected = case.expected if contestant.expected is None else contestant.expected
        rows.append({"name": contestant.name, "shards": contestant.shards, "argv": entry.argv, "note": contestant.note,
                     "package": contestant.package, "expected": len(expected), **entry.series.values()})
        if contestant.extra:
            rows[-1]["extra"] = contestant.extra(entry.series.runs[-1])
    goal = case.goal
    limit = goal.limit({row["name"]: row["wall"] for row in rows})
    missed = sum(row["missed"] for row in rows if row["name"] == goal.peer)
    return {"title": case.title, "what": case.what, "rows": rows,
            "goal": {"text": goal.text, "peer": goal.peer, "seconds": limit, "mib": goal.mib, "peer_missed": missed}}
