"""What a run tells of the run before: only what both have asked."""
import json
import socket


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
