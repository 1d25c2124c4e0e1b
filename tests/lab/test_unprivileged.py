"""A user without any capability, on a machine that gives nobody ping sockets: what TCP can see is found, what could not
be asked is said, and that is a success."""
import os

import pytest
from harness.flat_lan import LINK_LOCAL
from harness.sonde import INVENTORY, UNPRIVILEGED, Sonde

# Every host with an open or a refusing port. Not there: .51 drops everything, .60 drops TCP.
PORTS = {**{f"192.0.2.{last}": [] for last in (1, 2, 30, 31, 53, 54, 55, 56, 57, 58)},
         "192.0.2.10": [22], "192.0.2.20": [80], "192.0.2.21": [80, 443], "192.0.2.40": [445], "192.0.2.61": [22],
         "192.0.2.62": [22], "192.0.2.63": [22], "2001:db8:2::1": [], "2001:db8:2::2": [], "2001:db8:2::10": [22],
         "2001:db8:2::20": [80], "2001:db8:2::70": [22], f"{LINK_LOCAL}%eth0": [445]}


@pytest.fixture(scope="module")
def result(lan, binary):
    # The range "1 0" admits no group; the lab's namespaces have it, whatever the machine allows.
    assert lan.scanner.run("sysctl", "-n", "net.ipv4.ping_group_range").split() == ["1", "0"]
    folder = lan.folder("unprivileged")
    os.chown(folder, 1000, 1000)
    pipeline = lan.dir / "inventory.sonde.yaml"
    pipeline.write_text(INVENTORY.read_text())
    return Sonde(binary, lan.scanner, before=UNPRIVILEGED).run(pipeline, folder, lan.targets())


def test_every_host_with_an_open_or_refusing_port_is_found(result):
    assert {ip: record.get("ports", []) for ip, record in result.records.items() if record.get("alive")} == PORTS


def test_names_and_banners_are_the_same_as_with_privileges(result):
    record = result.records["192.0.2.10"]
    assert record["reverse_dns"] == "nas.lab.example"
    assert record["banners"] == {"22": "SSH-2.0-OpenSSH_9.2p1"}
    assert "rtt_ms" not in record


def test_it_says_what_it_could_not_ask(result):
    unavailable = {stage["name"]: stage.get("unavailable") for stage in result.document["stages"]}
    for stage in ("icmp", "arp-oui"):
        assert unavailable[stage], f"run.json gives no reason for {stage}"
        assert stage in result.err + result.out
    assert not unavailable["tcp-banner"] and not unavailable["rdns"]
    assert result.document["complete"] is True


def test_a_stage_that_is_not_optional_is_refused_before_any_packet(lan, binary, write):
    pipeline = lan.dir / "must.sonde.yaml"
    pipeline.write_text("version: 1\ntargets: [192.0.2.10]\nstages: [{use: icmp}]\n"
                        "outputs: [{use: json, options: {path: inventory.json}}]\n")
    folder = lan.folder("must")
    os.chown(folder, 1000, 1000)
    sonde = Sonde(binary, lan.scanner, before=UNPRIVILEGED)
    result = sonde.run(pipeline, folder, expect=77)
    assert "needs-raw-socket" in result.err or "stage-unavailable" in result.err
    assert list(folder.iterdir()) == []
