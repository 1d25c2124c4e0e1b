"""What exporters say: a warning does not change how a run ends, a failure does, and other outputs are written."""

import csv
import json

import pytest

LINES = "{{use: fixture-lines, name: {0}, options: {{path: {0}.txt, hosts: known, {1}}}}}"


def test_an_exporter_warns(sonde):
    sonde.pipeline("{use: sleepy, options: {delay: 1ms}}", outputs=LINES.format("first", "warn: a field is too long"))
    result = sonde.run()
    assert result.code == 0, str(result)
    assert "warning[output-warning]: output 'first' (fixture-lines): a field is too long" in result.err
    assert (sonde.out / "first.txt").read_text().startswith("ip=127.0.0.1")


def test_an_exporter_fails_and_the_other_writes(sonde):
    for step in ("open", "write", "close"):
        sonde.pipeline("{use: sleepy, options: {delay: 1ms}}",
                       outputs=LINES.format("first", f"fail: {step}") + "\n  - " + LINES.format("second", "fail: no"))
        result = sonde.run("--output", step)
        assert result.code == 1 and result.ids() == ["output-unwritable"], str(result)
        assert f"asked to fail in {step}" in result.err
        assert (sonde.folder / step / "second.txt").read_text().startswith("ip=127.0.0.1")
        assert not (sonde.folder / step / "first.txt").exists()


REPORT = """<nmaprun><host><status state="up" reason="echo-reply"/><address addr="192.0.2.1" addrtype="ipv4"/>
<ports><port protocol="tcp" portid="22"><state state="open" reason="syn-ack"/><service name="ssh"/></port></ports>
<os><osmatch name="Linux 5.4" accuracy="97" line="1"/></os></host></nmaprun>"""


@pytest.mark.parametrize("use", ["csv", "json"])
def test_columns_that_validate_are_written(sonde, use):
    """A field, a part of one, one that nobody fills, and one of a stage that is switched off."""
    (sonde.folder / "scan.xml").write_text(REPORT)
    columns = "[ip, os.name, services.22/tcp, snmp.sysName, os.nothing, mac, sleepy.worker, hostname]"
    sonde.pipeline("{use: nmap-xml, options: {mode: import, files: [scan.xml]}}\n  - {use: sleepy, enabled: false}",
                   "192.0.2.1", f"{{use: {use}, options: {{path: hosts, hosts: all, columns: {columns}}}}}")
    assert sonde.call("validate", "lan.sonde.yaml").code == 0
    result = sonde.run()
    assert result.code == 0, str(result)
    if use == "csv":
        with open(sonde.out / "hosts", newline="") as file:
            row, = csv.DictReader(file)
        assert list(row) == columns[1:-1].split(", ")
        assert (row["ip"], row["os.name"]) == ("192.0.2.1", "Linux 5.4")
        assert json.loads(row["services.22/tcp"])["name"] == "ssh"
        assert {row[name] for name in ("snmp.sysName", "os.nothing", "mac", "sleepy.worker", "hostname")} == {""}
    else:
        record, = json.loads((sonde.out / "hosts").read_text())
        assert sorted(record) == ["ip", "os", "services"]
        assert record["os"] == {"name": "Linux 5.4"}
        assert record["services"]["22/tcp"]["name"] == "ssh"


@pytest.mark.parametrize("use", ["csv", "json"])
@pytest.mark.parametrize("columns, message, place", [
    ("[ip, ip]", "duplicate-column", "7:54"), ("[ip, sleepy]", "unknown-field", "7:54"),
    ("[ip, hostname.x]", "unknown-field", "7:54"),
])
def test_columns_that_cannot_be_written_are_told_by_validate(sonde, use, columns, message, place):
    sonde.pipeline("{use: sleepy}", outputs=f"{{use: {use:4}, options: {{path: hosts, columns: {columns}}}}}")
    for command in ("validate", "plan", "run"):
        result = sonde.call(command, "lan.sonde.yaml")
        assert result.code == 78 and result.ids() == [message], str(result)
        assert f"lan.sonde.yaml:{place}: error[{message}]" in result.err, str(result)
    assert not sonde.out.exists()
