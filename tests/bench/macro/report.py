"""What was measured: verdicts, tables for the terminal, and the results as JSON."""
import json
import os
import platform
import re
import subprocess
import time
from pathlib import Path

from .quiet import warning

FORMAT = 2


def machine():
    """What the numbers depend on."""
    def first(path, pattern, default="unknown"):
        try:
            found = re.search(pattern, Path(path).read_text(), re.MULTILINE)
        except OSError:
            found = None
        return found[1].strip() if found else default
    return {"cpu": first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"), "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(int(first("/proc/meminfo", r"^MemTotal:\s*(\d+)", "0")) / 2**20),
            "virtual": "hypervisor" in first("/proc/cpuinfo", r"^flags\s*:\s*(.*)$"), "kernel": platform.release(),
            "system": first("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)')}


def package_versions(names):
    """Of Debian's packages; those that are not installed are left out."""
    versions = {}
    for name in sorted(set(names) - {""}):
        done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True,
                              check=False)
        if done.returncode == 0 and done.stdout:
            versions[name] = done.stdout
    return versions


def verdict(row, goal):
    """What a row of sonde's reached: "met", or what is missing. A peer has none."""
    if not row["shards"]:
        return ""
    missed = []
    if row["missed"]:
        missed.append(f"{row['missed']} not found")
    if row["foreign"]:
        missed.append(f"{row['foreign']} that are not there")
    if goal["peer"] and not goal["seconds"]:
        missed.append(f"{goal['peer']} was not measured")
    if goal["seconds"] and row["wall"] > goal["seconds"]:
        missed.append(f"missed by {row['wall'] / goal['seconds']:.2f} x")
    if goal["mib"] and row["peak_mib"] > goal["mib"]:
        missed.append(f"{row['peak_mib']:.0f} MiB, {goal['mib']:.0f} allowed")
    return "; ".join(missed) or "met"


def milliseconds(seconds):
    return f"{seconds * 1000:.0f}" if seconds >= 0.1 else f"{seconds * 1000:.1f}"


HEADS = ["who", "runs", "wall ms", "min - max", "CPU ms", "peak MiB", "found", "to goal", "verdict"]


def cells(row, goal):
    found = f"{row['found']} of {row['expected']}" if row["expected"] else "-"
    ratio = f"{row['wall'] / goal['seconds']:.2f}" if goal["seconds"] and row["shards"] else ""
    return [row["name"], str(row["runs"]), milliseconds(row["wall"]),
            f"{milliseconds(row['wall_min'])} - {milliseconds(row['wall_max'])}", milliseconds(row["cpu"]),
            f"{row['peak_mib']:.1f}", found, ratio, verdict(row, goal)]


def goal_line(goal):
    seconds = f" (here {milliseconds(goal['seconds'])} ms)" if goal["seconds"] else ""
    return f"Goal: {goal['text']}{seconds}."


def incomplete_line(goal):
    """Less work is sooner done: a goal that is taken from such a peer is no firm one."""
    missed = goal.get("peer_missed", 0)
    return f"Not a firm goal: {goal['peer']}, which it is taken from, missed {missed}." if missed else ""


def shard_pairs(case):
    """(who, time of two shards / time of one, whether that is slower beyond the spread), where both were measured."""
    rows = {row["name"]: row for row in case["rows"]}
    for name, one in rows.items():
        two = rows.get(name.replace(", 1 shard", ", 2 shards"))
        if name.endswith(", 1 shard") and two:
            ratio = two["wall"] / one["wall"]
            yield name.removesuffix(", 1 shard"), ratio, two["wall_min"] > one["wall"] and ratio > 1


def shards_line(case):
    """How two shards compare with one, which they must not be slower than; "" where only one was measured."""
    def compared(who, ratio, slower):
        words = "" if ratio <= 1 else ", which is slower" if slower else ", within the spread"
        return f"{who}: two shards take {ratio:.2f} of the time of one{words}"
    return "; ".join(compared(*pair) for pair in shard_pairs(case))


def words_below(case):
    """What the table does not say, sentence by sentence."""
    return [words for words in (shards_line(case), incomplete_line(case.get("goal", {})),
                                warning(case.get("quiet", {}))) if words]


def columns(heads, rows, left):
    """Lines of a table for the terminal; `left`: columns of words."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    return ["  ".join(cell.ljust(width) if at in left else cell.rjust(width)
                      for at, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in [heads, *rows]]


def text_table(name, case):
    table = columns(HEADS, [cells(row, case["goal"]) for row in case["rows"]], (0, 8))
    return "\n".join([f"{name}: {case['title']}", goal_line(case["goal"]), *table, *words_below(case)])


MICRO_HEADS = ["what", "value", "unit"]
NULL_HEADS = ["what", "CPU ns", "goal", "wall ns", "two do", "goal"]


def at_most(value, goal):
    return "" if not goal else f"met ({goal})" if value <= goal else f"missed by {value / goal:.2f} x"


def speedup_verdict(row):
    goal = row.get("speedup_goal")
    return "" if not goal else f"met ({goal})" if row["speedup"] >= goal else f"missed: {goal} wanted"


def null_name(row):
    return row["name"].replace("whole_run<Work::", "").replace("two_runs<Work::", "two runs of ").replace(">", "", 1)


def null_cells(row):
    """A row of the null probe: CPU and wall time a target and stage, and the work of two shards or runs in the time of
    one."""
    speedup = f"{row['speedup']:.2f} x" if "speedup" in row else ""
    return [null_name(row), f"{row['value']:.4g}",
            at_most(row["value"], row["goal"]), f"{row['wall']:.4g}", speedup, speedup_verdict(row)]


def micro_cells(row):
    return [row["name"], f"{row['value']:.4g}", row["unit"]]


def null_rows(micro):
    """By name, the number of targets as a number: the programs measure them in a random order."""
    rows = [row for row in micro.get("rows", []) if "wall" in row]
    return sorted(rows, key=lambda row: [(0, int(word), "") if word.isdigit() else (1, 0, word)
                                         for word in re.split(r"(\d+)", null_name(row))])


def plain_rows(micro):
    return [row for row in micro.get("rows", []) if "wall" not in row]


def micro_text(micro):
    return "\n".join([*columns(NULL_HEADS, list(map(null_cells, null_rows(micro))), (0, 2, 5)), "",
                      *columns(MICRO_HEADS, list(map(micro_cells, plain_rows(micro))), (0, 2)),
                      *filter(None, [warning(micro.get("quiet", {}))])])


def empty():
    return {"format": FORMAT, "cases": {}, "micro": {}, "growth": {}, "profiles": {}, "memory": {}}


def load(path):
    """The results so far. Those of an older format or of another machine are begun anew: they do not compare."""
    try:
        results = json.loads(Path(path).read_text())
    except FileNotFoundError:
        return empty()
    return results if results.get("format") == FORMAT and results.get("machine") == machine() else empty()


def filled(results, older):
    """The results, and from the older ones what they lack."""
    merged = {**older, **{part: found for part, found in results.items() if found}}
    for part in ("cases", "profiles"):
        merged[part] = {**older[part], **results[part]}
    return merged


def identified(results):
    """The results, with the machine and the peers' packages."""
    packages = package_versions(row["package"] for case in results["cases"].values() for row in case["rows"])
    return {**results, "machine": machine(), "packages": packages}


def save(path, results):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    results = identified(results)
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(results, indent=1) + "\n")
    beside.replace(path)


def in_order(results, names):
    """The results with their cases and profiles in that order, whichever was measured first; others after them."""
    def ordered(part):
        return {name: part[name] for name in [*names, *part] if name in part}
    return {**results, "cases": ordered(results["cases"]), "profiles": ordered(results["profiles"])}


def stamped(section, **more):
    return {**section, "at": time.strftime("%Y-%m-%d", time.gmtime()), **more}
