"""The real nmap in the flat LAN: whole records, with the right to raw sockets and without; what it must not touch; what
becomes of its targets when it is killed."""
import json
import os
import signal
import time
from pathlib import Path

import pytest
from harness import meters
from harness.flat_lan import LINK_LOCAL
from harness.sonde import UNPRIVILEGED, Sonde

TARGETS = ["192.0.2.10", "192.0.2.20", "192.0.2.21", "192.0.2.30", "192.0.2.31", "192.0.2.51", "2001:db8:2::10",
           f"{LINK_LOCAL}%eth0"]
SSH = {"state": "open", "name": "ssh", "product": "OpenSSH", "version": "9.2p1", "extra": "protocol 2.0",
       "method": "probed", "confidence": 10, "cpe": ["cpe:/a:openbsd:openssh:9.2p1"]}
HTTP = {"state": "open", "name": "http", "product": "nginx", "method": "probed", "confidence": 10,
        "cpe": ["cpe:/a:igor_sysoev:nginx"]}
TITLE = {"http-title": {"output": "Site doesn't have a title (text/plain)."}}
MACS = {"192.0.2.10": "00:11:32:00:00:10", "192.0.2.20": "0C:C4:7A:00:00:20", "192.0.2.21": "98:E7:43:00:00:21",
        "192.0.2.30": "04:0E:3C:00:00:30", "192.0.2.31": "3C:2A:F4:00:00:31", "2001:db8:2::10": "00:11:32:00:00:10",
        f"{LINK_LOCAL}%eth0": "F4:BD:9E:00:00:80", "192.0.2.51": "24:5E:BE:00:00:51"}
EXPECTED = {
    "192.0.2.10": {"alive": True, "ports": [22], "services": {"22/tcp": SSH}},
    "192.0.2.20": {"alive": True, "ports": [80], "services": {"80/tcp": HTTP}, "nmap-xml": {"scripts": {"80/tcp": TITLE}}},
    "192.0.2.21": {"alive": True, "ports": [80, 443], "services": {"80/tcp": HTTP, "443/tcp": {**HTTP, "tunnel": "ssl"}},
                   "nmap-xml": {"scripts": {"80/tcp": TITLE, "443/tcp": TITLE}}},
    "192.0.2.30": {"alive": True},
    "192.0.2.31": {"alive": True},
    "2001:db8:2::10": {"alive": True, "ports": [22], "services": {"22/tcp": SSH}},
    f"{LINK_LOCAL}%eth0": {"alive": True},
}


def pipeline(folder, options, more=""):
    path = folder / "nmap.sonde.yaml"
    path.write_text(f"""version: 1
targets: ["192.0.2.10"]
{more}
stages: [{{use: nmap-xml, options: {options}}}]
outputs: [{{use: json, options: {{path: inventory.json}}}}]
""")
    return path


def owned(folder):
    os.chown(folder, 1000, 1000)
    return folder


PORTS = '{ports: "22,80,443,515,9100-9107", args: [-T4, --version-intensity=2, --script=http-title], os: false, timeout: 60s}'


def plain(record):
    """Without what only a scan with raw sockets knows."""
    return {key: value for key, value in record.items() if key not in ("ip", "mac", "vendor")}


@pytest.fixture(scope="module")
def privileged(lan, binary):
    for file in lan.recorded.values():
        file.write_text("")
    folder = owned(lan.folder("nmap-root"))
    return Sonde(binary, lan.scanner).run(pipeline(folder, PORTS), folder, TARGETS, {"limits.packets_per_second": 2000},
                                          extra=["--user", "1000", "--log-level", "debug"])


@pytest.fixture(scope="module")
def unprivileged(lan, binary):
    folder = owned(lan.folder("nmap-user"))
    return Sonde(binary, lan.scanner, before=UNPRIVILEGED).run(
        pipeline(folder, PORTS), folder, TARGETS, {"limits.packets_per_second": 2000}, extra=["--log-level", "debug"])


@pytest.mark.parametrize("ip", EXPECTED)
def test_record_by_syn_scan_of_a_root_that_became_somebody_else(privileged, ip):
    assert plain(privileged.records[ip]) == EXPECTED[ip], str(privileged)


def test_macs_come_with_the_right_to_raw_sockets(privileged):
    assert {ip: record.get("mac") for ip, record in privileged.records.items()} == MACS


@pytest.mark.parametrize("ip", EXPECTED)
def test_record_by_connecting_as_a_user(unprivileged, ip):
    assert plain(unprivileged.records[ip]) == EXPECTED[ip], str(unprivileged)


