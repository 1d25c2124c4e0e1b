"""Too fast is wrong: without a limit a run finds what a slow one finds, and where packets are lost because it is too fast,
on the path or in this machine's own buffers, it slows down and asks again. Each loss is shown to be one: without
limits.back_off hosts are missed (but by rdns: a question whose answer was dropped here is asked again in either case, so
more are dropped then). Where a part of the /16 shows the same, a part is asked.

What is found is asserted always. How many packets that took, and that a run was not slowed, holds where nothing was lost;
so it is judged of runs alone that the machine let run (schedstat, steal), and ./dev test shows what was not judged."""
import ipaddress
import subprocess

import pytest
from harness import daemons, impair, meters
from harness.namespaces import INSIDE
from harness.sonde import Sonde
from harness.stalls import unjudged

LONGEST_STALL = 0.1  # seconds; an answer that is read later than that may come to a question that was asked again
SWEEP = """
version: 1
targets: [{network}]
limits: {{packets_per_second: unlimited}}
stages: {stages}
outputs: [{{use: json, options: {{path: inventory.json, hosts: known, detail: true}}}}]
"""
ICMP = "{use: icmp, options: {timeout: 300ms}}"
ARP = "{use: arp-oui, options: {timeout: 300ms}}"
WEB = '{use: tcp-banner, when: alive, options: {ports: "80,81"}}'
BLAST = {"limits.back_off": "false"}
SLOW = {"limits.packets_per_second": 30000}
SYN = '{{use: tcp-syn, options: {{ports: "22,80,81,445", tries: {tries}, timeout: 500ms}}}}'
FOUND = "{use: tcp-banner, options: {ports: found, banner: false}}"


def records(result):
    """But for round trips, and how each stage came to it."""
    return [{key: value for key, value in record.items() if key not in ("rtt_ms", "evidence")}
            for record in result.json()]


def alive_in(lab, network):
    return {ip for ip in lab.alive if ipaddress.ip_address(ip) in ipaddress.ip_network(network)}


def sweep(write, network, *stages):
    return write("sweep.sonde.yaml", SWEEP.format(network=network, stages=f"[{', '.join(stages)}]"))


def losses(result):
    """What the document and the summary say of lost packets."""
    stages = result.document["stages"]
    return {key: sum(stage.get(key, 0) for stage in stages) for key in ("asked_again", "in_doubt", "dropped_receive")}


def ran_freely(what, *results):
    """Whether what is asserted next can be the program's doing alone; says so where it cannot."""
    stalled = max(result.stalls.longest for result in results)
    if stalled > LONGEST_STALL:
        unjudged(f"{what}: a thread of the scanner or of the kernel stood in the queue for a processor for {stalled:.2f} s")
    return stalled <= LONGEST_STALL


def test_unlimited_finds_what_a_slow_run_finds_behind_a_router(routed, routed_sonde, write):
    pipeline = sweep(write, routed.network, ICMP, WEB)
    fast = routed_sonde.run(pipeline, routed.folder("fast"), watched=True)
    slow = routed_sonde.run(pipeline, routed.folder("slow"), sets=SLOW, watched=True)
    assert fast.astray(routed.alive) == []
    assert len([record for record in fast.json() if record.get("ports") == [80]]) == len(routed.alive)
    assert records(fast) == records(slow)
    counted = fast.document["packets"], slow.document["packets"]
    if ran_freely(f"{counted[0]} packets without a limit, {counted[1]} at a set rate", fast, slow):
        assert counted[0] == pytest.approx(counted[1], rel=0.01)


def test_unlimited_finds_what_a_slow_run_finds_on_the_link(onlink, onlink_sonde, write):
    pipeline = sweep(write, onlink.network, ARP, ICMP)
    fast = onlink_sonde.run(pipeline, onlink.folder("fast"))
    slow = onlink_sonde.run(pipeline, onlink.folder("slow"), sets=SLOW)
    assert fast.astray(onlink.alive) == []
    assert records(fast) == records(slow)


@pytest.fixture
def policed(request, routed):
    impair.police(routed.router, "r0", *request.param)
    yield routed
    impair.end_police(routed.router)


@pytest.mark.parametrize("policed, network", [((20000, 200), "10.66.0.0/17"), ((5000, 100), "10.66.0.0/18")],
                         indirect=["policed"])
@pytest.mark.parametrize("shards", [1, 2])
def test_a_policed_path(policed, routed_sonde, write, shards, network):
    pipeline, alive = sweep(write, network, ICMP), alive_in(policed, network)
    sets = {"limits.shards": shards}
    result = routed_sonde.run(pipeline, policed.folder("policed"), sets=sets)
    assert result.astray(alive) == []
    assert result.document["slowed_to"] < 20000
    assert losses(result)["asked_again"] > 5000 and losses(result)["in_doubt"] == 0
    assert "packets were lost: slowed down, to " in result.err
    blasted = routed_sonde.run(pipeline, policed.folder("blasted"), sets={**sets, **BLAST})
    assert len(blasted.alive()) < 0.9 * len(alive), "the path lost nothing: this test proves nothing"
    assert "slowed_to" not in blasted.document and losses(blasted)["asked_again"] == 0


