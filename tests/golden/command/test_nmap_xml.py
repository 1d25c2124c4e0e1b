"""Reports of every shape become records, byte for byte, without a packet; scope holds for what a report brings in.

UPDATE_GOLDEN=1 writes plugins/nmap-xml/tests/data/NAME.json anew.
"""
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[3]
DATA = TREE / "plugins/nmap-xml/tests/data"
REPORTS = sorted(DATA.glob("*.xml"))


def imported(sonde, reports, more="", hosts="known", source="", before=()):
    (sonde.folder / "import.sonde.yaml").write_text(f"""version: 1
targets: [{{use: nmap-xml, options: {{files: {json.dumps(reports)}{source}}}}}]
stages: [{{use: nmap-xml, options: {{mode: import, files: {json.dumps(reports)}}}}}]
{more}
outputs: [{{use: json, options: {{path: records.json, hosts: {hosts}, detail: true}}}}]
""")
    return sonde.call("run", "import.sonde.yaml", "--format", "none", before=before)


def records(sonde):
    return json.loads((sonde.out / "records.json").read_text())


@pytest.mark.parametrize("report", REPORTS, ids=lambda path: path.stem)
def test_a_report_gives_its_records(sonde, report):
    shutil.copy(report, sonde.folder)
    result = imported(sonde, [report.name])
    assert result.code == 0, str(result)
    found = (sonde.out / "records.json").read_text()
    golden = report.with_suffix(".json")
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(found)
    assert found == golden.read_text()
    document = json.loads((sonde.out / "run.json").read_text())
    assert document["packets"] == 0 and document["complete"] is True


def test_the_shipped_pipeline(sonde):
    result = sonde.call("run", TREE / "pipelines/import.sonde.yaml", "--format", "none", REPORT=str(DATA / "masscan.xml"))
    assert result.code == 0, str(result)
    assert [r["ip"] for r in json.loads((sonde.out / "import.json").read_text())] == [
        "192.0.2.20", "192.0.2.21", "192.0.2.22"]


def test_exclusions_and_scope_win(sonde):
    assert imported(sonde, [str(DATA / "masscan.xml")], "exclude: [192.0.2.20/31]").code == 0
    assert [r["ip"] for r in records(sonde)] == ["192.0.2.22"]
    (sonde.folder / "public.xml").write_text(
        "<nmaprun><host><address addr='8.8.8.8' addrtype='ipv4'/></host></nmaprun>")
    result = imported(sonde, ["public.xml"])
    assert result.code == 78 and result.ids() == ["public-target"]


def test_a_report_can_be_used_without_what_lies_outside_the_scope(sonde):
    (sonde.folder / "mixed.xml").write_text("<nmaprun>" + "".join(
        f"<host><address addr='{a}' addrtype='ipv4'/></host>" for a in ("8.8.8.8", "192.0.2.9", "8.8.8.9", "224.0.0.1"))
        + "</nmaprun>")
    refused = imported(sonde, ["mixed.xml"])
    assert refused.code == 78 and refused.ids() == ["public-target", "scope-forbidden"], str(refused)
    assert "or outside: skip beside `use` (--skip-outside) to go on without" in refused.err
    file = sonde.folder / "import.sonde.yaml"
    skipped = sonde.call("run", file.name, "--format", "none", "--skip-outside")
    said = ("warning[outside-skipped]: source 'nmap-xml': 3 of its addresses may not be scanned and are left out: "
            "8.8.8.8-8.8.8.9, 224.0.0.1\n")
    assert skipped.code == 0 and said in skipped.err, str(skipped)
    file.write_text(file.read_text().replace("{use: nmap-xml, options: {files: [\"mixed.xml\"]}}",
                                             "{use: nmap-xml, outside: skip, options: {files: [mixed.xml]}}"))
    assert "outside: skip" in file.read_text()
    for command in ("validate", "plan", "run"):
        result = sonde.call(command, file.name)
        assert result.code == 0 and said in result.err, str(result)
    assert json.loads(sonde.call("plan", file.name, "--format", "json").out)["scope"] == ["192.0.2.9"]
    # What somebody wrote himself is refused all the same.
    file.write_text(file.read_text().replace("targets: [", "targets: [8.8.8.8, "))
    assert sonde.call("plan", file.name, "--skip-outside").ids() == ["public-target"]


def test_a_report_whose_hosts_are_all_down_says_so(sonde):
    text = (DATA / "down.xml").read_text().replace("192.0.2.10", "192.0.2.99").replace('state="up"', 'state="down"')
    (sonde.folder / "down.xml").write_text(text)
    result = imported(sonde, ["down.xml"])
    assert result.code == 78 and result.ids() == ["no-targets"], str(result)
    assert "hosts of the reports are down: hosts: all makes targets of them too" in result.err
    assert "the source 'nmap-xml' gave no target" in result.err and "192.168.1.0/24" not in result.err


def test_hosts_that_a_report_calls_down_are_left_out_unless_asked_for(sonde):
    report = str(DATA / "down.xml")
    assert imported(sonde, [report], hosts="all").code == 0
    assert [r["ip"] for r in records(sonde)] == ["192.0.2.10"]
    assert imported(sonde, [report], hosts="all", source=", hosts: all").code == 0
    seen = {r["ip"]: r.get("alive") for r in records(sonde)}
    # Not in the report as up is nothing that this run has found out: never alive: false.
    assert seen == {"192.0.2.8": None, "192.0.2.9": None, "192.0.2.10": True, "192.0.2.11": None}