def test_how_it_was_asked(privileged, unprivileged):
    assert "--privileged -sS" in privileged.err
    assert "--max-rate=333.333" in privileged.err  # of 2000: two workers, and three nmaps in this one
    assert "--unprivileged -sT" in unprivileged.err and "mac" not in unprivileged.records["192.0.2.10"]
    assert "--exclude-ports=515,9100-9107" in privileged.err


def test_a_host_that_drops_everything_is_no_answer_or_known_by_its_mac_alone(privileged, unprivileged):
    assert set(privileged.records) == set(MACS)
    assert "ports" not in privileged.records["192.0.2.51"]
    assert "192.0.2.51" not in unprivileged.records  # nothing is known of it
    assert unprivileged.document["stages"][0]["outcomes"]["no_answer"] == 1


def test_printers_receive_no_connection(privileged, unprivileged, lan):
    time.sleep(0.3)
    assert [line for file in lan.recorded.values() for line in file.read_text().splitlines()] == []


def test_an_excluded_host_is_not_asked_by_nmap_either(lan, lan_sonde):
    folder = lan.folder("nmap-excluded")
    shop, scanner = lan.host["shop"], "ac:ed:5c:00:00:02"
    with meters.Sniffer(shop) as seen:
        result = lan_sonde.run(pipeline(folder, "{ports: 22, os: false, timeout: 60s}", "exclude: [192.0.2.21]"), folder,
                               ["192.0.2.20-21"], extra=["--log-level", "debug"])
    assert "--excludefile /proc/self/fd/3" in result.err
    assert list(result.records) == ["192.0.2.20"]
    assert [f for f in seen.frames if not f["sent"] and f["src_mac"] == scanner and f["dst_mac"] == shop.mac()] == []


def children(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            pass
    return found


def nmap_of(run):
    limit = time.monotonic() + 20
    while time.monotonic() < limit:
        assert run.poll() is None, run.stderr.read()
        for child in children(run.pid):
            if Path(f"/proc/{child}/comm").read_text().strip() == "nmap":
                return child
        time.sleep(0.05)
    raise AssertionError("no nmap was started")


def ended(pid):
    limit = time.monotonic() + 5
    while time.monotonic() < limit:
        try:
            if ") Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


LONG = "{ports: 1-20000, os: false, timeout: 60s}"  # of a host that takes 700 ms for each packet and drops TCP


def test_a_killed_nmap_is_an_error_and_no_statement_about_the_target(lan, lan_sonde):
    folder = lan.folder("nmap-killed")
    run = lan_sonde.start(pipeline(folder, LONG), folder, ["192.0.2.60"])
    time.sleep(0.5)
    os.kill(nmap_of(run), signal.SIGKILL)
    _, err = run.communicate(timeout=20)
    assert run.returncode == 1, err
    document = json.loads((folder / "run.json").read_text())
    stage = document["stages"][0]
    assert stage["outcomes"]["error"] == 1 and stage["outcomes"]["no_answer"] == 0
    assert "nmap was killed by SIGKILL" in json.dumps(stage["errors"])
    assert json.loads((folder / "inventory.json").read_text()) == []


def test_nmap_does_not_outlive_a_sonde_that_is_killed(lan, lan_sonde):
    folder = lan.folder("nmap-orphan")
    run = lan_sonde.start(pipeline(folder, LONG), folder, ["192.0.2.60"])
    child = nmap_of(run)
    run.kill()
    run.communicate(timeout=20)
    assert ended(child), "nmap goes on scanning for nobody"


def test_ctrl_c_ends_nmap_at_once(lan, lan_sonde):
    folder = lan.folder("nmap-interrupted")
    run = lan_sonde.start(pipeline(folder, LONG), folder, ["192.0.2.60"])
    child = nmap_of(run)
    begin = time.monotonic()
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=20)
    assert run.returncode == 130 and time.monotonic() - begin < 5
    assert ended(child)
    assert json.loads((folder / "run.json").read_text())["complete"] is False


def test_a_host_that_takes_too_long_is_given_up_and_the_others_have_their_results(lan, lan_sonde):
    folder = lan.folder("nmap-late")
    result = lan_sonde.run(pipeline(folder, "{ports: 1-300, os: false, timeout: 10s}"), folder,
                           ["192.0.2.1", "192.0.2.60"], expect=1)
    stage = result.document["stages"][0]
    assert stage["outcomes"]["error"] == 1 and stage["outcomes"]["negative"] == 1, str(result)
    assert "nmap gave up on this host before it was done" in json.dumps(stage["errors"])
    assert result.records["192.0.2.1"]["alive"] is True
