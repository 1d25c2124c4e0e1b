"""The recipes of docs/operations.md for several machines, as they stand there, with stand-ins for the cluster's commands."""
import fcntl
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from conftest import FIXTURES

TEXT = (Path(__file__).parents[3] / "docs/operations.md").read_text(encoding="utf-8")
SHELL = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
YAML = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)

PIPELINE = """version: 1
targets: [127.0.0.1-127.0.0.40]
limits: {{workers: 1, run_timeout: {run_timeout}}}
stages:
  - {{use: sleepy, options: {{delay: 20ms}}}}
{stage}outputs:
  - {{use: json, options: {{path: inventory.json, hosts: known}}}}
history: {{dir: history}}
"""


class Cluster:
    """`sonde` in PATH, the paths of the recipes below `root`, and a night that a test sets."""

    def __init__(self, root):
        self.root = root
        self.bin = root / "bin"
        self.bin.mkdir()
        self.night("2026-01-30")
        self.program("sonde", f'exec "{os.environ["SONDE"]}" "$@"')

    def program(self, name, text):
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def night(self, date):
        self.program("date", f"echo {date}")

    def pipeline(self, path, run_timeout="1m", stage=""):
        file = self.root / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(PIPELINE.format(run_timeout=run_timeout, stage=stage))

    def sh(self, script, *paths, **environment):
        for path in paths:
            script = script.replace(path, f"{self.root}{path}")
        return subprocess.run(["sh", "-c", script], cwd=self.root, timeout=100, capture_output=True, text=True, check=False,
                              env={"PATH": f"{self.bin}:/usr/bin:/bin", "LANG": "C.UTF-8", "SONDE_PLUGIN_PATH": str(FIXTURES),
                                   **environment})

    def document(self, path):
        return json.loads((self.root / path / "run.json").read_text())


@pytest.fixture
def cluster(tmp_path):
    return Cluster(tmp_path)


def test_slurm_compares_each_night_with_the_one_before(cluster):
    array, = (block for block in SHELL if "#SBATCH" in block)
    submit, = (block for block in SHELL if "sbatch --parsable" in block)
    cluster.pipeline("shared/lan.sonde.yaml")
    (cluster.root / "sonde-array.sh").write_text(array.replace("/shared", f"{cluster.root}/shared"))
    cluster.program("sbatch", """
case $* in
  *--wrap*) while [ $# -gt 1 ]; do shift; done; sh -c "$1" ;;
  *) for id in $(seq 1 "$PARTS"); do SLURM_ARRAY_TASK_ID=$id sh ./sonde-array.sh || exit; done; echo 17 ;;
esac""")
    for night in ("2026-01-30", "2026-01-31"):
        cluster.night(night)
        done = cluster.sh(submit.replace("PARTS=8", "PARTS=2"), "/shared")
        assert done.returncode == 0, done
    assert (cluster.root / "shared/parts/2026-01-31/part-2/run.json").exists()
    merged = cluster.document("shared/sonde")
    assert merged["complete"] and "compared_with" in merged["delta"]


