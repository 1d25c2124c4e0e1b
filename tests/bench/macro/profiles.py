"""Where the time goes: a run of sonde under perf, and its dearest functions."""
import re
import subprocess

from harness.namespaces import LabError

LINE = re.compile(r"^\s*(\d+\.\d+)%\s+(\d+\.\d+)%\s+(\S+)\s+\[([k.])\]\s+(.*?)(?:\s+-)*\s*$")
ENTRIES = {"asm_exc_page_fault": "page faults"}  # how else a process enters the kernel than by a system call


def read(text):
    """Rows (share in percent, where, what) of `perf report --stdio --children --sort dso,symbol`, the dearest first:
    system calls with all that the kernel does in them, and the functions of the process with their own time."""
    rows, calls = [], {}
    for line in text.splitlines():
        if not (found := LINE.match(line)):
            continue
        whole, own, where, ring, symbol = float(found[1]), float(found[2]), found[3], found[4], found[5]
        if ring == "k":
            # Of entry and body of a call one may be missing, where it jumped into the next.
            call = re.fullmatch(r"(?:__|k|__(?:x64|arm64|riscv|s390x)_)sys_(\w+)", symbol)
            if call or symbol in ENTRIES:
                name = call[1] if call else ENTRIES[symbol]
                calls[name] = max(whole, calls.get(name, 0.0))
        elif own > 0:
            rows.append((own, where, shorten(symbol)))
    return sorted([*rows, *((share, "kernel", name) for name, share in calls.items())], reverse=True)


def shorten(symbol):
    """A C++ function without its arguments and those of its templates."""
    name = symbol.replace("(anonymous namespace)::", "").replace("sonde::core::", "").partition("(")[0]
    name = re.sub(r"::__cxx11|\[abi:cxx11\]|::json_abi_v[\d_]+", "", name)
    while (shorter := re.sub(r"<[^<>]*>", "", name)) != name:
        name = shorter
    return re.sub(r"(?<!operator)<.*", "", name)  # a template's argument had arguments itself, and was cut there


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
    run = meter.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "4000", "-g", "-o", data, "--",
                     *contestant.command(directory)], net.scanner, directory)
    if run.code != 0:
        raise LabError(f"{case.name} under perf: exit {run.code}\n{run.err[-2000:]}")
    rows = read(perf("report", "-i", data, "--stdio", "--children", "-g", "none", "--sort", "dso,symbol",
                     "--percent-limit", "0.2"))
    if not rows:
        raise LabError(f"{case.name}: perf saw nothing")
    return {"contestant": contestant.name, "dearest": rows[:20], "shares": shares(rows)}
