"""Three plugins of strangers, built against the installed SDK alone and run in a pipeline against servers on 127.0.0.1: one on
a library with its own state machine, one in C99 over UDP, one in Rust that declares the ABI by itself."""
import datetime
import json
import shutil
import socket
import ssl
import struct
import threading

import pytest

from conftest import SOURCE, exported, run

RUSTC = "/usr/bin/rustc"  # Debian's: what ./dev installs


@pytest.fixture(scope="module")
def libraries(installation, tmp_path_factory):
    """A directory with all of them."""
    work = tmp_path_factory.mktemp("plugins")
    (work / "built").mkdir()
    for name in ("tls-cert", "mdns", "prometheus-sd"):
        shutil.copytree(SOURCE / "tests/outside" / name, work / name)
        if name == "prometheus-sd":
            run("make", "-s", "-C", work / name, f"RUSTC={RUSTC}", env=installation.environment(work))
            library = work / name / f"{name}.so"
        else:
            library = installation.build(work / name) / f"{name}.so"
        assert exported(library) == ["sonde_plugin_v0"]
        installation.check(library)
        shutil.copy(library, work / "built")
    return work / "built"


@pytest.fixture
def scan(installation, libraries, tmp_path):
    """scan(STAGES, OUTPUTS): runs a pipeline on 127.0.0.1; gives the directory of its results."""
    def go(stages, outputs="{use: json, options: {path: inventory.json, hosts: known}}", more=""):
        (tmp_path / "lan.sonde.yaml").write_text(
            f'version: 1\ntargets: ["127.0.0.1"]\n{more}\nstages:\n  - {stages}\noutputs:\n  - {outputs}\n')
        installation.command("run", "lan.sonde.yaml", "--quiet", "--plugin-path", libraries, "--output", "out",
                             work=tmp_path)
        return tmp_path / "out"
    return go


def record(directory):
    found = json.loads((directory / "inventory.json").read_text())
    assert len(found) == 1, found
    return found[0]


def outcomes(directory, stage):
    document = json.loads((directory / "run.json").read_text())
    counts = next(s for s in document["stages"] if s["name"] == stage)["outcomes"]
    return {outcome: count for outcome, count in counts.items() if count}


def serve(server, talk):
    def loop():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    talk(connection)
                except OSError:
                    pass
    threading.Thread(target=loop, daemon=True).start()
    return server.getsockname()[1]


# tls-cert

@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
        "-subj", "/O=Example/CN=printer01", "-addext", "subjectAltName=DNS:printer01.example,DNS:www.example",
        "-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    return folder


def test_tls_certificate(scan, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")

    def talk(connection):
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    found = record(scan(f"{{use: tls-cert, options: {{port: {serve(socket.create_server(('127.0.0.1', 0)), talk)}}}}}"))
    assert found["alive"] is True
    tls = found["tls-cert"]
    assert tls["subject"] == tls["issuer"] == "CN=printer01,O=Example"
    assert sorted(tls["names"]) == ["printer01.example", "www.example"]
    assert tls["protocol"] == "TLSv1.3" and "sha256" not in tls, "a field for detail"
    days = datetime.datetime.fromisoformat(tls["not_after"].replace("Z", "+00:00")) - datetime.datetime.now(datetime.timezone.utc)
    assert 28 < days.total_seconds() / 86400 < 31


def drip(connection):
    # Half of a TLS record, an octet at a time, until the other side has gone.
    for octet in b"\x16\x03\x03\x40\x00" + bytes(1000):
        connection.sendall(bytes([octet]))
        threading.Event().wait(0.02)


@pytest.mark.parametrize("name, talk, outcome", [
    ("no TLS", lambda c: c.sendall(b"220 ready\r\n"), "negative"),
    ("closes", lambda c: None, "negative"),
    ("resets", lambda c: c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)), "negative"),
    ("silent", lambda c: threading.Event().wait(3), "no_answer"),
    ("drips", drip, "no_answer"),
])
def test_tls_that_never_is(scan, name, talk, outcome):
    port = serve(socket.create_server(("127.0.0.1", 0)), talk)
    out = scan(f"{{use: tls-cert, deadline: 400ms, options: {{port: {port}}}}}")
    assert outcomes(out, "tls-cert") == {outcome: 1}, name
    assert record(out) == {"ip": "127.0.0.1", "alive": True}


def test_tls_refused(scan):
    closed = socket.socket()  # bound and not listening
    closed.bind(("127.0.0.1", 0))
    out = scan(f"{{use: tls-cert, options: {{port: {closed.getsockname()[1]}}}}}")
    assert outcomes(out, "tls-cert") == {"negative": 1} and record(out)["alive"] is True


# mdns

def name(*labels):
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def answer(question, *services):
    """A message as a responder sends it: names compressed to the question's."""
    records = b""
    for service in services:
        data = name(*service.encode().split(b"."), b"local")
        records += b"\xc0\x0c" + struct.pack(">HHIH", 12, 0x8001, 10, len(data)) + data
    return question[:2] + struct.pack(">HHHHH", 0x8400, 1, len(services), 0, 0) + question[12:] + records


