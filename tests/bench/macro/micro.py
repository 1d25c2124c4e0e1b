"""The Google Benchmark programs of the build, run and read."""
import json
import re
import subprocess

NULL_PROBE_NS = 200              # the goal of a probe that sends nothing
# Those have more to do than that goal is about: a record for each host, or a line of the journal.
WRITES_FOR_EACH = re.compile(r"put_done|whole_run<Work::(?:done|target_done)>.*/journal:1")
SECONDS = 0.2   # that each benchmark repeats itself, at least


def read(text):
    """Rows of a program's JSON: the counters that it set itself, else the time of an iteration."""
    rows = []
    for entry in json.loads(text)["benchmarks"]:
        if entry.get("error_occurred"):
            raise RuntimeError(f"{entry['name']}: {entry.get('error_message', 'failed')}")
        if entry.get("run_type", "iteration") != "iteration":
            continue
        if "cpu_ns" in entry:
            rows.append({"name": entry["name"], "value": entry["cpu_ns"], "unit": "ns of CPU a target and stage",
                         "goal": None if WRITES_FOR_EACH.search(entry["name"]) else NULL_PROBE_NS})
        elif "ns_a_record" in entry:
            rows.append({"name": entry["name"], "value": entry["ns_a_record"], "unit": "ns a record"})
        elif "items_per_second" in entry:
            rows.append({"name": entry["name"], "value": 1e9 / entry["items_per_second"], "unit": "ns a fact"})
        else:
            wall = "/real_time" in entry["name"] or "/manual_time" in entry["name"]
            time = "real_time" if wall else "cpu_time"
            rows.append({"name": entry["name"], "value": entry[time], "unit": entry["time_unit"]})
    return rows


def programs(bench):
    return sorted(path for path in bench.glob("bench_*") if path.is_file())


def run(bench, quick=False):
    rows = []
    for program in programs(bench):
        done = subprocess.run([program, "--benchmark_format=json",
                               f"--benchmark_min_time={0.02 if quick else SECONDS}"],
                              capture_output=True, text=True, timeout=1200, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{program.name}: exit {done.returncode}\n{done.stderr[-2000:]}")
        rows += [{**row, "program": program.name} for row in read(done.stdout)]
    return rows
