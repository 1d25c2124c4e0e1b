"""The generated part of docs/performance.md: all sentences that hold a measured number."""
import re

from . import growth, memory
from .quiet import warning
from .report import (HEADS, MICRO_HEADS, NULL_HEADS, at_most, cells, goal_line, micro_cells, null_cells, null_name,
                     null_rows, plain_rows, shard_pairs, speedup_verdict, verdict, words_below)

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


def table(heads, rows):
    return ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads),
            *["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows], ""]


def paragraph(*sentences):
    """One paragraph, or none."""
    text = " ".join(sentence.rstrip(".") + "." for sentence in sentences if sentence)
    return [text, ""] if text else []


def measured(section, rounds=""):
    return f"Measured {section['at']}{rounds}" if "at" in section else ""


def machine_lines(results):
    at = results["machine"]
    days = sorted({section["at"] for section in [*results["cases"].values(), results["micro"], results["growth"],
                                                 *results["profiles"].values(), results["memory"]] if "at" in section})
    packages = ", ".join(f"{name} {version}" for name, version in results["packages"].items())
    virtual = ", a virtual machine" if at["virtual"] else ""
    return [f"Measured {' and '.join(days) or 'never'}: {at['cpu']}, {at['cores']} cores, {at['memory_gib']} GiB"
            f"{virtual}; {at['system']}, Linux {at['kernel']}. Scanner, router and hosts share the cores. "
            f"Peers: {packages}. Medians; a warm-up run is not counted, but for those that ran once. What was found is "
            "that of the worst run.", ""]


def judged(results):
    """(what, verdict) of all that has a goal."""
    for name, case in results["cases"].items():
        yield from ((f"`{name}`, {row['name']}", verdict(row, case["goal"])) for row in case["rows"] if row["shards"])
    for row in null_rows(results["micro"]):
        if row["goal"]:
            yield f"null probe, `{null_name(row)}`, CPU time", at_most(row["value"], row["goal"])
        if row.get("speedup_goal"):
            yield f"null probe, `{null_name(row)}`, {row['speedup']:.2f} times the work of one shard", speedup_verdict(row)


def summary(results):
    """What is met and what is not."""
    everything = list(judged(results))
    missed = [(what, words) for what, words in everything if not words.startswith("met")]
    slower = [f"`{name}`, {who} ({ratio:.2f} of the time of one)" for name, case in results["cases"].items()
              for who, ratio, is_slower in shard_pairs(case) if is_slower]
    loud = [f"`{name}`" for name, case in results["cases"].items() if warning(case.get("quiet", {}))]
    lines = ["### What is met", "",
             f"Of {len(everything)} goals {len(everything) - len(missed)} are met." +
             (" Missed:" if missed else ""), ""]
    lines += [f"- {what}: {words}" for what, words in missed] + ([""] if missed else [])
    return lines + paragraph(
        f"Slower with two shards than with one: {', '.join(slower)}" if slower else
        "No case is slower with two shards than with one",
        f"The machine had other things to do during {', '.join(loud)}; what exactly stands below each" if loud else "")


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


def case_lines(results, name, case):
    lines = [f"### {name}: {case['title']}", "", *paragraph(goal_line(case["goal"]), measured(case)),
             *table(HEADS, [cells(row, case["goal"]) for row in case["rows"]])]
    for words in words_below(case):
        lines += paragraph(words)
    if name == "inventory-24":
        lines += paragraph(extrapolated(results))
    return lines + [f"- {row['name']}: `{' '.join(row['argv'])}`{' (' + row['note'] + ')' if row['note'] else ''}"
                    for row in case["rows"]] + [""]


def micro_lines(micro):
    return ["### The null probe", "",
            *paragraph("Nanoseconds for a target and stage, CPU time of all threads and wall time; the goals are 200 ns "
                       "of CPU at most, and two shards that do at least 1.6 times the work of one, by wall time",
                       measured(micro), warning(micro.get("quiet", {}))),
            *table(NULL_HEADS, map(null_cells, null_rows(micro))),
            "### Micro-benchmarks", "", *table(MICRO_HEADS, map(micro_cells, plain_rows(micro)))]


def profile_lines(profiles):
    lines = ["### Where the time goes", "",
             "What sonde's own process costs most in each case, one shard, by samples of `perf`: system calls "
             "with all that the kernel does in them (in namespaces that is the router's and the hosts' work too), "
             "and functions with their own time.", ""]
    for name, profile in profiles.items():
        dearest = "; ".join(f"{share:.1f} % `{symbol}` ({where})" for share, where, symbol in profile["dearest"][:3])
        shares = ", ".join(f"{where} {share:.0f} %" for where, share in profile["shares"].items())
        lines.append(f"- **{name}**: {dearest}. Shares: {shares}.")
    return lines + [""]


def growth_lines(grown, figures):
    rows = grown["rows"]
    lines = ["### Growth", "", *paragraph(growth.rounds(rows), growth.completeness(rows), growth.speedup(rows),
                                          measured(grown), warning(grown.get("quiet", {})))]
    if not_run := growth.not_run(rows):
        lines += ["Not run:", "", *[f"- {words}." for words in not_run], ""]
    return lines + [line for path, alt in figures for line in (f"![{alt}]({path})", "")]


def memory_lines(found):
    return ["### Memory of a million hosts", "",
            *paragraph(found["what"], measured(found, ", each once")),
            *table(memory.HEADS, map(memory.cells, found["rows"])),
            *[f"- {row['name']}: `{' '.join(row['argv'])}`" for row in found["rows"]], ""]


def markdown(results, figures=()):
    """The generated part, without its markers."""
    lines = machine_lines(results) + summary(results)
    for name, case in results["cases"].items():
        lines += case_lines(results, name, case)
    if results["micro"]:
        lines += micro_lines(results["micro"])
    if results["profiles"]:
        lines += profile_lines(results["profiles"])
    if results["growth"]:
        lines += growth_lines(results["growth"], figures)
    if results["memory"]:
        lines += memory_lines(results["memory"])
    return "\n".join(lines).rstrip() + "\n"


def sections(part):
    """Headings, without their explanation, and profiles, of which there is one a case."""
    return re.findall(r"^### ([^:\n]+)", part, re.MULTILINE) + re.findall(r"^- (\*\*[\w-]+\*\*):", part, re.MULTILINE)


def into_document(text, part):
    """The document with what stands between the markers replaced. What it has, it keeps: a section whose results are
    not there would be gone without a word."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"the document must hold {BEGIN} and {END} once, in this order")
    before, rest = text.split(BEGIN)
    old, after = rest.split(END)
    if lacking := [name for name in sections(old) if name not in sections(part)]:
        raise ValueError(f"not written: there are no results for what the page has about {', '.join(lacking)}. Measure "
                         "that as well (./dev bench --all measures all), or delete it from the page first")
    return f"{before}{BEGIN}\n{part}{END}{after}"
