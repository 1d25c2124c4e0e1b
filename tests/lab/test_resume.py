"""kill -9 at any point, then --resume: the result of an undisturbed run, and hardly a packet twice.
LAB_REPEAT=20 for the full twenty points (3 unless set)."""
import random
import signal
import time

import pytest
from conftest import repeat
from harness import meters
from harness.sonde import by_address

IN_FLIGHT, COUNT = 1024, 2
PIPELINE = f"""
version: 1
targets: [10.66.0.0/19]
limits: {{packets_per_second: 5000, hosts_in_flight: {IN_FLIGHT}}}
stages:
  - {{use: icmp, options: {{count: {COUNT}, timeout: 400ms}}}}
  - {{use: tcp-banner, when: alive, options: {{ports: "80,81"}}}}
outputs: [{{use: json, options: {{path: inventory.json, detail: true, hosts: known}}}}]
"""
SEED = ("--seed", "7")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory):
    path = tmp_path_factory.mktemp("resume") / "resume.sonde.yaml"
    path.write_text(PIPELINE)
    return path


@pytest.fixture(scope="module")
def meter(routed):
    with meters.StartedPackets(routed.router, "r0") as counting:
        yield counting


@pytest.fixture(scope="module")
def undisturbed(routed, binary, pipeline, meter):
    from harness.sonde import Sonde
    meter.reset()
    result = Sonde(binary, routed.scanner).run(pipeline, routed.folder("undisturbed"), extra=SEED)
    return comparable(result), meter.read()["echo"], result.seconds


def killed(sonde, pipeline, meter, folder, moment):
    """Starts a run and kills it that many seconds after its journal has begun; False if it was over by then."""
    meter.reset()
    process = sonde.start(pipeline, folder, extra=SEED)
    limit = time.monotonic() + 30
    while not list(folder.glob("journal/*")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < limit, "no journal appears"
        time.sleep(0.01)
    time.sleep(moment)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def comparable(result):
    """The records without what a clock decides: the round trip, and when each stage spoke."""
    rows = sorted(result.json(), key=by_address)
    for row in rows:
        row.pop("rtt_ms", None)
        row.pop("evidence", None)
    return rows


def test_the_undisturbed_run_is_whole(routed, undisturbed):
    records, _, _ = undisturbed
    in_scope = {ip for ip in routed.alive if int(ip.split(".")[2]) < 32}
    assert {row["ip"] for row in records} == in_scope
    assert all(row["ports"] == [80] for row in records)


@pytest.mark.parametrize("number", range(repeat()))
def test_killed_and_resumed(routed, routed_sonde, pipeline, meter, undisturbed, number):
    expected, echoes, seconds = undisturbed
    moment = random.Random(number).uniform(0.02, 0.95) * seconds
    # How long the other run took says little of this one on a busy machine: one that was sooner over is tried again.
    folders = (routed.folder(f"killed{number}-{attempt}") for attempt in range(5))
    while not killed(routed_sonde, pipeline, meter, folder := next(folders), moment):
        moment *= 0.8
    assert not (folder / "inventory.json").exists()
    result = routed_sonde.run(pipeline, folder, extra=("--resume", folder))
    assert comparable(result) == expected
    assert result.document["complete"] is True
    assert meter.read()["echo"] - echoes <= IN_FLIGHT * COUNT


def test_a_journal_of_another_plan_is_refused(routed, routed_sonde, pipeline, write):
    folder = routed.folder("other-plan")
    process = routed_sonde.start(pipeline, folder, extra=SEED)
    while not list(folder.glob("journal/*")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    other = write("other.sonde.yaml", PIPELINE.replace('"80,81"', '"80,82"'))
    result = routed_sonde.run(other, folder, extra=("--resume", folder), expect=78)
    assert "journal-mismatch" in result.err


def test_an_interrupted_run_keeps_its_results_and_can_be_resumed(routed, routed_sonde, pipeline, undisturbed):
    expected, _, seconds = undisturbed
    folder = routed.folder("interrupted")
    process = routed_sonde.start(pipeline, folder, extra=SEED)
    time.sleep(seconds / 2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    from harness.sonde import Result
    half = Result(130, "", err, 0, folder)
    assert half.document["complete"] is False
    assert 0 < len(half.json()) < len(expected)
    assert comparable(routed_sonde.run(pipeline, folder, extra=("--resume", folder))) == expected
