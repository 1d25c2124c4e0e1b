"""The shipped inventory, with its shipped limits, gives every host of the flat LAN its exact record."""
import json
import subprocess

import pytest
from harness.flat_lan import LINK_LOCAL
from harness.sonde import INVENTORY

SSH = {"state": "open", "name": "ssh", "product": "OpenSSH", "version": "9.2p1"}
HTTP = {"state": "open", "name": "http", "product": "nginx", "http": {"status": 200}}

# Everything but rtt_ms (for which the range is checked below) and, for "shop", what differs from certificate to
# certificate.
EXPECTED = [
    {"ip": "192.0.2.1", "alive": True, "hostname": "gateway", "reverse_dns": "gateway.lab.example",
     "mac": "74:83:C2:00:00:01", "vendor": "Ubiquiti Networks Inc."},
    {"ip": "192.0.2.2", "alive": True, "hostname": "scanner", "reverse_dns": "scanner.lab.example",
     "mac": "AC:ED:5C:00:00:02", "vendor": "Intel Corporate"},
    {"ip": "192.0.2.10", "alive": True, "hostname": "nas", "reverse_dns": "nas.lab.example",
     "mac": "00:11:32:00:00:10", "vendor": "Synology Incorporated", "ports": [22],
     "banners": {"22": "SSH-2.0-OpenSSH_9.2p1"}, "services": {"22/tcp": SSH}},
    {"ip": "192.0.2.20", "alive": True, "hostname": "web", "reverse_dns": "web.lab.example",
     "mac": "0C:C4:7A:00:00:20", "vendor": "Super Micro Computer, Inc.", "ports": [80],
     "banners": {"80": "Server: nginx"}, "services": {"80/tcp": HTTP}},
    {"ip": "192.0.2.21", "alive": True, "hostname": "shop", "reverse_dns": "shop.lab.example",
     "mac": "98:E7:43:00:00:21", "vendor": "Dell Inc.", "ports": [80, 443],
     "banners": {"80": "Server: nginx", "443": "Server: nginx"},
     "services": {"80/tcp": HTTP, "443/tcp": {
         "state": "open", "name": "https", "product": "nginx", "http": {"status": 200},
         "tls": {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "alpn": "http/1.1",
                 "subject": "CN=shop.lab.example", "issuer": "CN=shop.lab.example",
                 "san": ["DNS:shop.lab.example", "IP:192.0.2.21"], "self_signed": True, "key": "EC 256"}}}},
    {"ip": "192.0.2.30", "alive": True, "hostname": "printer", "reverse_dns": "printer.lab.example",
     "mac": "04:0E:3C:00:00:30", "vendor": "HP Inc."},
    {"ip": "192.0.2.31", "alive": True, "hostname": "lpd", "reverse_dns": "lpd.lab.example",
     "mac": "3C:2A:F4:00:00:31", "vendor": "Brother Industries, LTD."},
    {"ip": "192.0.2.40", "alive": True, "hostname": "noping", "reverse_dns": "noping.lab.example",
     "mac": "60:8B:0E:00:00:40", "vendor": "Apple, Inc.", "ports": [445], "services": {"445/tcp": {"state": "open"}}},
    {"ip": "192.0.2.51", "alive": True, "hostname": "ghost", "reverse_dns": "ghost.lab.example",
     "mac": "24:5E:BE:00:00:51", "vendor": "QNAP Systems, Inc."},
    {"ip": "192.0.2.53", "alive": True, "hostname": "ns", "reverse_dns": "ns.lab.example",
     "mac": "00:23:F8:00:00:53", "vendor": "Zyxel Communications Corporation"},
    {"ip": "192.0.2.54", "alive": True, "hostname": "snmp", "reverse_dns": "snmp.lab.example",
     "mac": "00:21:B7:00:00:54", "vendor": "LEXMARK INTERNATIONAL, INC."},
    {"ip": "192.0.2.55", "alive": True, "hostname": "valve", "reverse_dns": "valve.lab.example",
     "mac": "88:C9:B3:70:00:55", "vendor": "Robert Bosch JuP1"},
    {"ip": "192.0.2.56", "alive": True, "hostname": "signal", "reverse_dns": "signal.lab.example",
     "mac": "70:B3:D5:E4:00:56", "vendor": "Siemens Mobility GmbH - MO TI SPA"},
    # Locally administered and virtual: no vendor is better than a wrong one.
    {"ip": "192.0.2.57", "alive": True, "mac": "02:AA:BB:00:00:57"},
    {"ip": "192.0.2.58", "alive": True, "hostname": "vrrp", "reverse_dns": "vrrp.lab.example",
     "mac": "00:00:5E:00:01:0A"},
    {"ip": "192.0.2.60", "alive": True, "hostname": "slow", "reverse_dns": "slow.lab.example",
     "mac": "24:6F:28:00:00:60", "vendor": "Espressif Inc."},
    {"ip": "192.0.2.61", "alive": True, "hostname": "drip", "reverse_dns": "drip.lab.example",
     "mac": "DC:A6:32:00:00:61", "vendor": "Raspberry Pi Trading Ltd", "ports": [22],
     "banners": {"22": "S"}, "services": {"22/tcp": {"state": "open"}}},
    {"ip": "192.0.2.62", "alive": True, "hostname": "flood", "reverse_dns": "flood.lab.example",
     "mac": "BC:05:43:00:00:62", "vendor": "AVM GmbH", "ports": [22],
     "banners": {"22": "x" * 256}, "services": {"22/tcp": {"state": "open"}}},
    {"ip": "192.0.2.63", "alive": True, "hostname": "binary", "reverse_dns": "binary.lab.example",
     "mac": "B8:A4:4F:00:00:63", "vendor": "Axis Communications AB", "ports": [22],
     "banners": {"22": r"\x00\xff\xfe\x1b]0;owned\x07\x1b[31mred\x80\r\n\x01=2+5\r\n"},
     "services": {"22/tcp": {"state": "open"}}},
    {"ip": "2001:db8:2::1", "alive": True, "hostname": "gateway", "reverse_dns": "gateway.lab.example",
     "mac": "74:83:C2:00:00:01", "vendor": "Ubiquiti Networks Inc."},
    {"ip": "2001:db8:2::2", "alive": True, "hostname": "scanner", "reverse_dns": "scanner.lab.example",
     "mac": "AC:ED:5C:00:00:02", "vendor": "Intel Corporate"},
    {"ip": "2001:db8:2::10", "alive": True, "hostname": "nas", "reverse_dns": "nas.lab.example",
     "mac": "00:11:32:00:00:10", "vendor": "Synology Incorporated", "ports": [22],
     "banners": {"22": "SSH-2.0-OpenSSH_9.2p1"}, "services": {"22/tcp": SSH}},
    {"ip": "2001:db8:2::20", "alive": True, "hostname": "web", "reverse_dns": "web.lab.example",
     "mac": "0C:C4:7A:00:00:20", "vendor": "Super Micro Computer, Inc.", "ports": [80],
     "banners": {"80": "Server: nginx"}, "services": {"80/tcp": HTTP}},
    {"ip": "2001:db8:2::70", "alive": True, "hostname": "six", "reverse_dns": "six.lab.example",
     "mac": "94:F7:AD:00:00:70", "vendor": "Juniper Networks", "ports": [22],
     "banners": {"22": "SSH-2.0-six"}, "services": {"22/tcp": {"state": "open", "name": "ssh"}}},
    {"ip": f"{LINK_LOCAL}%eth0", "alive": True, "mac": "F4:BD:9E:00:00:80", "vendor": "Cisco Systems, Inc",
     "ports": [445], "services": {"445/tcp": {"state": "open"}}},
]
NO_ECHO = {"192.0.2.40", "192.0.2.51"}  # known by ARP, and one by TCP: without a round trip
CERTIFICATE = ("not_before", "not_after", "serial", "sha256", "signature")


