"""Limits hold, measured from outside: connections at once, packets a second, and what `plan` foretells."""
import json
import re

import pytest
from harness import daemons, meters
from harness.sonde import INVENTORY
from harness.stalls import unjudged

PORTS = list(range(8001, 8013)), list(range(8021, 8033))


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_listener_never_sees_more_than_connections_per_host(lan, lan_sonde, write, limit):
    web = lan.host["web"]
    if not getattr(lan, "talkers", None):
        lan.talkers = daemons.servers(web, *[f"{port}=drip:220 hello\\r\\n" for port in PORTS[0] + PORTS[1]])
    stages = "".join(f"""
  - {{use: tcp-banner, name: {name}, options: {{ports: "{ports[0]}-{ports[-1]}", timeout: 300ms, total: 1s}}}}"""
                     for name, ports in zip(("first", "second"), PORTS))
    pipeline = write("many.sonde.yaml", f"""
version: 1
targets: [192.0.2.20]
limits: {{connections_per_host: {limit}}}
stages:{stages}
outputs: [{{use: json, options: {{path: inventory.json}}}}]
""")
    with meters.Sniffer(web) as seen:
        result = lan_sonde.run(pipeline, lan.folder(f"connections{limit}"))
    assert result.json()[0]["ports"] == PORTS[0] + PORTS[1]
    assert 1 <= meters.most_open(seen.frames, "192.0.2.2", "192.0.2.20") <= limit


def test_two_shards_together_keep_the_rate(routed, routed_sonde, write):
    pipeline = write("rate.sonde.yaml", """
version: 1
targets: [10.66.0.0/20]
limits: {packets_per_second: 1000, shards: 2}
stages:
  - {use: icmp, options: {count: 1, timeout: 300ms}}
  - {use: tcp-banner, options: {ports: "80,443", timeout: 300ms}}
outputs: [{use: json, options: {path: inventory.json}}]
""")
    with meters.Sniffer(routed.router, "r0") as seen:
        result = routed_sonde.run(pipeline, routed.folder("rate"), watched=True)
    packets = [frame for frame in meters.started(seen.frames) if frame["src"] == "10.65.0.2"]
    # 4094 echo requests, and two SYNs for each.
    assert 12000 < len(packets) < 12500
    seconds = meters.per_second(packets)
    assert len(seconds) >= 8
    assert max(seconds) <= 1050, seconds
    # As in test_rate: slower is the program's doing only where it had a processor whenever it wanted one.
    if min(seconds) < 950 and result.stalls.share > 0.02:
        unjudged(f"1000 packets a second: {min(seconds)} in one second, while the scanner stood in the queue for a "
                 f"processor for {result.stalls.share:.0%} of its time")
    else:
        assert min(seconds) >= 950, seconds
    assert result.document["packets"] == pytest.approx(len(packets), rel=0.01)


def estimates(text):
    """(nothing answers, everything answers), from what `sonde plan` prints."""
    return [int(re.search(rf"^ *if {case} +(\d+) packets", text, re.MULTILINE)[1])
            for case in ("nothing answers", "all answer")]


@pytest.mark.parametrize("network, answers", [("10.68.1.0/24", True), ("10.68.2.0/24", False)])
def test_plan_foretells_the_packets(routed, routed_sonde, write, network, answers):
    pipeline = write("plan.sonde.yaml", f"""
version: 1
targets: [{network}]
stages:
  - {{use: icmp, options: {{count: 3}}}}
  - {{use: tcp-banner, options: {{ports: "22,80,443"}}}}
outputs: [{{use: json, options: {{path: inventory.json}}}}]
""")
    plan = routed_sonde.call("plan", pipeline)
    assert plan.code == 0, str(plan)
    silent, alive = estimates(plan.out)
    folder = routed.folder(f"plan-{answers}")
    with meters.StartedPackets(routed.router, "r0") as meter:
        routed_sonde.run(pipeline, folder)
        seen = meter.read()
    assert seen["echo"] + seen["syn"] == pytest.approx(alive if answers else silent, rel=0.05)


def test_what_plan_calls_the_most_is_a_bound(lan, lan_sonde):
    """Of the shipped pipeline, with all rights: ARP, echo requests, SYNs, connections to what they found, names."""
    targets = [word for target in lan.targets() for word in ("--target", target)]
    plan = lan_sonde.call("plan", INVENTORY, *targets, "--format", "json")
    assert plan.code == 0, str(plan)
    estimate = json.loads(plan.out)["estimate"]
    assert estimate["not_contained"] == ["rdns"]
    result = lan_sonde.run(INVENTORY, lan.folder("bound"), lan.targets())
    assert result.document["packets"] <= estimate["packets_at_most"], str(result)
