#!/usr/bin/python3
"""The shipped probes over IPv6, through the whole command, against servers of this test on ::1.

usage: loopback6.py SONDE
"""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading

REVERSE = b"\x011" + b"\x010" * 31 + b"\x03ip6\x04arpa\x00"
NAME = b"\x03box\x07example\x00"
PTR, AAAA = 12, 28


def serve_names(server):
    answers = {(REVERSE, PTR): NAME, (NAME, AAAA): socket.inet_pton(socket.AF_INET6, "::1")}
    while True:
        query, client = server.recvfrom(2048)
        end = query.index(b"\x00", 12) + 1
        question = query[12:end + 4]
        kind = struct.unpack(">H", query[end:end + 2])[0]
        data = answers.get((query[12:end].lower(), kind))
        flags = 0x8180 if data else 0x8183
        record = b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(data)) + data if data else b""
        server.sendto(query[:2] + struct.pack(">HHHHH", flags, 1, 1 if data else 0, 0, 0) + question + record, client)


def listen():
    server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    return server, server.getsockname()[1]


def serve(server, talk):
    while True:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(5)
            try:
                talk(connection)
            except OSError:
                pass


def greet(connection):
    connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n")
    connection.recv(100)


def answer_http(connection):
    """Says in its Server line for whom the request was."""
    head = connection.recv(4096).decode()
    host = next(line.partition(": ")[2] for line in head.splitlines() if line.startswith("Host:"))
    connection.sendall(f"HTTP/1.1 200 OK\r\nServer: {host}\r\n\r\n".encode())
    connection.recv(100)


def main() -> int:
    sonde = os.path.abspath(sys.argv[1])
    names = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    names.bind(("::1", 0))
    (ssh, ssh_port), (web, web_port) = listen(), listen()
    closed = socket.socket(socket.AF_INET6)
    closed.bind(("::1", 0))
    closed_port = closed.getsockname()[1]
    for target, arguments in ((serve_names, (names,)), (serve, (ssh, greet)), (serve, (web, answer_http))):
        threading.Thread(target=target, args=arguments, daemon=True).start()

    pipeline = {
        "version": 1, "name": "loopback6", "targets": ["::1"],
        "stages": [
            {"use": "arp-oui", "options": {"ask": False}},
            {"use": "icmp", "optional": True},
            {"use": "tcp-banner", "options": {"ports": [ssh_port, web_port, closed_port], "timeout": "3s"}},
            {"use": "rdns", "options": {"servers": [f"[::1]:{names.getsockname()[1]}"]}},
        ],
        "outputs": [{"use": "json", "options": {"path": "inventory.json", "detail": True}}],
    }
    with tempfile.TemporaryDirectory(prefix="sonde-loopback6-") as folder:
        path = os.path.join(folder, "loopback6.sonde.yaml")
        with open(path, "w", encoding="utf-8") as out:
            json.dump(pipeline, out)
        done = subprocess.run([sonde, "run", path, "--output", folder, "--quiet"], stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, timeout=60, check=False)
        if done.returncode != 0:
            print(f"sonde run ended with {done.returncode}:\n{done.stderr.decode()}")
            return 1
        with open(os.path.join(folder, "inventory.json"), encoding="utf-8") as result:
            records = json.load(result)
    if len(records) != 1:
        print(f"expected one record, found {records}")
        return 1
    expected = {
        "ip": "::1", "alive": True, "reverse_dns": "box.example", "link": "self", "ports": sorted([ssh_port, web_port]),
        "banners": {str(ssh_port): "SSH-2.0-OpenSSH_9.2p1", str(web_port): f"Server: [::1]:{web_port}"},
        "dns": {"status": "ok", "names": ["box.example"], "confirmed": True},
        "tcp": {"closed": [closed_port], "silent": []},
    }
    found = {key: records[0].get(key) for key in expected}
    for key, value in expected.items():
        if found[key] != value:
            print(f"{key}: expected {value}, found {found[key]}")
    return 0 if found == expected else 1


if __name__ == "__main__":
    sys.exit(main())
