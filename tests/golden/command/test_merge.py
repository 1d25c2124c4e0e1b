"""`sonde merge`: parts of a plan, put together, are the plan."""
import itertools
import json
import re

import pytest
from conftest import WITHOUT_RIGHTS

STAGES = "{use: sleepy, options: {delay: 1ms}}"
OUTPUTS = ("{use: fixture-lines, options: {path: lines.txt, hosts: known}}\n"
           "  - {use: json, options: {path: hosts.json, hosts: all, detail: true}}")


def pipeline(sonde, more=""):
    sonde.pipeline(STAGES, "127.0.0.1-127.0.0.50", OUTPUTS, more)


def parts(sonde, count, *words):
    for part in range(1, count + 1):
        result = sonde.run("--shard", f"{part}/{count}", "--output", f"part-{part}", *words)
        assert result.code == 0, str(result)
    return [f"part-{part}" for part in range(1, count + 1)]


def without_times(file):
    """What sleepy says of its clock and its threads differs from run to run."""
    text, number = re.subn(r'((?:waited_ms|worker)"?[=:])[0-9.]+', r"\1", file.read_text())
    assert number == 2 * 50
    return text


def document(sonde, directory="merged"):
    return sonde.document(directory)


@pytest.mark.parametrize("count", range(1, 8))
def test_parts_are_the_whole_in_any_order(sonde, count):
    pipeline(sonde)
    assert sonde.run("--seed", "0").code == 0
    names = parts(sonde, count, "--seed", "0")
    orders = list(itertools.islice(itertools.permutations(names), 0, 120, 17))
    for order in dict.fromkeys([*orders, tuple(reversed(names))]):
        result = sonde.call("merge", *order, "--pipeline", "lan.sonde.yaml", "--output", "merged")
        assert result.code == 0, str(result)
        for file in ("lines.txt", "hosts.json"):
            assert without_times(sonde.folder / "merged" / file) == without_times(sonde.out / file), order
    merged, once = document(sonde), sonde.document()
    assert sorted(merged.pop("merged_from")) == sorted(document(sonde, name)["run_id"] for name in names)
    for key in ("run_id", "started", "ended"):
        assert merged.pop(key) and once.pop(key)
    assert merged == once


def test_without_a_pipeline_file_the_records_are_json(sonde):
    pipeline(sonde)
    result = sonde.call("merge", *parts(sonde, 2))
    assert result.code == 0, str(result)
    assert sorted(path.name for path in (sonde.folder / "merged").iterdir()) == ["inventory.json", "run.json"]
    assert "2 runs merged: " in result.err and "written to " in result.err
    assert sonde.call("merge", "part-1", "part-2", "--quiet").err == ""
    shown = sonde.call("merge", "part-1", "part-2", "--format", "json", "--output", "again")
    assert json.loads(shown.out) == json.loads((sonde.folder / "again/inventory.json").read_text())


def test_what_is_missing_is_not_covered_and_exit_1(sonde):
    pipeline(sonde)
    parts(sonde, 5)
    missing = "incomplete: 20 of 50 hosts were asked to the end\nnot covered: 30 targets: parts 1, 3-4 of 5 not among the runs\n"
    result = sonde.call("merge", "part-5", "part-2")
    assert result.code == 1 and missing in result.err, str(result)
    assert document(sonde)["not_covered"] == [{"what": "30 targets", "reason": "parts 1, 3-4 of 5 not among the runs"}]
    assert sonde.call("merge", "part-5", "part-2", "--quiet").err == missing
    assert document(sonde)["complete"] is False


def test_history_and_delta_are_of_the_whole(sonde):
    pipeline(sonde, "history: {dir: history}")
    names = parts(sonde, 2)
    for _ in range(2):
        assert sonde.call("merge", *names, "--pipeline", "lan.sonde.yaml", "--output", "merged").code == 0
    assert len(list((sonde.folder / "merged/history").glob("*.run.json"))) == 2
    delta = document(sonde)["delta"]
    assert (delta["new"], delta["gone"], delta["changed"], delta["coverage_unknown"]) == ([], [], [], False)


def test_parts_of_other_plans_are_refused(sonde):
    pipeline(sonde)
    parts(sonde, 2)
    assert sonde.run("--shard", "2/2", "--seed", "9", "--output", "other-seed").code == 0
    assert sonde.run("--shard", "2/2", "--set", "sleepy.delay=2ms", "--output", "other-option").code == 0
    for other, told in (("other-seed", "their order has the seeds"), ("other-option", "the option 'delay' of stage 'sleepy' differs")):
        result = sonde.call("merge", "part-1", other)
        assert result.code == 78 and result.ids() == ["merge-mismatch"], str(result)
        assert told in result.err, str(result)
    assert not (sonde.folder / "merged").exists()