@pytest.fixture(scope="module")
def inventory(lan, binary):
    from harness.sonde import Sonde
    return Sonde(binary, lan.scanner).run(INVENTORY, lan.folder("inventory"), lan.targets())


def plain(record):
    """The record without what is compared by other means."""
    record = json.loads(json.dumps(record))
    record.pop("rtt_ms", None)
    tls = record.get("services", {}).get("443/tcp", {}).get("tls", {})
    for key in CERTIFICATE:
        tls.pop(key, None)
    return record


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda record: record["ip"])
def test_record(inventory, expected):
    assert expected["ip"] in inventory.records, str(inventory)
    assert plain(inventory.records[expected["ip"]]) == expected


def test_there_is_no_other_record_and_the_order_is_by_address(inventory):
    assert [record["ip"] for record in inventory.json()] == [record["ip"] for record in EXPECTED]


def test_round_trips_are_in_range(inventory):
    for address, record in inventory.records.items():
        if address in NO_ECHO:
            assert "rtt_ms" not in record, address
        elif address == "192.0.2.60":
            assert 700 <= record["rtt_ms"] < 800
        else:
            assert 0 < record["rtt_ms"] < 100, address


def test_the_certificate_is_the_one_of_the_server(inventory, lan):
    tls = inventory.records["192.0.2.21"]["services"]["443/tcp"]["tls"]
    shown = subprocess.run(
        ["openssl", "x509", "-in", lan.dir / "shop-nginx/cert.pem", "-noout", "-serial", "-fingerprint", "-sha256",
         "-startdate", "-enddate", "-dateopt", "iso_8601"], capture_output=True, text=True, check=True).stdout
    facts = dict(line.split("=", 1) for line in shown.splitlines())
    assert tls["not_before"] == facts["notBefore"].replace(" ", "T")
    assert tls["not_after"] == facts["notAfter"].replace(" ", "T")
    assert tls["serial"].upper() == facts["serial"]
    assert tls["sha256"].upper() == facts["sha256 Fingerprint"].replace(":", "")
    assert tls["signature"]