@pytest.fixture(scope="module")
def ports(routed):
    """Each host has 22 and 80 open, refuses 81, and drops what comes for 445."""
    server = daemons.servers(routed.target, "22=hold")
    routed.target.nft("table inet filtered {\nchain in {\n type filter hook input priority 0;\n tcp dport 445 drop\n}\n}\n")
    yield routed
    server.stop()
    routed.target.run("nft", "delete", "table", "inet", "filtered")


def wrong(result, alive):
    """Hosts whose ports are not found as they are."""
    right = {ip for ip, record in result.records.items()
             if (record.get("ports"), record["tcp"]) == ([22, 80], {"closed": [81], "silent": [445]})}
    assert result.alive() <= alive
    return alive - right


def test_filtered_ports_and_dead_hosts_are_no_losses(ports, routed_sonde, write):
    network = "10.66.0.0/18"
    alive = alive_in(ports, network)
    result = routed_sonde.run(sweep(write, network, SYN.format(tries=2)), ports.folder("healthy"), watched=True)
    assert wrong(result, alive) == set()
    planned = len(alive) * (3 + 2) + (2 ** 14 - 2 - len(alive)) * 4 * 2
    packets, slowed = result.document["packets"], result.document.get("slowed_to")
    assert planned - 64 <= packets, "each silent port is asked twice"
    if ran_freely(f"slowed to {slowed}, {losses(result)}, {packets} packets where {planned} are planned", result):
        assert slowed is None and losses(result) == {"asked_again": 0, "in_doubt": 0, "dropped_receive": 0}
        assert packets <= planned * 1.01, "each silent port is asked twice, no other"


@pytest.mark.parametrize("policed", [(20000, 200)], indirect=True)
@pytest.mark.parametrize("shards", [1, 2])
def test_a_policed_path_of_tcp_syn(ports, policed, routed_sonde, write, shards):
    network = "10.66.0.0/20"
    pipeline, alive = sweep(write, network, SYN.format(tries=2)), alive_in(policed, network)
    sets = {"limits.shards": shards}
    result = routed_sonde.run(pipeline, policed.folder("policed-syn"), sets=sets)
    assert wrong(result, alive) == set()
    assert result.document["slowed_to"] < 20000
    assert losses(result)["asked_again"] > 1000
    blasted = routed_sonde.run(pipeline, policed.folder("blasted-syn"), sets={**sets, **BLAST})
    assert len(wrong(blasted, alive)) > 0.1 * len(alive), "the path lost nothing: this test proves nothing"
    assert "slowed_to" not in blasted.document and losses(blasted)["asked_again"] == 0


@pytest.fixture(scope="module")
def small_buffers(tmp_path_factory):
    library = tmp_path_factory.mktemp("preload") / "small_buffers.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O", "-o", library, INSIDE / "small_buffers.c", "-ldl"], check=True)
    return lambda size: ["env", f"LD_PRELOAD={library}", f"SMALL_BUFFER={size}"]


@pytest.mark.parametrize("shards", [1, 2])
def test_a_small_receive_buffer_of_icmp(binary, routed, small_buffers, write, shards):
    """One try each, so that each drop would be a miss."""
    sonde, network = Sonde(binary, routed.scanner, small_buffers(2048)), "10.66.0.0/18"
    pipeline, alive = sweep(write, network, "{use: icmp, options: {count: 1, timeout: 300ms}}"), alive_in(routed, network)
    sets = {"limits.shards": shards}
    result = sonde.run(pipeline, routed.folder("small"), sets=sets)
    assert result.astray(alive) == []
    assert losses(result)["dropped_receive"] > 0
    assert losses(result)["dropped_receive"] == result.document["dropped_receive"]
    assert "lost in this machine's receive buffers (icmp " in result.err
    blasted = sonde.run(pipeline, routed.folder("blasted"), sets={**sets, **BLAST})
    assert len(blasted.alive()) < 0.9 * len(alive), "the buffer held all: this test proves nothing"
    assert losses(blasted)["dropped_receive"] > 0


