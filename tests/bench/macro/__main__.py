"""./dev bench: runs cases, keeps their results, and writes what the documentation shows of them."""
import argparse
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from harness import namespaces

from . import growth, memory, micro, page, profiles, report
from .cases import ALL, Programs
from .measure import Meter
from .nets import LinkedNet
from .quiet import Watch
from .race import race, say

TREE = Path(__file__).resolve().parents[3]
DOCUMENT = TREE / "docs" / "performance.md"
FIGURES = TREE / "docs" / "performance"
PUBLISHED = FIGURES / "results.json"   # what the document shows
OTHERS = {"micro": "the Google Benchmark programs", "growth": "time and memory by number of targets; some ten minutes",
          "memory": "peak memory of a million hosts, read, merged, resumed, compared; some ten minutes"}


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__, allow_abbrev=False)
    parser.add_argument("cases", nargs="*", metavar="CASE",
                        help="all but growth and memory when none is named (--list)")
    parser.add_argument("--list", action="store_true", help="the cases")
    parser.add_argument("--all", action="store_true",
                        help="all cases, their profiles, growth and memory, anew; some half an hour")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds after the warm-up (5)")
    parser.add_argument("--quick", action="store_true", help="one round, no warm-up: whether it works")
    parser.add_argument("--profile", action="store_true", help="run the cases once under perf instead")
    parser.add_argument("--docs", action="store_true",
                        help="write all results so far into docs/performance.md; without CASE nothing is measured")
    parser.add_argument("--show", action="store_true", help="print all results so far; nothing is measured")
    parser.add_argument("--build", type=Path, default=TREE / "build" / "release", help=argparse.SUPPRESS)
    parser.add_argument("--results", type=Path, metavar="FILE",
                        help="where results are kept (BUILD/bench/results.json)")
    given = parser.parse_args()
    if unknown := [name for name in given.cases if name not in ALL and name not in OTHERS]:
        parser.error(f"no such case: {', '.join(unknown)} ({', '.join([*ALL, *OTHERS])})")
    if given.all and (given.cases or given.profile or given.show):
        parser.error("--all goes with no CASE, --profile or --show")
    if given.quick and given.docs:
        parser.error("--docs wants real rounds, and --quick makes none")
    if given.runs < 1:
        parser.error("--runs wants at least 1")
    given.results = given.results or given.build / "bench" / "results.json"
    return given


def list_cases():
    for name, (network, _) in ALL.items():
        print(f"{name:14} {network.__name__}")
    for name, what in OTHERS.items():
        print(f"{name:14} {what}")


class Bench:
    """Measures, and keeps each result at once: what fails does not cost the others."""

    def __init__(self, given, programs, results):
        self.given, self.programs, self.results = given, programs, results
        self.meter = Meter(programs.meter)
        self.failed = []

    def attempt(self, name, action):
        try:
            action()
        except (namespaces.LabError, RuntimeError, OSError, subprocess.SubprocessError) as why:
            self.failed.append(name)
            say(f"bench: {name} could not be measured: {why}")
        report.save(self.given.results, self.results)

    def cases(self, names):
        """Cases that share a network follow each other, so that it is built once."""
        for network in dict.fromkeys(ALL[name][0] for name in names):
            with network() as net:
                for name in (name for name in names if ALL[name][0] is network):
                    for case in ALL[name][1](net, self.programs):
                        if not self.given.profile:
                            self.attempt(case.name, lambda: self.race(case, net))
                        if self.given.profile or self.given.all:
                            self.attempt(f"the profile of {case.name}", lambda: self.profile(case, net))

    def race(self, case, net):
        runs = 0 if self.given.quick else self.given.runs
        measured = report.stamped(race(case, self.meter, net, runs))
        self.results["cases"][case.name] = measured
        print(report.text_table(case.name, measured) + "\n", flush=True)

    def profile(self, case, net):
        self.results["profiles"][case.name] = profile = report.stamped(profiles.profile(case, self.meter, net))
        print(f"{case.name}: {profile['contestant']}")
        for share, where, symbol in profile["dearest"]:
            print(f"  {share:6.2f} %  {where:24} {symbol}")

    def micro(self):
        say("micro: the Google Benchmark programs")
        with LinkedNet() as net:
            watch = Watch()
            rows = micro.run(self.programs, net, self.given.quick)
            self.results["micro"] = report.stamped({"rows": rows}, quiet=watch.end())
        print(report.micro_text(self.results["micro"]) + "\n", flush=True)

    def growth(self):
        say("growth")
        watch = Watch()
        rows = growth.run(self.meter, self.programs, self.given.quick)
        self.results["growth"] = report.stamped({"rows": rows}, quiet=watch.end())

    def memory(self):
        say("memory")
        with LinkedNet() as net:
            size = 8 if self.given.quick else memory.MEBIBYTES
            self.results["memory"] = report.stamped(memory.run(self.meter, self.programs, net, size))


def measure(given, names, results):
    """Returns what could not be measured."""
    namespaces.require_namespaces()
    namespaces.remove_leftovers()
    with ExitStack() as stack:
        stack.callback(report.save, given.results, results)
        copy = stack.enter_context(namespaces.Lab())
        bench = Bench(given, Programs.copied(given.build, copy.dir), results)
        bench.cases([name for name in names if name in ALL])
        for name in (name for name in OTHERS if name in names and not given.profile):
            bench.attempt(name, getattr(bench, name))
    say(f"kept in {given.results}")
    return bench.failed


def write_docs(results):
    results = report.identified(results)
    rows = results["growth"].get("rows", [])
    figures = [(f"performance/{file}", title) for file, title in growth.titles(rows)]
    text = page.into_document(DOCUMENT.read_text(), page.markdown(results, figures))
    growth.write(FIGURES, rows)
    DOCUMENT.write_text(text)
    report.save(PUBLISHED, results)
    say(f"{DOCUMENT.relative_to(TREE)} is written; {len(figures)} figures")


def show(results):
    for name, case in results["cases"].items():
        print(report.text_table(name, case) + "\n")
    if results["micro"]:
        print(report.micro_text(results["micro"]))


def main():
    given = arguments()
    if given.list:
        list_cases()
        return 0
    results = report.empty() if given.all else report.load(given.results)
    names = [*ALL, *OTHERS] if given.all else given.cases
    if not names and not given.docs and not given.show:
        names = [*ALL, "micro"]
    if names and (failed := measure(given, names, results)):
        say(f"bench: could not be measured: {', '.join(failed)}. The others are kept; ./dev bench CASE measures one again" +
            (", ./dev bench --docs writes the page then" if given.docs else ""))
        return 1
    # What was not measured here stays as it is published, if that was measured on this machine.
    ordered = report.in_order(report.filled(results, report.load(PUBLISHED)), ALL)
    if given.show:
        show(ordered)
    if given.docs:
        write_docs(ordered)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (namespaces.LabError, RuntimeError, ValueError) as why:
        sys.exit(f"bench: {why}")