def test_csv_and_run_document_are_there_and_agree(inventory):
    rows = (inventory.directory / "inventory.csv").read_text().splitlines()
    assert len(rows) == 1 + len(EXPECTED)
    document = inventory.document
    assert document["complete"] is True
    assert document["responding"] == len(EXPECTED)
    assert document["targets"] == document["settled"] == 254 + 6


def test_hostile_bytes_reach_no_file_and_no_terminal(inventory):
    for text in (inventory.out, inventory.err, *(file.read_text() for file in inventory.directory.glob("inventory.*"))):
        assert "\x1b" not in text and "\x07" not in text


def test_the_slow_host_is_found_with_a_timeout_of_800_ms(lan, lan_sonde, write):
    pipeline = write("slow.sonde.yaml", """
version: 1
targets: ["192.0.2.60"]
stages:  # its answer to the ARP request takes 700 ms as well
  - {use: arp-oui, options: {tries: 1, timeout: 800ms}}
  - {use: icmp, options: {count: 1, timeout: 800ms}}
outputs: [{use: json, options: {path: inventory.json}}]
""")
    result = lan_sonde.run(pipeline, lan.folder("slow"))
    assert result.alive() == {"192.0.2.60"}
    assert 700 <= result.records["192.0.2.60"]["rtt_ms"] < 800


def test_names_are_confirmed_forward_or_said_not_to_be(lan, lan_sonde, write):
    pipeline = write("names.sonde.yaml", """
version: 1
targets: ["192.0.2.10", "192.0.2.51", "192.0.2.57", "2001:db8:2::70"]
stages: [{use: rdns}]
outputs: [{use: json, options: {path: inventory.json, hosts: known, detail: true}}]
""")
    records = lan_sonde.run(pipeline, lan.folder("names")).records
    seen = {ip: (record["dns"]["status"], record.get("reverse_dns"), bool(record["dns"].get("confirmed")))
            for ip, record in records.items()}
    assert seen == {"192.0.2.10": ("ok", "nas.lab.example", True), "192.0.2.51": ("ok", "ghost.lab.example", False),
                    "192.0.2.57": ("nxdomain", None, False), "2001:db8:2::70": ("ok", "six.lab.example", True)}
    # A name proves nothing about the host behind it.
    assert all("alive" not in record for record in records.values())


def test_flags_stand_in_for_the_vendor_that_a_mac_does_not_have(lan, lan_sonde, write):
    pipeline = write("flags.sonde.yaml", """
version: 1
targets: ["192.0.2.55-58"]
stages: [{use: arp-oui}]
outputs: [{use: json, options: {path: inventory.json, columns: [ip, vendor, mac_flags]}}]
""")
    assert lan_sonde.run(pipeline, lan.folder("flags")).json() == [
        {"ip": "192.0.2.55", "vendor": "Robert Bosch JuP1"},
        {"ip": "192.0.2.56", "vendor": "Siemens Mobility GmbH - MO TI SPA"},
        {"ip": "192.0.2.57", "mac_flags": ["local"]},
        {"ip": "192.0.2.58", "mac_flags": ["virtual-router"]}]
