"""The Google Benchmark programs of the build, run and read."""
import json
import re
import subprocess

from .measure import ENVIRONMENT

NULL_PROBE_NS = 200              # the goal of a probe that sends nothing, for a target and stage
TWO_SHARDS = 1.6                 # times the work of one, by the wall time of the fastest repetitions
# Those have more to do than these goals are about: a record for each host, or a line of the journal.
WRITES_FOR_EACH = re.compile(r"put_done|whole_run<Work::(?:done|target_done)>.*/journal:1")
TWO_RUNS = "two_runs<"  # rows that show what the machine has for two: runs that share nothing
SECONDS = 0.2   # that each benchmark repeats itself, at least
REPETITIONS = 9  # of the null probe, in turn: one shard and two are compared, and a machine drifts


def read(text):
    """Rows of a program's JSON: the counters that it set itself, else the time of an iteration. Of repetitions, the
    median; and the fastest of them, for speedups."""
    entries = json.loads(text)["benchmarks"]
    for entry in entries:
        if entry.get("error_occurred"):
            raise RuntimeError(f"{entry['name']}: {entry.get('error_message', 'failed')}")
    once = [entry for entry in entries if entry.get("run_type", "iteration") == "iteration"]
    medians = {entry["run_name"]: entry for entry in entries if entry.get("aggregate_name") == "median"}
    names = dict.fromkeys(entry.get("run_name", entry["name"]) for entry in once)
    alone = {entry.get("run_name", entry["name"]): entry for entry in once}
    fastest = {name: min((entry["ns"] for entry in once if entry.get("run_name", entry["name"]) == name and "ns" in entry),
                         default=None) for name in names}
    return with_speedups([row(name, medians.get(name, alone[name]), fastest[name]) for name in names])


def row(full_name, entry, fastest):
    wall = "/real_time" in full_name or "/manual_time" in full_name
    name = re.sub(r"/(?:real_time|manual_time|repeats:\d+)", "", full_name)
    if "cpu_ns" in entry:
        return {"name": name, "value": entry["cpu_ns"], "wall": entry["ns"], "fastest": fastest,
                "unit": "ns of CPU a target and stage",
                "goal": None if WRITES_FOR_EACH.search(name) or TWO_RUNS in name else NULL_PROBE_NS}
    if "ns_a_record" in entry:
        return {"name": name, "value": entry["ns_a_record"], "unit": "ns a record"}
    if "items_per_second" in entry:
        return {"name": name, "value": 1e9 / entry["items_per_second"], "unit": "ns a fact"}
    return {"name": name, "value": entry["real_time" if wall else "cpu_time"], "unit": entry["time_unit"]}


def with_speedups(rows):
    """A row of two shards, or of two runs at once, also has how many times the work of one shard they do: wall time, for
    an idle shard costs no CPU; and the fastest repetitions, for what takes a processor away only ever adds time."""
    fastest = {entry["name"]: entry["fastest"] for entry in rows if "fastest" in entry}
    for entry in rows:
        alone = entry["name"].replace("/shards:2", "/shards:1").replace(TWO_RUNS, "whole_run<")
        if alone != entry["name"] and alone in fastest:
            entry["speedup"] = fastest[alone] / entry["fastest"]
            entry["speedup_goal"] = TWO_SHARDS if entry["goal"] else None
    return rows


def run(programs, net, quick=False):
    """In a namespace, since what the command does at its start depends on what the machine's links are."""
    rows = []
    for program in programs.benchmarks:
        repeat = [] if quick or program.name != "bench_engine" else [
            f"--benchmark_repetitions={REPETITIONS}", "--benchmark_enable_random_interleaving=true"]
        done = subprocess.run(["ip", "netns", "exec", net.scanner.name, program, "--benchmark_format=json",
                               f"--benchmark_min_time={0.02 if quick else SECONDS}", *repeat],
                              capture_output=True, text=True, timeout=1200, check=False, env=ENVIRONMENT)
        if done.returncode != 0:
            raise RuntimeError(f"{program.name}: exit {done.returncode}\n{done.stderr[-2000:]}")
        rows += [{**entry, "program": program.name} for entry in read(done.stdout)]
    return rows
