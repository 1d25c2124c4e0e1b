"""How a run ends early: by a signal, by a second one, by its timeout. What was found is kept, and --resume goes on."""
import json
import os
import signal
import time

import pytest
from conftest import WITHOUT_RIGHTS

TARGETS = "127.0.0.1-127.0.0.40"
ALL = [f"127.0.0.{last}" for last in range(1, 41)]


def slow(sonde, more=""):
    # 40 targets, two at once, 100 ms each: two seconds.
    sonde.pipeline("{use: sleepy, options: {delay: 100ms}}", TARGETS,
                   more="limits: {workers: 2, shards: 1" + more + "}")


@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_and_keeps_its_results(sonde, number, code):
    slow(sonde)
    process = sonde.start("--format", "json")
    time.sleep(0.5)
    result = sonde.end_of(process, number)
    assert result.code == code, str(result)
    document = sonde.document()
    assert document["complete"] is False and document["why_incomplete"] == "interrupted"
    found = sonde.hosts()
    assert 0 < len(found) < 40 and found == [ip for ip in ALL if ip in found]
    assert document["not_covered"] == [{"what": f"{40 - document['settled']} targets", "reason": "interrupted"}]
    assert "to go on: the same command with --resume" in result.err

    result = sonde.run("--resume", "out")
    assert result.code == 0, str(result)
    assert sonde.hosts() == ALL and sonde.document()["complete"] is True


def test_a_second_signal_leaves_at_once(sonde):
    # Results that nobody reads: without the second signal the end has to wait for a reader.
    slow(sonde)
    process = sonde.start()
    os.mkfifo(sonde.out / "lines.txt.part")
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(1.2)
    result = sonde.end_of(process, signal.SIGTERM)
    assert result.code == 143, str(result)
    assert time.monotonic() - began < 6
    assert sorted(os.listdir(sonde.out)) == ["journal", "lines.txt.part"]
    journal, = sonde.out.glob("journal/*")
    assert result.err.endswith("stopped at once: what was found is in the journal alone\n"
                               f"to go on: the same command with --resume {journal}\n"), str(result)


def test_one_wish_to_stop_may_come_as_several_signals(sonde):
    """As from `timeout -s INT`, which sends to the process and to its group."""
    slow(sonde)
    process = sonde.start()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    time.sleep(0.02)
    result = sonde.end_of(process, signal.SIGINT, signal.SIGTERM)
    assert result.code == 130, str(result)
    assert sonde.document()["why_incomplete"] == "interrupted" and (sonde.out / "lines.txt").exists()
    assert "to go on: the same command with --resume" in result.err, str(result)


def test_the_timeout_of_a_run(sonde):
    slow(sonde, ", run_timeout: 500ms")
    began = time.monotonic()
    result = sonde.run()
    assert result.code == 1, str(result)
    assert time.monotonic() - began < 10
    document = sonde.document()
    assert document["complete"] is False and document["why_incomplete"] == "run_timeout"
    assert "incomplete (run_timeout)" in result.err
    assert 0 < len(sonde.hosts()) < 40

    result = sonde.run("--resume", "out", "--set", "limits.run_timeout=1m")
    assert result.code == 0, str(result)
    assert sonde.hosts() == ALL


def test_a_quiet_run_tells_what_it_did_not_come_to(sonde):
    slow(sonde, ", run_timeout: 500ms")
    result = sonde.run("--quiet")
    assert result.code == 1 and result.out == ""
    assert result.err.startswith("incomplete (run_timeout): ")


def test_results_of_a_resumed_run_go_where_those_of_its_beginning_went(sonde):
    slow(sonde, ", run_timeout: 500ms")
    assert sonde.run("--output", "elsewhere").code == 1
    result = sonde.run("--resume", "elsewhere", "--set", "limits.run_timeout=1m")
    assert result.code == 0, str(result)
    elsewhere = sonde.out.parent / "elsewhere"
    assert json.loads((elsewhere / "run.json").read_text())["complete"] is True
    assert not sonde.out.exists()


