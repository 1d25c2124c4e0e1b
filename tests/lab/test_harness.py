"""The lab itself, without sonde: hosts answer as they should, and the meters count what happens. A failure here says
that the lab is broken, not the scanner."""
import json
import os
import signal
import time

import pytest
from harness import daemons, impair, meters, stalls
from harness.flat_lan import DNS, LINK_LOCAL
from harness.namespaces import INSIDE, PYTHON

CONNECT = """
import json, socket, sys, time
address, port, wait = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM)[0]
sock = socket.socket(where[0], where[1])
sock.settimeout(wait)
try:
    sock.connect(where[4])
    state, data = "open", b""
    try:
        until = time.monotonic() + wait
        while len(data) < 200000 and (left := until - time.monotonic()) > 0:
            sock.settimeout(left)
            if not (piece := sock.recv(65536)):
                break
            data += piece
    except socket.timeout:
        pass
except ConnectionRefusedError:
    state, data = "closed", b""
except (socket.timeout, OSError):
    state, data = "silent", b""
print(json.dumps([state, len(data), data[:64].hex()]))
"""


def connect(namespace, address, port, wait=0.4):
    state, length, head = json.loads(namespace.run(PYTHON, "-c", CONNECT, address, port, wait))
    return state, length, bytes.fromhex(head)


def ping(namespace, address, *options):
    return json.loads(namespace.run(PYTHON, INSIDE / "ping.py", address, "--count", 1, *options))


def ask_ptr(namespace, address):
    """Status and names by a bare query, so that no library's cache or search list is in between."""
    script = """
import json, socket, struct, sys, ipaddress
name = ipaddress.ip_address(sys.argv[1]).reverse_pointer
query = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"".join(
    bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\\0" + struct.pack("!2H", 12, 1)
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.settimeout(1)
sock.sendto(query, (sys.argv[2], 53))
answer = sock.recv(4096)
print(json.dumps([answer[3] & 15, struct.unpack_from("!H", answer, 6)[0]]))
"""
    return json.loads(namespace.run(PYTHON, "-c", script, address, DNS))


def test_hosts_answer_echo_requests_as_designed(lan):
    for address in ("192.0.2.1", "192.0.2.10", "2001:db8:2::1", "2001:db8:2::10", "2001:db8:2::20", "2001:db8:2::70",
                    f"{LINK_LOCAL}%eth0"):
        assert ping(lan.scanner, address)["answered"] == 1, address
    for address in ("192.0.2.40", "192.0.2.51"):
        assert ping(lan.scanner, address)["answered"] == 0, address


def test_the_slow_host_takes_700_ms_for_each_packet(lan):
    # Both know each other's MAC, else the resolution on either side takes 700 ms more.
    ends = ((lan.scanner, "192.0.2.60", lan.host["slow"]), (lan.host["slow"], "192.0.2.2", lan.scanner))
    for here, address, there in ends:
        here.ip(f"neigh replace {address} lladdr {there.mac()} dev eth0")
    try:
        result = ping(lan.scanner, "192.0.2.60")
    finally:
        for here, address, _ in ends:
            here.ip(f"neigh del {address} dev eth0")
    assert result["answered"] == 1
    assert 700 <= result["shortest_ms"] < 780


def test_ports_are_open_closed_and_silent_as_designed(lan):
    assert connect(lan.scanner, "192.0.2.10", 22)[2] == b"SSH-2.0-OpenSSH_9.2p1\r\n"
    assert connect(lan.scanner, "192.0.2.20", 80)[0] == "open"
    assert connect(lan.scanner, "192.0.2.21", 443)[0] == "open"
    assert connect(lan.scanner, "2001:db8:2::70", 22)[2] == b"SSH-2.0-six\r\n"
    assert connect(lan.scanner, f"{LINK_LOCAL}%eth0", 445)[:2] == ("open", 0)
    assert connect(lan.scanner, "192.0.2.40", 445)[:2] == ("open", 0)
    assert connect(lan.scanner, "192.0.2.1", 22)[0] == "closed"
    assert connect(lan.scanner, "192.0.2.51", 22)[0] == "silent"
    assert connect(lan.scanner, "192.0.2.50", 22)[0] == "silent"