def test_a_small_receive_buffer_of_tcp_syn(binary, ports, small_buffers, write):
    """And tcp-banner connects to all that was found. One try each, so that each drop would be a miss."""
    sonde, network = Sonde(binary, ports.scanner, small_buffers(4096)), "10.66.0.0/19"
    pipeline, alive = sweep(write, network, SYN.format(tries=1), FOUND), alive_in(ports, network)
    result = sonde.run(pipeline, ports.folder("small-syn"))
    assert wrong(result, alive) == set()
    assert [stage["outcomes"]["positive"] for stage in result.document["stages"]] == [len(alive)] * 2
    assert losses(result)["dropped_receive"] > 0 and losses(result)["in_doubt"] == 0
    blasted = sonde.run(pipeline, ports.folder("blasted-syn"), sets=BLAST)
    assert len(wrong(blasted, alive)) > 0.02 * len(alive), "the buffer held all: this test proves nothing"


def test_a_small_receive_buffer_of_arp(binary, onlink, small_buffers, write):
    """One try each, so that each drop would be a miss."""
    sonde, network = Sonde(binary, onlink.scanner, small_buffers(2048)), "10.67.0.0/18"
    once = "{use: arp-oui, options: {tries: 1, timeout: 300ms}}"
    pipeline, alive = sweep(write, network, once), alive_in(onlink, network)
    result = sonde.run(pipeline, onlink.folder("small"))
    assert result.astray(alive) == []
    assert result.document["stages"][0]["dropped_receive"] > 0
    blasted = sonde.run(pipeline, onlink.folder("blasted"), sets=BLAST)
    assert len(blasted.alive()) < 0.9 * len(alive), "the buffer held all: this test proves nothing"


@pytest.fixture
def resolver(routed):
    process = daemons.nsd(routed.router, routed.resolver_address, {"10.in-addr.arpa": []})
    yield process
    process.stop()


LARGEST_WINDOW = 512  # questions of rdns that are on their way to a server, see its pacer


def test_a_small_receive_buffer_of_rdns(binary, routed, resolver, small_buffers, write):
    sonde = Sonde(binary, routed.scanner, small_buffers(2048))
    pipeline = sweep(write, "10.66.0.0/19", "{use: rdns, options: {servers: [10.65.0.1], forward: false}}")
    result = sonde.run(pipeline, routed.folder("names"))
    blasted = sonde.run(pipeline, routed.folder("blasted-names"), sets=BLAST)
    for run in (result, blasted):
        assert run.document["stages"][0]["outcomes"]["negative"] == 8190
    assert losses(result)["dropped_receive"] > 0 and "slowed_to" in result.document
    # One window of rdns is on its way before any loss can be seen: where the server answers at once, and only that is
    # lost, no slowing down can save anything. Of what is lost beyond it, it must.
    lost, lost_blasted = losses(result)["dropped_receive"], losses(blasted)["dropped_receive"]
    assert lost_blasted >= lost, "slowed down, it lost more"
    assert lost_blasted > lost or lost <= LARGEST_WINDOW, "it was slowed down for nothing"
    assert "slowed_to" not in blasted.document


def test_a_bad_line_does_not_slow_a_run_for_good(routed, routed_sonde, write):
    """A loss that has nothing to do with the speed is found out, and then costs time and packets of seconds alone. All
    ten round trips fail for one host of 16 million."""
    hosts, percent = write("hosts.txt", "\n".join(sorted(routed.alive))), 10
    pipeline = sweep(write, f'"@{hosts}"', "{use: icmp, options: {count: 10, timeout: 300ms}}")
    by = impair.lose(routed.router, ["r0", "r1"], percent)
    try:
        with meters.StartedPackets(routed.router, "r0") as meter:
            result = routed_sonde.run(pipeline, routed.folder("bad"), sets={"limits.packets_per_second": 1000})
            lost, passed = impair.lost(routed.router, ["r0", "r1"]), meter.read()["echo"]
    finally:
        impair.mend(routed.router, ["r0", "r1"])
    assert result.astray(routed.alive) == []
    # None of it was this machine's doing, and nobody was given up before it was asked as often as it takes.
    assert losses(result) == {"asked_again": 0, "in_doubt": 0, "dropped_receive": 0}
    packets = result.document["packets"]
    assert lost["r0"] > 0 and lost["r1"] > 0, "the line lost nothing: this test proves nothing"
    before = lost["r0"] if by == "nftables" else 0  # netem loses what the router sends on
    assert abs(passed + before - packets) <= 64, "each packet that the run counts has left, but for unused permits"
    # A host is asked until both ways held, and the line lost its share.
    planned = len(routed.alive) / (1 - percent / 100) ** 2
    assert 0.96 * planned < packets < 1.04 * planned
    assert 0.08 * packets < lost["r0"] < 0.12 * packets
    # It was tried whether less is lost at half the speed and below; all of the run would have taken much longer there.
    slowest = result.document["slowed_to"]
    assert slowest < 600
    assert result.seconds < 0.75 * packets / slowest, "it did not find back to its speed"