def test_what_an_interrupted_run_left_over_is_not_new_in_the_next(sonde):
    # A history has who responded: `writer` says it of everybody.
    sonde.pipeline("{use: sleepy, options: {delay: 100ms}}\n  - {use: writer}", TARGETS,
                   more="limits: {workers: 2, shards: 1, run_timeout: 500ms}\nhistory: {dir: history}")
    assert sonde.run().code == 1
    # Not lines.txt: a host that the end found between the two stages is known, and has not responded.
    first, = [path for path in (sonde.out / "history").iterdir() if not path.name.endswith(".run.json")]
    found = [record["ip"] for record in json.loads(first.read_text())]
    missing = [ip for ip in ALL if ip not in found]
    assert found and missing
    longer = ("--set", "limits.run_timeout=1m")
    assert sonde.run(*longer).code == 0
    delta = sonde.document()["delta"]
    assert (delta["new"], delta["not_scanned_before"]) == ([], missing)

    # The next is compared with the complete one, whatever came between.
    complete = sonde.document()["run_id"]
    assert sonde.run().code == 1
    result = sonde.run(*longer)
    assert f" changed since run {complete}\n" in result.err and "not scanned" not in result.err, str(result)
    rows = json.loads(sonde.plain("history", "out", "--format", "json").out)
    assert [(row.get("new"), row.get("gone")) for row in rows] == [(None, None), (0, 0), (0, 0), (0, 0)]
    _, before, _, last = sorted((path.name for path in (sonde.out / "history").iterdir()
                                 if not path.name.endswith(".run.json")), key=lambda name: name.removesuffix(".json"))
    result = sonde.plain("diff", "out")
    assert result.err == f"out/history/{before} and out/history/{last}:\n", str(result)
    assert "0 new, 0 gone" in result.out and "0 not scanned" in result.out, str(result)


def test_a_resumed_run_is_not_compared_with_its_own_first_part(sonde):
    sonde.pipeline("{use: sleepy, options: {delay: 100ms}}\n  - {use: writer}", TARGETS,
                   more="limits: {workers: 2, shards: 1, run_timeout: 500ms}\nhistory: {dir: history}")
    assert sonde.run().code == 1
    result = sonde.run("--resume", str(sonde.out), "--set", "limits.run_timeout=1m")
    assert result.code == 0 and "changed since" not in result.err, str(result)
    assert "delta" not in sonde.document()


def test_a_second_run_into_the_same_directory_is_refused(sonde):
    slow(sonde)
    process = sonde.start()
    process.send_signal(signal.SIGSTOP)  # so that it is still there, however long the others take
    for words in ([], ["--resume", "out"]):
        result = sonde.run(*words)
        assert result.code == (78 if words else 1), str(result)  # the journal is held as well
        assert result.ids() == ["no-unfinished-run" if words else "output-in-use"], str(result)
    assert sonde.run("--output", "other", "--set", "sleepy.delay=1ms").code == 0
    result = sonde.call("merge", "other", "--output", "out")
    assert result.code == 1 and result.ids() == ["output-in-use"], str(result)
    assert f"is writing into the output directory {sonde.out}" in result.err, str(result)
    assert sonde.call("plan", "lan.sonde.yaml").code == 0 and sonde.call("validate", "lan.sonde.yaml").code == 0
    process.kill()
    process.communicate()
    assert len(list((sonde.out / "journal").iterdir())) == 1, "only the first one had begun"
    assert sonde.run("--resume", "out").code == 0, "a killed run holds nothing"
    assert sonde.hosts() == ALL


def test_a_skipped_stage_is_told_once_and_before_the_run(sonde):
    sonde.pipeline("{use: icmp, optional: true}\n  - {use: sleepy, options: {delay: 1ms}}", TARGETS)
    result = sonde.run("--log-level", "debug", before=WITHOUT_RIGHTS)
    assert result.code == 0, str(result)
    assert result.err.count("(optional: skipped)") == 1
    assert result.err.index("(optional: skipped)") < result.err.index("stage 'sleepy' begins"), str(result)


def test_another_plan_is_not_resumed(sonde):
    slow(sonde)
    assert sonde.end_of(sonde.start(), signal.SIGINT).code == 130
    before = (sonde.out / "lines.txt").read_bytes()
    for change, told in ((["--set", "sleepy.delay=1ms"], "the option 'delay' of stage 'sleepy' differs"),
                         (["--target", "127.0.0.1"], "their targets differ (40 and 1)"),
                         (["--seed", "9"], "their order has the seeds ")):
        result = sonde.run("--resume", "out", *change)
        assert result.code == 78 and result.ids() == ["journal-mismatch"], str(result)
        assert f" is of another plan than lan.sonde.yaml: {told}" in result.err, str(result)
    assert (sonde.out / "lines.txt").read_bytes() == before


def test_a_journal_of_another_table_of_fields_is_not_resumed(sonde):
    """Its facts name their fields by number. The hash of the plan knows nothing of the fields of sonde itself."""
    slow(sonde)
    assert sonde.end_of(sonde.start(), signal.SIGINT).code == 130
    journal, = (sonde.out / "journal").iterdir()
    text = journal.read_text()
    assert '"mac_flags","link","evidence"' in text
    for other, message in (('"mac_flags","later","evidence"', "journal-mismatch"),
                           ('"mac_flags","link","later","evidence"', "journal-unreadable")):
        journal.write_text(text.replace('"mac_flags","link","evidence"', other, 1))
        result = sonde.run("--resume", "out")
        assert result.code == 78 and result.ids() == [message], str(result)
        assert "other fields than this sonde" in result.err
    journal.write_text(text)
    assert sonde.run("--resume", "out").code == 0
