"""./dev bench: runs cases, keeps their results, and writes what the documentation shows of them."""
import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from harness import namespaces

from . import growth, micro, profiles, report
from .cases import ALL, Programs
from .measure import Meter
from .race import race, say

TREE = Path(__file__).resolve().parents[3]
DOCUMENT = TREE / "docs" / "performance.md"
FIGURES = TREE / "docs" / "performance"
OTHERS = {"micro": "the Google Benchmark programs", "growth": "time and memory by number of targets; some ten minutes"}


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__, allow_abbrev=False)
    parser.add_argument("cases", nargs="*", metavar="CASE", help="all but growth when none is named (--list)")
    parser.add_argument("--list", action="store_true", help="the cases")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds after the warm-up (5)")
    parser.add_argument("--quick", action="store_true", help="one round, no warm-up: whether it works")
    parser.add_argument("--slow-peers", action="store_true", help="also peers that take minutes for one run")
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
    if given.runs < 1:
        parser.error("--runs wants at least 1")
    given.results = given.results or given.build / "bench" / "results.json"
    return given


def list_cases():
    for name, (network, _) in ALL.items():
        print(f"{name:14} {network.__name__}")
    for name, what in OTHERS.items():
        print(f"{name:14} {what}")


def measure_cases(given, names, programs, results):
    """Cases that share a network follow each other, so that it is built once. Returns how many could not be measured:
    one that fails does not cost the others."""
    failed = 0
    meter = Meter(programs.bench / "tools" / "bench_meter")
    runs = 0 if given.quick else given.runs
    for network in dict.fromkeys(ALL[name][0] for name in names):
        with network() as net:
            for name in (name for name in names if ALL[name][0] is network):
                for case in ALL[name][1](net, programs):
                    try:
                        if given.profile:
                            results["profiles"][case.name] = profile = profiles.profile(case, meter, net)
                            print_profile(case.name, profile)
                        else:
                            measured = report.stamped(race(case, meter, net, runs, given.slow_peers), runs)
                            results["cases"][case.name] = measured
                            print(report.text_table(case.name, measured) + "\n", flush=True)
                    except (namespaces.LabError, RuntimeError) as why:
                        failed += 1
                        say(f"bench: {case.name} could not be measured: {why}")
                    report.save(given.results, results)
    return failed


def print_profile(name, profile):
    print(f"{name}: {profile['contestant']}")
    for share, where, symbol in profile["dearest"]:
        print(f"  {share:6.2f} %  {where:24} {symbol}")


def measure_others(given, names, programs, results):
    if given.profile:
        return
    if "micro" in names:
        say("micro: the Google Benchmark programs")
        results["micro"] = micro.run(programs.bench, given.quick)
        print(report.micro_text(results["micro"]) + "\n", flush=True)
    if "growth" in names:
        say("growth")
        meter = Meter(programs.bench / "tools" / "bench_meter")
        rows = growth.run(meter, programs, 1 if given.quick else 3, given.quick)
        results["growth"] = report.stamped({"rows": rows}, given.runs)
    report.save(given.results, results)


def write_docs(results):
    rows = results["growth"]["rows"] if results["growth"] else []
    figures = [(f"performance/{file}", title) for file, title in growth.write(FIGURES, rows)]
    part = report.markdown(results, figures, growth.completeness(rows) + growth.speedup(rows))
    DOCUMENT.write_text(report.into_document(DOCUMENT.read_text(), part))
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
    results = report.load(given.results)
    names = given.cases or ([] if given.docs or given.show else [*ALL, "micro"])
    if names:
        namespaces.require_namespaces()
        namespaces.remove_leftovers()
        failed = 0
        programs = Programs(given.build / "bin" / "sonde", given.build / "bench")
        with ExitStack() as stack:
            stack.callback(report.save, given.results, results)
            failed = measure_cases(given, [name for name in names if name in ALL], programs, results)
            measure_others(given, names, programs, results)
        say(f"kept in {given.results}")
        if failed:
            return 1
    ordered = report.in_order(results, ALL)
    if given.show:
        show(ordered)
    if given.docs:
        write_docs(ordered)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (namespaces.LabError, RuntimeError) as why:
        sys.exit(f"bench: {why}")