def pod(cluster, index, night):
    job = next(block for block in YAML if "JOB_COMPLETION_INDEX" in block).replace("NIGHT", night).replace("/8", "/2")
    container, = yaml.safe_load(job)["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["/bin/sh", "-c"]
    return cluster.sh(container["args"][0], "/etc/sonde", "/results", JOB_COMPLETION_INDEX=str(index)).returncode


def merge(cluster, night):
    job = next(block for block in YAML if "sonde merge" in block).replace("NIGHT", night)
    container, = yaml.safe_load(job)["spec"]["template"]["spec"]["containers"]
    return cluster.sh(container["args"][0], "/etc/sonde", "/results").returncode


def test_kubernetes_repeats_a_part_that_was_cut_short_until_it_is_complete(cluster):
    (cluster.root / "etc").mkdir()
    cluster.pipeline("etc/sonde/lan.sonde.yaml", run_timeout="150ms")
    assert pod(cluster, 0, "2026-01-30") == 1
    assert not cluster.document("results/2026-01-30/part-0")["complete"]
    first = cluster.document("results/2026-01-30/part-0")["settled"]
    cluster.pipeline("etc/sonde/lan.sonde.yaml")  # a night on which it is fast enough
    assert pod(cluster, 0, "2026-01-30") == 0
    resumed = cluster.document("results/2026-01-30/part-0")
    assert resumed["complete"] and resumed["settled"] == 20 and first < 20
    assert len(list((cluster.root / "results/2026-01-30/part-0/journal").iterdir())) == 1, "it began anew"
    assert pod(cluster, 1, "2026-01-30") == 0
    assert merge(cluster, "2026-01-30") == 0

    # The next night: one part is missing, and that of the last night is not taken for it.
    assert pod(cluster, 0, "2026-01-31") == 0
    assert merge(cluster, "2026-01-31") == 1
    assert not cluster.document("results/merged")["complete"]
    assert "compared_with" in cluster.document("results/merged")["delta"]


def test_kubernetes_does_not_repeat_a_complete_part_in_which_tasks_failed(cluster):
    (cluster.root / "etc").mkdir()
    cluster.pipeline("etc/sonde/lan.sonde.yaml", stage='  - {use: "null", options: {outcome: error}}\n')
    assert pod(cluster, 0, "2026-01-30") == 0
    part = cluster.document("results/2026-01-30/part-0")
    assert part["complete"] and any(stage["outcomes"].get("error") for stage in part["stages"])


def test_kubernetes_resumes_a_part_of_which_a_stage_failed(cluster):
    hangs = "  - {use: sleepy, name: hangs, deadline: 50ms, options: {delay: 60s, ignore_deadline: true}}\n"
    (cluster.root / "etc").mkdir()
    cluster.pipeline("etc/sonde/lan.sonde.yaml", stage=hangs)
    settled = []
    for _ in range(2):  # each time one worker hangs, and the one that takes its place
        assert pod(cluster, 0, "2026-01-30") == 1
        part = cluster.document("results/2026-01-30/part-0")
        assert part["why_incomplete"] == "stage failed" and part["targets"] == 20
        assert any(gap["what"] == "stage hangs" for gap in part["not_covered"])
        settled.append(part["settled"])
    assert settled == [2, 4]
    assert pod(cluster, 1, "2026-01-30") == 1
    assert merge(cluster, "2026-01-30") == 1
    merged = cluster.document("results/merged")
    assert not merged["complete"] and merged["settled"] == 4 + 2
    assert any(gap["what"] == "stage hangs" for gap in merged["not_covered"])


def test_kubernetes_does_not_repeat_a_part_that_was_resumed_from_a_damaged_journal(cluster):
    (cluster.root / "etc").mkdir()
    cluster.pipeline("etc/sonde/lan.sonde.yaml", run_timeout="150ms")
    assert pod(cluster, 0, "2026-01-30") == 1
    journal, = (cluster.root / "results/2026-01-30/part-0/journal").iterdir()
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join([lines[0], "damaged\n", *lines[2:]]))
    cluster.pipeline("etc/sonde/lan.sonde.yaml")
    assert pod(cluster, 0, "2026-01-30") == 0
    part = cluster.document("results/2026-01-30/part-0")
    assert not part["complete"] and part["settled"] == part["targets"]


def test_kubernetes_scans_anew_where_nothing_can_be_resumed(cluster):
    (cluster.root / "etc").mkdir()
    cluster.pipeline("etc/sonde/lan.sonde.yaml")
    journals = cluster.root / "results/2026-01-30/part-0/journal"
    journals.mkdir(parents=True)  # all that a run on a full disk leaves
    assert pod(cluster, 0, "2026-01-30") == 0
    whole, = journals.iterdir()

    whole.write_bytes(whole.read_bytes()[:20])  # a pod that was killed in the first line
    assert pod(cluster, 0, "2026-01-30") == 0

    for journal in journals.iterdir():
        journal.unlink()
    cluster.pipeline("etc/sonde/lan.sonde.yaml", run_timeout="150ms")
    assert pod(cluster, 0, "2026-01-30") == 1
    cluster.pipeline("etc/sonde/lan.sonde.yaml")
    with next(journals.iterdir()).open() as held:  # by a pod of a machine that was lost
        fcntl.flock(held, fcntl.LOCK_EX)
        assert pod(cluster, 0, "2026-01-30") == 0
    assert len(list(journals.iterdir())) == 2
    assert pod(cluster, 1, "2026-01-30") == 0
    assert merge(cluster, "2026-01-30") == 0

    # What is wrong with the pipeline itself is still told by its code.
    cluster.pipeline("etc/sonde/lan.sonde.yaml", stage="  - {use: no-such-plugin}\n")
    assert pod(cluster, 0, "2026-01-30") == pod(cluster, 0, "2026-01-31") == 78