def test_servers_have_their_habits(lan):
    assert connect(lan.scanner, "192.0.2.61", 22, 1.4) == ("open", 2, b"SS")
    assert connect(lan.scanner, "192.0.2.62", 22)[1] >= 200000
    assert connect(lan.scanner, "192.0.2.63", 22)[2] == b"\x00\xff\xfe\x1b]0;owned\x07\x1b[31mred\x80\r\n\x01=2+5\r\n"


def test_what_comes_to_a_printer_port_is_recorded(lan):
    # On a file of its own: the recordings of the lan are for the tests of sonde.
    file = lan.dir / "own-9101.jsonl"
    daemons.servers(lan.host["printer"], f"9101=record:{file}")
    script = "import socket; s = socket.create_connection(('192.0.2.30', 9101)); s.send(b'page'); s.close()"
    lan.scanner.run(PYTHON, "-c", script)
    time.sleep(0.2)
    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        {"event": "connect", "peer": "192.0.2.2", "port": 9101},
        {"event": "bytes", "peer": "192.0.2.2", "port": 9101, "bytes": b"page".hex()}]


def test_names_resolve_and_unknown_ones_do_not(lan):
    noerror, nxdomain = 0, 3
    assert ask_ptr(lan.scanner, "192.0.2.10") == [noerror, 1]
    assert ask_ptr(lan.scanner, "2001:db8:2::10") == [noerror, 1]
    assert ask_ptr(lan.scanner, "192.0.2.57") == [nxdomain, 0]
    assert ask_ptr(lan.scanner, LINK_LOCAL) == [nxdomain, 0]
    assert "192.0.2.20" in lan.scanner.run("getent", "ahostsv4", "web.lab.example")


def test_snmpd_answers_v2c_and_v3(lan):
    get = ["-t", "2", "192.0.2.54", ".1.3.6.1.2.1.1.5.0"]
    v3 = ["-l", "authPriv", "-u", "lab", "-a", "SHA", "-A", "labauthpass", "-x", "AES", "-X", "labprivpass"]
    assert "core-switch" in lan.scanner.run("snmpget", "-v2c", "-c", "public", *get)
    assert "core-switch" in lan.scanner.run("snmpget", "-v3", *v3, *get)


def test_the_sniffer_sees_frames_and_counts_connections(lan):
    with meters.Sniffer(lan.host["web"]) as seen:
        connect(lan.scanner, "192.0.2.20", 80, 0.2)
        ping(lan.scanner, "192.0.2.20")
    kinds = {frame["kind"] for frame in meters.started(seen.frames)}
    assert {"tcp", "echo-request"} <= kinds
    assert meters.most_open(seen.frames, "192.0.2.2", "192.0.2.20") == 1


def test_the_sniffer_tells_when_a_frame_came_and_not_when_it_was_read(lan):
    with meters.Sniffer(lan.host["web"]) as seen:
        seen.process.popen.send_signal(signal.SIGSTOP)
        for _ in range(2):
            ping(lan.scanner, "192.0.2.20")
            time.sleep(0.3)
        seen.process.popen.send_signal(signal.SIGCONT)
    first, second = [frame["time"] for frame in seen.frames if frame["kind"] == "echo-request"][:2]
    assert second - first >= 0.3


def test_the_longest_stall_of_any_thread_counts():
    watch = stalls.Stalls(os.getpid())
    looks = watch.look()
    assert looks.keys() > {"stolen", f"/proc/{os.getpid()}/task/{os.getpid()}"} and watch.kernel
    watch.stop()
    assert 0 <= watch.longest < 60 and watch.share >= 0
    rows = iter([{"stolen": 0.0, "/a": 1.0}, {"stolen": 0.01, "/a": 1.25, "/b": 9.0}, {"stolen": 0.01, "/b": 9.125}])
    watch.longest, watch.look = 0.0, lambda: next(rows)
    watch.over.wait = lambda interval, left=[False, False, True]: left.pop(0)
    watch.watch()
    assert watch.longest == 0.25, "a thread that has only begun has not waited since it was last looked at"
    assert watch.share > 1, "0.385 s in next to no time"