@pytest.fixture
def responder():
    """responder(REPLY): the port of a UDP server; REPLY(question, number) is what it sends back, None for nothing."""
    servers = []

    def go(reply):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind(("127.0.0.1", 0))
        servers.append(server)

        def loop():
            for number in range(1, 100):
                try:
                    question, peer = server.recvfrom(9000)
                except OSError:
                    return
                for message in reply(question, number) or []:
                    server.sendto(message, peer)
        threading.Thread(target=loop, daemon=True).start()
        return server.getsockname()[1]
    yield go
    for server in servers:
        server.close()


def mdns(port):
    return f"{{use: mdns, options: {{port: {port}, interval: 150ms}}}}"


def test_mdns_services(scan, responder):
    seen = []

    def reply(question, number):
        seen.append(question)
        return [answer(question, "_ipp._tcp", "_http._tcp")]

    out = scan(mdns(responder(reply)))
    assert record(out) == {"ip": "127.0.0.1", "alive": True, "mdns": {"services": ["_http._tcp", "_ipp._tcp"]}} or \
        record(out) == {"ip": "127.0.0.1", "alive": True, "mdns": {"services": ["_ipp._tcp", "_http._tcp"]}}
    assert len(seen) == 1 and name(b"_services", b"_dns-sd", b"_udp", b"local") in seen[0]


def test_mdns_is_asked_again(scan, responder):
    out = scan(mdns(responder(lambda question, number: [answer(question, "_ssh._tcp")] if number == 2 else None)))
    assert outcomes(out, "mdns") == {"positive": 1}


def test_mdns_garbage_is_a_sign_of_life_and_no_answer(scan, responder):
    def reply(question, number):
        good = answer(question, "_ipp._tcp")
        other = bytes([question[0] ^ 1]) + good[1:]  # another's id
        loop = good[:12] + b"\xc0\x0c" * 20          # a name that points at itself
        return [b"", b"\0" * 11, other, question, loop]
    out = scan(mdns(responder(reply)))
    assert outcomes(out, "mdns") == {"negative": 1}
    assert record(out) == {"ip": "127.0.0.1", "alive": True}, "somebody is there, who does not speak it"


def test_mdns_an_answer_behind_garbage_counts(scan, responder):
    out = scan(mdns(responder(lambda question, number: [b"?", answer(question, "_ssh._tcp")])))
    assert outcomes(out, "mdns") == {"positive": 1}


def test_mdns_garbage_at_the_deadline(scan, responder):
    port = responder(lambda question, number: [b"?"])
    out = scan(f"{{use: mdns, deadline: 200ms, options: {{port: {port}, interval: 10s}}}}")
    assert outcomes(out, "mdns") == {"negative": 1} and record(out)["alive"] is True


def test_mdns_closed_port_is_a_sign_of_life(scan, responder):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:  # free a moment ago, and nobody listens
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    out = scan(mdns(port))
    assert outcomes(out, "mdns") == {"negative": 1}
    assert record(out) == {"ip": "127.0.0.1", "alive": True}


def test_mdns_without_services_and_silent(scan, responder):
    assert outcomes(scan(mdns(responder(lambda question, number: [answer(question)]))), "mdns") == {"negative": 1}
    assert outcomes(scan(mdns(responder(lambda question, number: None))), "mdns") == {"no_answer": 1}


# prometheus-sd

def test_prometheus_targets(scan):
    ports = sorted(serve(socket.create_server(("127.0.0.1", 0)), lambda c: c.sendall(b"220 ready\r\n")) for _ in range(3))
    stage = f"{{use: tcp-banner, options: {{ports: [{', '.join(map(str, ports))}]}}}}"
    out = scan(stage, "{use: prometheus-sd}")
    assert json.loads((out / "targets.json").read_text()) == [
        {"targets": [f"127.0.0.1:{port}" for port in ports], "labels": {}}]
    out = scan(stage, f"{{use: prometheus-sd, options: {{path: some.json, ports: {ports[1]}}}}}")
    assert json.loads((out / "some.json").read_text()) == [{"targets": [f"127.0.0.1:{ports[1]}"], "labels": {}}]
    assert not list(out.glob(".*.tmp"))


def test_prometheus_without_open_ports(scan):
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    out = scan(f"{{use: tcp-banner, options: {{ports: {closed.getsockname()[1]}}}}}", "{use: prometheus-sd}")
    assert json.loads((out / "targets.json").read_text()) == []


def test_prometheus_cannot_write(installation, libraries, tmp_path):
    def talk(connection):
        (tmp_path / "out/targets.json").mkdir(parents=True, exist_ok=True)  # stands where the file is to appear
        connection.sendall(b"220 ready\r\n")

    port = serve(socket.create_server(("127.0.0.1", 0)), talk)
    (tmp_path / "lan.sonde.yaml").write_text(
        f'version: 1\ntargets: ["127.0.0.1"]\nstages: [{{use: tcp-banner, options: {{ports: {port}}}}}]\n'
        'outputs: [{use: prometheus-sd}]\n')
    said = installation.command("run", "lan.sonde.yaml", "--plugin-path", libraries, "--output", "out", work=tmp_path,
                                ok=(1, 74))
    assert "cannot write" in said and "targets.json: Is a directory" in said
    assert not list((tmp_path / "out").glob(".targets.json*")), "what was begun is gone"
