"""A user without any capability, on a machine that gives nobody ping sockets: what TCP can see is found, what could not
be asked is said, and that is a success."""
import json
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
    assert all(stage in result.err for stage in ("icmp", "arp-oui", "tcp-syn"))
    assert result.err.count("CAP_NET_RAW") >= 3, "each warning names the remedy"


def test_the_run_document_has_the_reason_for_what_was_not_asked(result):
    document = result.document
    assert document["complete"] is True
    for stage in document["stages"]:
        reason = stage.get("unavailable") or [entry for entry in document["not_covered"] if stage["name"] in str(entry)]
        if stage["name"] in ("icmp", "arp-oui", "tcp-syn"):
            assert reason, f"run.json does not say why {stage['name']} asked nobody: {stage['outcomes']}"
        else:
            assert not reason


def test_plan_counts_what_this_user_sends(lan, binary, result):
    targets = [word for target in lan.targets() for word in ("--target", target)]
    plan = Sonde(binary, lan.scanner, before=UNPRIVILEGED).call(
        "plan", lan.dir / "inventory.sonde.yaml", *targets, "--format", "json")
    assert plan.code == 0, str(plan)
    plan = json.loads(plan.out)
    assert {stage["name"] for stage in plan["stages"] if "unavailable" in stage} == {"icmp", "arp-oui", "tcp-syn"}
    estimate = plan["estimate"]
    assert estimate["packets_if_silent"] <= result.document["packets"] <= estimate["packets_at_most"]


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