def test_what_could_not_be_judged_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_UNJUDGED", str(tmp_path / "told"))
    with pytest.warns(UserWarning, match="not judged: 480 a second"):
        stalls.unjudged("480 a second")
    assert (tmp_path / "told").read_text().endswith(" test_harness.py::test_what_could_not_be_judged_is_told: 480 a second\n")


def test_the_routed_network_has_4096_hosts_and_silence_elsewhere(routed):
    assert len(routed.alive) == 4096
    count = sweep(routed.scanner, sorted(routed.alive)[::64])
    assert count == 64
    dead = [f"10.66.{octet}.77" for octet in range(0, 256, 16)]
    assert not routed.alive & set(dead)
    assert sweep(routed.scanner, dead) == 0
    assert sweep(routed.scanner, ["10.68.1.1", "10.68.1.254"]) == 2
    assert sweep(routed.scanner, ["10.68.2.1", "10.68.2.254"]) == 0


def test_the_meter_counts_what_is_started(routed):
    with meters.StartedPackets(routed.router, "r0") as meter:
        sweep(routed.scanner, ["10.66.0.1", "10.66.0.2", "10.66.0.3"])
        connect(routed.scanner, "10.66.1.56", 80, 0.2)
        seen = meter.read()
        assert (seen["echo"], seen["syn"], seen["query"]) == (3, 1, 0)
        meter.reset()
        assert meter.read()["echo"] == 0


def test_the_on_link_network_answers_arp_for_its_hosts_only(onlink):
    assert len(onlink.alive) == 4098
    some = sorted(onlink.alive - {"10.67.0.2"})[::256]
    assert sweep(onlink.scanner, some) == len(some)
    assert sweep(onlink.scanner, ["10.67.0.1", "10.67.2.9", "10.67.255.254"]) == 0
    onlink.scanner.run("ip", "neigh", "flush", "dev", "eth0")


def test_the_neighbour_statistics_can_be_read():
    assert {"entries", "table_fulls", "thresh3"} <= meters.neighbour_table().keys()


def test_loss_is_about_what_was_asked_for(routed):
    hosts = sorted(routed.alive)[:2000]
    impair.lose(routed.router, ["r0", "r1"], 5)
    try:
        found = sweep(routed.scanner, hosts)
    finally:
        impair.mend(routed.router, ["r0", "r1"])
    # 0.95 squared is 0.9025, the standard deviation of 2000 draws 0.0066: five of them each way.
    assert 0.869 < found / len(hosts) < 0.936
    assert sweep(routed.scanner, hosts) == 2000


SWEEP = """
import select, socket, struct, sys, time
hosts = sys.stdin.read().split()
sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
sock.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)
def checksum(data):
    total = sum(struct.unpack("!4H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff
head = struct.pack("!BBHHH", 8, 0, 0, 4711, 1)
packet = head[:2] + struct.pack("!H", checksum(head)) + head[4:]
found = set()
def receive(wait):
    until = time.monotonic() + wait
    while len(found) < len(hosts) and (left := until - time.monotonic()) > 0:
        if select.select([sock], [], [], left)[0]:
            data, (peer, _) = sock.recvfrom(2048)
            if data[20:22] == b"\\0\\0" and data[24:26] == struct.pack("!H", 4711):
                found.add(peer)
for number, host in enumerate(hosts):
    sock.sendto(packet, (host, 0))
    if number % 64 == 63:
        receive(0.002)
receive(0.5)
print(len(found))
"""


def sweep(namespace, hosts):
    """How many of the hosts answer one echo request."""
    return int(namespace.run(PYTHON, "-c", SWEEP, stdin="\n".join(hosts)))
