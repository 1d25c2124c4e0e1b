"""The shipped deep pipeline on a few hosts of the flat LAN: nmap looks at those with an open port, SNMP asks those that
answered, and each record holds what all stages found, whole."""
import csv
import json

import pytest
from harness import daemons
from harness.flat_lan import DNS
from harness.sonde import TREE, Sonde

DEEP = TREE / "pipelines" / "deep.sonde.yaml"
NAS, WEB, PRINTER, GHOST, SNMP, NOBODY = (f"192.0.2.{last}" for last in (10, 20, 30, 51, 54, 99))
# What keeps it short; limits, order and `when:` are those that are shipped.
SHORT = {"tcp-banner.ports": "22,80", "rdns.servers": DNS, "nmap-xml.ports": "22,80", "nmap-xml.os": "false",
         "nmap-xml.args": "-T4,--version-intensity=2", "snmp.timeout": "300ms"}

# tcp-banner knows the product of a service as well: nmap adds what it alone found out.
PROBED = {"method": "probed", "confidence": 10}
SSH = {"ports": [22], "banners": {"22": "SSH-2.0-OpenSSH_9.2p1"},
       "services": {"22/tcp": {"state": "open", "name": "ssh", "product": "OpenSSH", "version": "9.2p1",
                               "extra": "protocol 2.0", "cpe": ["cpe:/a:openbsd:openssh:9.2p1"], **PROBED}}}
HTTP = {"ports": [80], "banners": {"80": "Server: nginx"},
        "services": {"80/tcp": {"state": "open", "name": "http", "product": "nginx", "http": {"status": 200},
                                "cpe": ["cpe:/a:igor_sysoev:nginx"], **PROBED}}}
# Everything but rtt_ms, sysUpTime and the engine id of an agent that makes up a new one each time.
EXPECTED = [
    {"ip": NAS, "alive": True, "hostname": "nas", "reverse_dns": "nas.lab.example", "mac": "00:11:32:00:00:10",
     "vendor": "Synology Incorporated", **SSH},
    {"ip": WEB, "alive": True, "hostname": "web", "reverse_dns": "web.lab.example", "mac": "0C:C4:7A:00:00:20",
     "vendor": "Super Micro Computer, Inc.", **HTTP},
    {"ip": PRINTER, "alive": True, "hostname": "printer", "reverse_dns": "printer.lab.example",
     "mac": "04:0E:3C:00:00:30", "vendor": "HP Inc."},
    {"ip": GHOST, "alive": True, "hostname": "ghost", "reverse_dns": "ghost.lab.example", "mac": "24:5E:BE:00:00:51",
     "vendor": "QNAP Systems, Inc."},
    {"ip": SNMP, "alive": True, "hostname": "core-switch", "reverse_dns": "snmp.lab.example",
     "mac": "00:21:B7:00:00:54", "vendor": "LEXMARK INTERNATIONAL, INC.", **SSH,
     "os": {"name": "Linux", "source": "snmp"},
     "snmp": {"version": "2c", "sysDescr": "Lab switch 24 ports", "sysObjectID": "1.3.6.1.4.1.8072.3.2.10",
              "sysName": "core-switch", "sysContact": "lab@example.org", "sysLocation": "rack 4",
              "enterprise": 8072, "maker": "Net-SNMP"}},
]


@pytest.fixture(scope="module")
def deep(lan, binary):
    daemons.sshd(lan.host["snmp"])  # one host for which every stage has work
    return Sonde(binary, lan.scanner).run(DEEP, lan.folder("deep"), [NAS, WEB, PRINTER, GHOST, SNMP, NOBODY], SHORT,
                                          extra=["--log-level", "debug"])


@pytest.fixture(scope="module")
def engine_id(lan):
    """By net-snmp's own tools."""
    line = lan.scanner.run("snmpget", "-v2c", "-c", "public", "-Onx", SNMP, "1.3.6.1.6.3.10.2.1.1.0")
    return "0x" + "".join(line.partition("Hex-STRING:")[2].split()).lower()


def plain(record):
    """The record without what is never the same twice."""
    record = json.loads(json.dumps(record))
    record.pop("rtt_ms", None)
    for key in ("sysUpTime", "engineID"):
        record.get("snmp", {}).pop(key, None)
    return record


def outcomes(deep):
    return {stage["name"]: {name: count for name, count in stage["outcomes"].items() if count}
            for stage in deep.document["stages"]}


def test_whole_records(deep):
    assert [plain(record) for record in deep.json("deep.json")] == EXPECTED, str(deep)


def test_what_differs_from_run_to_run(deep, engine_id):
    records = {record["ip"]: record for record in deep.json("deep.json")}
    assert {ip for ip, record in records.items() if "rtt_ms" in record} == {NAS, WEB, PRINTER, SNMP}
    assert all(0 < record["rtt_ms"] < 100 for record in records.values() if "rtt_ms" in record)
    assert records[SNMP]["snmp"]["engineID"] == engine_id
    assert 0 < records[SNMP]["snmp"]["sysUpTime"] < 100 * 60  # hundredths of a second


def test_nmap_had_those_with_an_open_port_and_snmp_those_that_answered(deep):
    # Nobody has the last address: on a link, all stages behind arp-oui leave such out.
    assert outcomes(deep)["nmap-xml"] == {"positive": 3, "skipped_when": 2, "skipped_no_neighbour": 1}
    assert outcomes(deep)["snmp"] == {"positive": 1, "negative": 3, "no_answer": 1, "skipped_no_neighbour": 1}


def test_nmap_was_held_to_the_limits_of_the_pipeline(deep):
    assert "/usr/bin/nmap -n -Pn -sV --privileged -sS -p22,80 --exclude-ports=515,9100-9107 --max-rate=500.000" in deep.err


def test_the_table_has_a_row_a_host(deep):
    rows = list(csv.DictReader((deep.directory / "deep.csv").open(encoding="utf-8-sig")))
    assert [(row["ip"], row["hostname"]) for row in rows] == [(record["ip"], record["hostname"]) for record in EXPECTED]