def test_a_file_that_was_changed_after_the_runs_is_told(sonde):
    pipeline(sonde, "name: nightly")
    names = parts(sonde, 2)
    merge = ("merge", *names, "--pipeline", "lan.sonde.yaml", "--output", "merged")
    assert "merge-pipeline" not in sonde.call(*merge).err
    sonde.pipeline(STAGES + "\n  - {use: icmp, enabled: false}", "127.0.0.1", more="name: nightly")
    assert "merge-pipeline" not in sonde.call(*merge).err, "other outputs and targets are no other questions"
    for stages, told in (("{use: sleepy, when: alive}", "the option 'delay' of stage 'sleepy' differs; 'when' of stage 'sleepy' differs"),
                         ("{use: sleepy, name: other, options: {delay: 1ms}}", "stage 'sleepy' is in one of them alone"),
                         (STAGES + "\n  - {use: icmp, optional: true}", "stage 'icmp' is in one of them alone"),
                         ("{use: icmp, name: sleepy}", "stage 'sleepy' is sleepy in one of them, icmp in the other")):
        sonde.pipeline(stages, "127.0.0.1-127.0.0.50", more="name: nightly")
        result = sonde.call(*merge)
        assert result.code == 0, str(result)
        assert f"warning[merge-pipeline]: the runs asked something else than this file does: {told}" in result.err, str(result)
    assert sonde.call(*merge, "--quiet").err == ""


def test_a_part_done_twice_is_united_with_a_warning(sonde):
    pipeline(sonde)
    parts(sonde, 2)
    assert sonde.run("--shard", "2/2", "--output", "repeated").code == 0
    result = sonde.call("merge", "part-1", "part-2", "repeated")
    assert result.code == 0 and "warning[merge-overlap]: 25 targets were settled by more than one run" in result.err
    assert document(sonde)["settled"] == 50


def test_a_stage_that_could_not_run_in_a_part_is_told(sonde):
    sonde.pipeline(STAGES + "\n  - {use: icmp, optional: true}", "127.0.0.1-127.0.0.50")
    assert sonde.run("--shard", "1/2", "--output", "part-1", before=WITHOUT_RIGHTS).code == 0
    assert sonde.run("--shard", "2/2", "--output", "part-2").code == 0
    why = sonde.stage("icmp", "part-1")["unavailable"]
    assert "unavailable" not in sonde.stage("icmp", "part-2")
    result = sonde.call("merge", "part-1", "part-2", "--format", "none")
    assert result.code == 0, str(result)
    assert "warning[merge-unavailable]: stage 'icmp' could not run in 1 of 2 runs: part-1/journal/" in result.err
    assert sonde.stage("icmp", "merged")["unavailable"] == f"in 1 of 2 runs: {why}"


def test_wrong_names_are_told_all_at_once_and_nothing_is_written(sonde):
    pipeline(sonde)
    parts(sonde, 1)
    (sonde.folder / "empty").mkdir()
    result = sonde.call("merge", "empty", "absent", "part-1/run.json", "part-1")
    assert result.code == 78 and result.ids() == ["journal-unreadable"] * 3, str(result)
    result = sonde.call("merge", "part-1", "--output", "part-1")
    assert result.code == 2 and "is the output directory of one of the runs" in result.err
    result = sonde.call("merge", "part-1", "--set", "json.path=x.json")
    assert result.code == 2 and "name the file that has them with --pipeline" in result.err
    for words in (["--env-file", "lan.env"], ["--no-env-file"]):
        result = sonde.call("merge", "part-1", *words)
        assert result.code == 2 and result.ids() == ["bad-argument"] and words[0] in result.err, str(result)
    sonde.pipeline(STAGES, more="name: other", name="other.sonde.yaml")
    result = sonde.call("merge", "part-1", "--pipeline", "other.sonde.yaml")
    assert result.code == 78 and result.ids() == ["merge-mismatch"], str(result)
    assert not (sonde.folder / "merged").exists()


def test_a_journal_that_may_not_be_read_is_not_called_damaged(sonde):
    pipeline(sonde)
    parts(sonde, 1)
    older, = (sonde.folder / "part-1" / "journal").iterdir()
    for known in (0, 1):  # alone, and beside an older one, which is not taken in its place
        parts(sonde, 1)
        newest = max((sonde.folder / "part-1" / "journal").iterdir(), key=lambda file: file.stat().st_mtime)
        newest.chmod(0)
        older.chmod(0o600 if known else 0)
        for words in (["merge", "part-1"], ["merge", f"part-1/journal/{newest.name}"],
                      ["run", "lan.sonde.yaml", "--resume", "part-1", "--output", "part-1"]):
            result = sonde.call(*words, before=WITHOUT_RIGHTS)
            assert result.code == 78 and result.ids() == ["journal-unreadable"], str(result)
            assert f"cannot open the journal part-1/journal/{newest.name}: Permission denied\n" in result.err, str(result)
            assert "read it as the user whose run wrote it" in result.err and "damaged" not in result.err, str(result)
    newest.unlink()
    (sonde.folder / "part-1" / "journal").chmod(0)
    result = sonde.call("merge", "part-1", before=WITHOUT_RIGHTS)
    (sonde.folder / "part-1" / "journal").chmod(0o700)
    assert "cannot read the directory part-1/journal: Permission denied\n" in result.err, str(result)


def test_a_directory_in_the_place_of_a_journal_is_called_so(sonde):
    pipeline(sonde)
    (sonde.out / "journal" / "folder").mkdir(parents=True)
    result = sonde.call("merge", "out")
    assert result.code == 78 and "out/journal/folder is a directory, so it is no journal\n" in result.err, str(result)
    assert "name the output directory of a run" in result.err, str(result)


def test_an_unwritable_place_is_74(sonde):
    pipeline(sonde)
    parts(sonde, 1)
    (sonde.folder / "file").write_text("")
    result = sonde.call("merge", "part-1", "--output", "file/below")
    assert result.code == 74 and result.ids() == ["output-unwritable"], str(result)
