"""What a run tells of the run before: only what both have asked."""
import json
import socket
import threading

import pytest


class NameServer:
    """A DNS server on 127.0.0.1 that knows `name` for every address, or answers with `code`, or not at all."""
    NXDOMAIN, SERVFAIL, SILENT = 3, 2, None

    def __init__(self):
        self.name, self.code = b"printer", 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            question, client = self.socket.recvfrom(4096)
            if not question:
                return
            if self.code == self.SILENT:
                continue
            asked = question[12:question.index(b"\0", 12) + 5]  # name, type, class; what follows is EDNS
            head = question[:2] + bytes([0x81, 0x80 | self.code, 0, 1, 0, 0 if self.code else 1, 0, 0, 0, 0])
            name = bytes([len(self.name)]) + self.name + b"\3lan\0"
            answer = b"\xc0\x0c\0\x0c\0\1\0\0\0\x3c" + len(name).to_bytes(2, "big") + name
            self.socket.sendto(head + asked + (b"" if self.code else answer), client)

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.socket.getsockname())
        self.thread.join(10)
        self.socket.close()


@pytest.fixture
def names():
    server = NameServer()
    yield server
    server.close()


def rows(sonde):
    return [(row["targets"], row["hosts"], row.get("new"), row.get("gone"), row.get("changed"))
            for row in json.loads(sonde.plain("history", "out", "--format", "json").out)]


def test_a_run_of_one_host_is_no_baseline_for_all(sonde):
    sonde.pipeline("{use: writer}", "127.0.0.1-127.0.0.3", more="history: {dir: history}")
    assert sonde.run().code == 0
    whole = sonde.document()["run_id"]
    assert sonde.run("--only", "127.0.0.2").code == 0
    assert sonde.document()["delta"]["compared_with"] == whole
    result = sonde.run()
    assert result.code == 0 and f"0 new, 0 gone, 0 changed since run {whole}\n" in result.err, str(result)
    assert sonde.document()["delta"]["not_scanned_before"] == []
    assert rows(sonde) == [(3, 3, None, None, None), (1, 1, 0, 0, 0), (3, 3, 0, 0, 0)]
    assert "TARGETS" in sonde.plain("history", "out").out


def test_a_network_that_is_scanned_for_the_first_time_is_not_new(sonde):
    sonde.pipeline("{use: writer}", "127.0.0.1", more="history: {dir: history}")
    assert sonde.run().code == 0
    sonde.pipeline("{use: writer}", "127.0.0.1-127.0.0.2", more="history: {dir: history}")
    assert sonde.run().code == 0
    delta = sonde.document()["delta"]
    assert (delta["new"], delta["not_scanned_before"]) == ([], ["127.0.0.2"])


def test_a_port_that_is_no_longer_asked_has_not_closed(sonde):
    with socket.create_server(("127.0.0.1", 0)) as kept, socket.create_server(("127.0.0.1", 0)) as dropped:
        both = sorted(s.getsockname()[1] for s in (kept, dropped))
        stage = "{{use: tcp-banner, options: {{ports: '{}', probe: false, tls: false, idle: 10ms}}}}"
        sonde.pipeline(stage.format(",".join(map(str, both))), more="history: {dir: history}")
        assert sonde.run().code == 0
        assert sonde.stage("tcp-banner")["ports"] == ",".join(map(str, both))
        sonde.pipeline(stage.format(both[0]), more="history: {dir: history}")
        assert sonde.run().code == 0
        assert sonde.document()["delta"]["changed"] == []
    # Asked and refused, it has.
    assert sonde.run().code == 0
    change, = sonde.document()["delta"]["changed"]
    ports, = (field for field in change["fields"] if field["field"] == "ports")
    assert ports["before"] == [both[0]] and ports["after"] is None


def test_hosts_that_the_end_found_between_two_stages_are_not_compared(sonde):
    stages = "{use: writer}\n  - {use: sleepy, options: {delay: 300ms}}"
    sonde.pipeline(stages, "127.0.0.1-127.0.0.8", more="limits: {workers: 1, shards: 1}\nhistory: {dir: history}")
    assert sonde.run().code == 0
    result = sonde.run("--set", "limits.run_timeout=500ms")
    assert result.code == 1
    document = sonde.document()
    lost = [field for host in document["delta"]["changed"] for field in host["fields"] if field["after"] is None]
    assert lost == [] and document["partly_scanned"], str(result)
    assert f"{len(document['delta']['partly_scanned'])} partly scanned" in result.err, str(result)


@pytest.mark.parametrize("fault", ["silent", "servfail"])
def test_a_name_server_that_fails_for_a_night_changes_no_host(sonde, names, fault):
    stage = f'{{use: rdns, options: {{servers: ["{names.address}"], forward: false, timeout: 200ms, tries: 1}}}}'
    sonde.pipeline("{use: writer}\n  - " + stage, "127.0.0.1-127.0.0.3", more="history: {dir: history}")
    assert sonde.run().code == 0
    assert sonde.stage("rdns")["outcomes"]["positive"] == 3
    names.code = names.SILENT if fault == "silent" else names.SERVFAIL
    for code in (names.code, 0):
        names.code = code
        result = sonde.run()
        assert result.code == 0, str(result)
        delta = sonde.document()["delta"]
        assert delta["changed"] == []
        assert delta["fields_not_known"] == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
        assert ", 3 compared in part\n" in result.err, str(result)
    assert "! hosts of which a stage learned nothing" in sonde.plain("diff", "out").out
    # A server that says that there is no name is another matter.
    names.code = names.NXDOMAIN
    assert sonde.run().code == 0
    changed = sonde.document()["delta"]["changed"]
    assert [[field["field"] for field in host["fields"]] for host in changed] == [["hostname", "reverse_dns"]] * 3