def test_a_report_that_ends_in_the_middle_is_used_up_to_its_last_whole_host(sonde):
    text = (DATA / "masscan.xml").read_text()
    (sonde.folder / "cut.xml").write_text(text[:text.index("192.0.2.22")])
    result = imported(sonde, ["cut.xml"])
    assert result.code == 0, str(result)
    assert "ends in the middle" in result.err and "its 4 whole hosts are used" in result.err
    assert [r["ip"] for r in records(sonde)] == ["192.0.2.20", "192.0.2.21"]


def test_a_source_without_an_option_that_it_needs_is_placed(sonde):
    sonde.pipeline("{use: sleepy}", "{use: nmap-xml}")
    result = sonde.call("validate", "lan.sonde.yaml")
    assert result.code == 78, str(result)
    assert result.err.startswith("lan.sonde.yaml:2:11: error[missing-key]: source 'nmap-xml' needs"), str(result)


def test_a_source_by_itself_tells_that_its_report_was_cut(sonde):
    text = (DATA / "masscan.xml").read_text()
    (sonde.folder / "cut.xml").write_text(text[:text.index("192.0.2.22")])
    (sonde.folder / "cut.sonde.yaml").write_text(f"""version: 1
targets: [{{use: nmap-xml, options: {{files: [cut.xml]}}}}]
stages: [{{use: nmap-xml, options: {{mode: import, files: ["{DATA / 'down.xml'}"]}}}}]
outputs: [{{use: json, options: {{path: records.json, hosts: all}}}}]
""")
    result = sonde.call("run", "cut.sonde.yaml", "--format", "none")
    assert result.code == 0 and "warning[source-warning]" in result.err
    assert "cut.xml: it ends in the middle" in result.err and "its 4 whole hosts are used" in result.err, str(result)
    assert [r["ip"] for r in records(sonde)] == ["192.0.2.20", "192.0.2.21"]


def test_what_is_no_report_is_refused_by_its_name(sonde):
    (sonde.folder / "scan.xml.gz").write_bytes(b"\x1f\x8b\x08\x00")
    result = imported(sonde, ["scan.xml.gz"])
    assert result.code == 78 and result.ids() == ["source-failed"], "once, though the stage reads it too"
    assert "it is compressed (gzip): unpack it first" in result.err
    for command in ("run", "validate", "plan"):
        result = sonde.call(command, TREE / "pipelines/import.sonde.yaml", REPORT=str(sonde.folder / "missing.xml"))
        assert result.code == 78 and result.ids() == ["source-failed"], str(result)
        assert "/missing.xml: cannot be read" in result.err, str(result)


def test_import_needs_no_right_and_says_so(sonde):
    shutil.copy(DATA / "masscan.xml", sonde.folder)
    assert imported(sonde, ["masscan.xml"], before=("unshare", "--user", "--net")).code == 0
    shown = sonde.call("plan", "import.sonde.yaml").out
    assert "needs    files\n" in shown and "CAP_NET_RAW" not in shown and "packets  0\n" in shown


@pytest.mark.parametrize("options, words", [
    ("{args: [-oN, x]}", "an entry of option 'args': '-oN' is not permitted: results become fields of the record"),
    ("{args: [10.0.0.0/8]}", "an entry of option 'args': '10.0.0.0/8' is not permitted: it is no option of nmap"),
    ("{mode: import}", "mode: import needs the option 'files'"),
    ("{nmap: /nowhere/nmap}", "there is no nmap at /nowhere/nmap"),
])
def test_options_that_cannot_work_end_the_run_before_it_begins(sonde, options, words):
    sonde.pipeline(f"{{use: nmap-xml, options: {options}}}")
    result = sonde.call("run", "lan.sonde.yaml")
    assert result.code in (77, 78) and words in result.err, str(result)
    assert not sonde.out.exists()


def test_a_large_report_needs_tens_of_megabytes(sonde):
    path, host = sonde.folder / "large.xml", (
        "<host><status state='up' reason='echo-reply'/><address addr='10.{}.{}.{}' addrtype='ipv4'/><ports>"
        + "".join(f"<port protocol='tcp' portid='{p}'><state state='open'/><service name='{'x' * 90}'/></port>"
                  for p in range(1, 41)) + "</ports></host>\n")
    with path.open("w") as file:
        file.write("<nmaprun scanner='nmap'>\n")
        for n in range(20_000):
            file.write(host.format(n >> 16, n >> 8 & 255, n & 255))
        file.write("</nmaprun>\n")
    size = path.stat().st_size
    assert size > 100 << 20
    (sonde.folder / "large.sonde.yaml").write_text("""version: 1
targets: [10.0.0.0/30]
stages: [{use: nmap-xml, options: {mode: import, files: [large.xml]}}]
outputs: [{use: json, options: {path: records.json}}]
""")
    run = subprocess.Popen(sonde.command("run", "large.sonde.yaml", "--format", "none"), cwd=sonde.folder,
                           env=sonde.environment({}), stdin=subprocess.DEVNULL)
    _, status, used = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    assert run.returncode == 0
    assert len(records(sonde)) == 2
    if not any(name.endswith("SAN_OPTIONS") for name in os.environ):  # sanitizers keep what was freed
        assert used.ru_maxrss < 64 << 10, f"{used.ru_maxrss} KiB for a report of {size} bytes"
