"""What was measured, as a table for the terminal, as JSON, and as the generated part of docs/performance.md."""
import json
import os
import platform
import re
import subprocess
import time
from pathlib import Path

from .quiet import warning

FORMAT = 1
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


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


def shards_line(case):
    """How two shards compare with one, which they must not be slower than; "" where only one was measured."""
    rows = {row["name"]: row for row in case["rows"]}
    def compared(one, two):
        who, ratio = one["name"].removesuffix(", 1 shard"), two["wall"] / one["wall"]
        slower = two["wall_min"] > one["wall"] and ratio > 1
        words = "" if ratio <= 1 else ", which is slower" if slower else ", within the spread"
        return f"{who}: two shards take {ratio:.2f} of the time of one{words}"
    return "; ".join(compared(row, rows[other]) for name, row in rows.items()
                     if name.endswith(", 1 shard") and (other := name.replace(", 1 shard", ", 2 shards")) in rows)


def words_below(case):
    """What the table does not say, sentence by sentence."""
    return [words for words in (shards_line(case), warning(case.get("quiet", {}))) if words]


def text_table(name, case):
    rows = [HEADS] + [cells(row, case["goal"]) for row in case["rows"]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    def line(row):
        return "  ".join(cell.ljust(width) if at in (0, 8) else cell.rjust(width)
                         for at, (cell, width) in enumerate(zip(row, widths))).rstrip()
    return "\n".join([f"{name}: {case['title']}", goal_line(case["goal"]), *map(line, rows), *words_below(case)])


MICRO_HEADS = ["what", "value", "unit", "verdict"]


def micro_cells(row):
    goal = row.get("goal")
    reached = ""
    if goal:
        reached = f"met ({goal})" if row["value"] <= goal else f"missed by {row['value'] / goal:.2f} x"
    return [row["name"], f"{row['value']:.4g}", row["unit"], reached]


def micro_text(rows):
    table = [micro_cells(row) for row in rows]
    width = max(len(row[0]) for row in table)
    return "\n".join(f"{name.ljust(width)}  {value:>10} {unit}  {end}".rstrip() for name, value, unit, end in table)


def empty():
    return {"format": FORMAT, "cases": {}, "micro": [], "growth": {}, "profiles": {}}


def load(path):
    """The results so far; an older format is begun anew."""
    try:
        results = json.loads(Path(path).read_text())
    except FileNotFoundError:
        return empty()
    return results if results.get("format") == FORMAT else empty()


def save(path, results):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    results["machine"] = machine()
    results["packages"] = package_versions(row["package"] for case in results["cases"].values() for row in case["rows"])
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(results, indent=1) + "\n")
    beside.replace(path)


def in_order(results, names):
    """The results with their cases in that order, whichever was measured first; others after them."""
    cases = results["cases"]
    return {**results, "cases": {name: cases[name] for name in [*names, *cases] if name in cases}}


def stamped(section, runs):
    return {**section, "at": time.strftime("%Y-%m-%d", time.gmtime()), "rounds": runs}


def markdown_table(heads, rows):
    return ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads),
            *["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows], ""]


def extrapolated(results):
    """What the script would take for the /16: its seconds a silent and an alive host, times their numbers."""
    rows = results["cases"].get("inventory-24", {"rows": []})["rows"]
    for row in rows:
        if row["name"].startswith("script") and row.get("extra"):
            seconds = 61438 * row["extra"]["seconds_silent"] + 4096 * row["extra"]["seconds_alive"]
            return (f"For the /16 the script is extrapolated, not run: 61,438 silent hosts of "
                    f"{row['extra']['seconds_silent']:.3f} s and 4096 others of {row['extra']['seconds_alive']:.3f} s, "
                    f"as measured in the /24, are {seconds / 3600:.1f} hours.")
    return ""


def markdown(results, figures=(), growth_words=""):
    """The generated part of docs/performance.md, without its markers."""
    lines = machine_lines(results)
    for name, case in results["cases"].items():
        lines += [f"### {name}: {case['title']}", "", goal_line(case["goal"]), "",
                  *markdown_table(HEADS, [cells(row, case["goal"]) for row in case["rows"]])]
        lines += [line for words in words_below(case) for line in (words.rstrip(".") + ".", "")]
        if name == "inventory-24" and extrapolated(results):
            lines += [extrapolated(results), ""]
        lines += [f"- {row['name']}: `{' '.join(row['argv'])}`{' (' + row['note'] + ')' if row['note'] else ''}"
                  for row in case["rows"]] + [""]
    if results["micro"]:
        lines += ["### Micro-benchmarks", "",
                  *markdown_table(MICRO_HEADS, [micro_cells(row) for row in results["micro"]])]
    if results["profiles"]:
        lines += ["### Where the time goes", "",
                  "What sonde's own process costs most in each case, one shard, by samples of `perf`: system calls "
                  "with all that the kernel does in them (in namespaces that is the router's and the hosts' work too), "
                  "and functions with their own time.", ""]
        for name, profile in results["profiles"].items():
            lines += [f"- **{name}**: " + "; ".join(
                f"{share:.1f} % `{symbol}` ({where})" for share, where, symbol in profile["dearest"][:3]) +
                f". Shares: {', '.join(f'{where} {share:.0f} %' for where, share in profile['shares'].items())}."]
        lines += [""]
    if figures:
        lines += ["### Growth", "", growth_words, ""]
        lines += [line for path, alt in figures for line in (f"![{alt}]({path})", "")]
    return "\n".join(lines).rstrip() + "\n"


def machine_lines(results):
    at = results["machine"]
    days = sorted({case["at"] for case in results["cases"].values()})
    packages = ", ".join(f"{name} {version}" for name, version in results["packages"].items())
    virtual = ", a virtual machine" if at["virtual"] else ""
    return [f"Measured {' and '.join(days) or 'never'}: {at['cpu']}, {at['cores']} cores, {at['memory_gib']} GiB"
            f"{virtual}; {at['system']}, Linux {at['kernel']}. Scanner, router and hosts share the cores. "
            f"Peers: {packages}. Medians; a warm-up run is not counted, but for those that ran once. What was found is "
            "that of the worst run.", ""]


def into_document(text, part):
    """The document with what stands between the markers replaced."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the document must hold {BEGIN} and {END} once, in this order")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{part}{END}{rest.split(END)[1]}"
