"""A line that loses 5 % each way: with five requests a host nearly every host is found, and no open port is called
closed. A host is missed when all five round trips fail: (1 - 0.95^2)^5 = 8.8e-6, 0.04 hosts of 4096 a run.
LAB_REPEAT=10 for the full ten of ten (3 unless set)."""
import pytest
from conftest import repeat
from harness import impair

DEVICES = ["r0", "r1"]


@pytest.fixture(scope="module")
def lossy(routed):
    impair.lose(routed.router, DEVICES, 5)
    yield routed
    impair.mend(routed.router, DEVICES)


@pytest.mark.parametrize("number", range(repeat()))
def test_hosts_are_found(lossy, routed_sonde, write, number):
    pipeline = write("loss.sonde.yaml", """
version: 1
targets: [10.66.0.0/16]
limits: {packets_per_second: 50000, hosts_in_flight: 32768}
stages: [{use: icmp, options: {count: 5}}]
outputs: [{use: json, options: {path: inventory.json}}]
""")
    found = routed_sonde.run(pipeline, lossy.folder(f"loss{number}")).alive()
    assert found <= lossy.alive
    assert len(found) >= 4095


def test_no_open_port_is_called_closed_and_no_closed_one_open(lossy, routed_sonde, write):
    blocks = write("hosts.txt", "\n".join(sorted(lossy.alive)))
    pipeline = write("ports.sonde.yaml", f"""
version: 1
targets: ["@{blocks}"]
limits: {{packets_per_second: 20000, hosts_in_flight: 4096}}
stages: [{{use: tcp-banner, options: {{ports: "80,81", banner: false}}}}]
outputs: [{{use: json, options: {{path: inventory.json, hosts: known, detail: true}}}}]
""")
    records = routed_sonde.run(pipeline, lossy.folder("ports")).json()
    assert len(records) > 4000
    assert [record["ip"] for record in records if 80 in record["tcp"]["closed"]] == []
    assert [record["ip"] for record in records if 81 in record.get("ports", [])] == []
    silent = sum(80 in record["tcp"]["silent"] for record in records)
    assert silent > 0, "the line lost nothing: this test proves nothing"
