"""Too fast is wrong: without a limit a run finds what a slow one finds, and where packets are lost because it is too fast,
on the path or in this machine's own buffers, it slows down and asks again. Each loss is shown to be one: without
limits.back_off hosts are missed."""
import subprocess

import pytest
from harness import impair
from harness.namespaces import INSIDE
from harness.sonde import Sonde

SWEEP = """
version: 1
targets: [{network}]
limits: {{packets_per_second: unlimited}}
stages: {stages}
outputs: [{{use: json, options: {{path: inventory.json}}}}]
"""
ICMP = "{use: icmp, options: {timeout: 300ms}}"
ARP = "{use: arp-oui, options: {timeout: 300ms}}"
WEB = '{use: tcp-banner, when: alive, options: {ports: "80,81"}}'
BLAST = {"limits.back_off": "false"}


def records(result):
    return [{key: value for key, value in record.items() if key != "rtt_ms"} for record in result.json()]


def sweep(write, network, *stages):
    return write("sweep.sonde.yaml", SWEEP.format(network=network, stages=f"[{', '.join(stages)}]"))


def losses(result):
    """What the document and the summary say of lost packets."""
    stages = result.document["stages"]
    return {key: sum(stage.get(key, 0) for stage in stages) for key in ("asked_again", "in_doubt", "dropped_receive")}


def test_unlimited_finds_what_a_slow_run_finds_behind_a_router(routed, routed_sonde, write):
    pipeline = sweep(write, routed.network, ICMP, WEB)
    fast = routed_sonde.run(pipeline, routed.folder("fast"))
    slow = routed_sonde.run(pipeline, routed.folder("slow"), sets={"limits.packets_per_second": 10000})
    assert fast.alive() == routed.alive
    assert len([record for record in fast.json() if record["ports"] == [80]]) == len(routed.alive)
    assert records(fast) == records(slow)
    assert fast.document["packets"] == slow.document["packets"]


def test_unlimited_finds_what_a_slow_run_finds_on_the_link(onlink, onlink_sonde, write):
    pipeline = sweep(write, onlink.network, ARP, ICMP)
    fast = onlink_sonde.run(pipeline, onlink.folder("fast"))
    slow = onlink_sonde.run(pipeline, onlink.folder("slow"), sets={"limits.packets_per_second": 10000})
    assert fast.alive() == onlink.alive
    assert records(fast) == records(slow)


@pytest.fixture
def policed(request, routed):
    impair.police(routed.router, "r0", *request.param)
    yield routed
    impair.end_police(routed.router)


@pytest.mark.parametrize("policed", [(20000, 200), (5000, 100)], indirect=True)
@pytest.mark.parametrize("shards", [1, 2])
def test_a_policed_path(policed, routed_sonde, write, shards):
    pipeline = sweep(write, policed.network, ICMP)
    sets = {"limits.shards": shards}
    result = routed_sonde.run(pipeline, policed.folder("policed"), sets=sets)
    assert result.alive() == policed.alive
    assert result.document["slowed_to"] < 20000
    assert losses(result)["asked_again"] > 10000 and losses(result)["in_doubt"] == 0
    assert "packets were lost: slowed down, to " in result.err
    blasted = routed_sonde.run(pipeline, policed.folder("blasted"), sets={**sets, **BLAST})
    assert len(blasted.alive()) < 0.9 * len(policed.alive), "the path lost nothing: this test proves nothing"
    assert "slowed_to" not in blasted.document and losses(blasted)["asked_again"] == 0


@pytest.fixture(scope="module")
def small_buffers(tmp_path_factory):
    library = tmp_path_factory.mktemp("preload") / "small_buffers.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O", "-o", library, INSIDE / "small_buffers.c", "-ldl"], check=True)
    return lambda size: ["env", f"LD_PRELOAD={library}", f"SMALL_BUFFER={size}"]


@pytest.mark.parametrize("shards", [1, 2])
def test_a_small_receive_buffer_of_icmp(binary, routed, small_buffers, write, shards):
    sonde = Sonde(binary, routed.scanner, small_buffers(2048))
    pipeline = sweep(write, routed.network, ICMP)
    sets = {"limits.shards": shards}
    result = sonde.run(pipeline, routed.folder("small"), sets=sets)
    assert result.alive() == routed.alive
    assert losses(result)["dropped_receive"] > 0
    assert losses(result)["dropped_receive"] == result.document["dropped_receive"]
    assert "lost in this machine's receive buffers (icmp " in result.err
    blasted = sonde.run(pipeline, routed.folder("blasted"), sets={**sets, **BLAST})
    assert len(blasted.alive()) < 0.9 * len(routed.alive), "the buffer held all: this test proves nothing"
    assert losses(blasted)["dropped_receive"] > 0


def test_a_small_receive_buffer_of_arp(binary, onlink, small_buffers, write):
    sonde = Sonde(binary, onlink.scanner, small_buffers(2048))
    pipeline = sweep(write, onlink.network, ARP)
    result = sonde.run(pipeline, onlink.folder("small"))
    assert result.alive() == onlink.alive
    assert result.document["stages"][0]["dropped_receive"] > 0
    blasted = sonde.run(pipeline, onlink.folder("blasted"), sets=BLAST)
    assert len(blasted.alive()) < 0.9 * len(onlink.alive), "the buffer held all: this test proves nothing"


@pytest.fixture
def resolver(routed):
    from harness import daemons
    process = daemons.nsd(routed.router, routed.resolver_address, {"10.in-addr.arpa": []})
    yield process
    process.stop()


def test_a_small_receive_buffer_of_rdns(binary, routed, resolver, small_buffers, write):
    sonde = Sonde(binary, routed.scanner, small_buffers(2048))
    pipeline = sweep(write, "10.66.0.0/19", "{use: rdns, options: {servers: [10.65.0.1], forward: false}}")
    result = sonde.run(pipeline, routed.folder("names"))
    assert result.document["stages"][0]["outcomes"]["negative"] == 8190
    assert result.document["stages"][0]["dropped_receive"] > 0


def test_a_bad_line_does_not_slow_a_run_for_good(routed, routed_sonde, write):
    """A loss that has nothing to do with the speed is found out: the run ends in the time of a fast one."""
    impair.lose(routed.router, ["r0", "r1"], 10)
    try:
        result = routed_sonde.run(sweep(write, routed.network, "{use: icmp, options: {count: 6, timeout: 300ms}}"),
                                  routed.folder("bad"))
    finally:
        impair.mend(routed.router, ["r0", "r1"])
    assert len(result.alive()) >= 4095
    assert result.document["packets"] < 65536 * 12
