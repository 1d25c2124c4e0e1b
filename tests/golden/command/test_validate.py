"""What validates starts: `validate`, `plan` and `run` tell the same mistakes of a file, all at once, at the option."""
import re

import pytest
from conftest import WITHOUT_RIGHTS

PLACE = re.compile(r"^(\S+?):(\d+):(\d+): error\[([a-z-]+)\]: (.*)$", re.MULTILINE)
RULES = """version: 1
targets: [127.0.0.1]
stages:
  - {use: nmap-xml, options: {mode: import}}
  - {use: nmap-xml, name: two, options: {files: [scan.xml]}}
  - use: snmp
    options:
      community: public
      user: lab
      auth_key: short
      priv_protocol: AES
  - use: snmp
    name: more
    options:
      version: "3"
      credentials:
        - {community: one}
        - {version: "2c", user: lab}
        - {}
  - {use: snmp, name: mute, options: {discover: false}}
"""
PLUGINS = """version: 1
targets: [127.0.0.1]
stages:
  - use: nmap-xml
    options:
      args: [-T4, -A]
  - use: nmap-xml
    name: reports
    options: {mode: import, files: [missing.xml]}
  - {use: snmp, options: {oids: [sysName, sysname]}}
  - {use: arp-oui, optional: true, options: {oui_files: [none.csv]}}
"""


def told(sonde, command, text, **more):
    """(line, column, id, text) of each error."""
    (sonde.folder / "lan.sonde.yaml").write_text(text)
    result = sonde.call(command, "lan.sonde.yaml", **more)
    assert result.code == 78, str(result)
    assert not sonde.out.exists()
    return [(int(line), int(column), name, said) for _, line, column, name, said in PLACE.findall(result.err)]


@pytest.mark.parametrize("command", ["validate", "plan", "run"])
def test_what_the_schema_declares_is_told_all_at_once(sonde, command):
    assert told(sonde, command, RULES) == [
        (4, 31, "missing-key", "stage 'nmap-xml': mode: import needs the option 'files'"),
        (5, 42, "option-conflict", "stage 'two': 'files' does not go with mode: run"),
        (9, 7, "option-conflict", "stage 'snmp': 'community' and 'user' do not go together"),
        (10, 17, "bad-value", "stage 'snmp': option 'auth_key' takes text of at least 8 characters, found 5"),
        (11, 7, "missing-key", "stage 'snmp': 'priv_protocol' needs the option 'priv_key'"),
        (15, 7, "missing-key", "stage 'more': version: 3 needs the option 'user'"),
        (18, 12, "missing-key", "stage 'more': 'credentials': version: 2c needs the option 'community'"),
        (19, 11, "missing-key", "stage 'more': 'credentials' needs one of the options 'community' or 'user'"),
        (20, 39, "missing-key", "stage 'mute': discover: false needs one of the options 'community', 'user' or "
                                "'credentials'"),
    ]


@pytest.mark.parametrize("command", ["validate", "plan", "run"])
def test_what_only_the_plugins_can_judge_is_told_all_at_once(sonde, command):
    found = told(sonde, command, PLUGINS)
    assert [(line, column, name) for line, column, name, _ in found] == [
        (6, 19, "stage-config"), (9, 37, "stage-config"), (10, 43, "stage-config"), (11, 58, "stage-config")]
    said = [text for *_, text in found]
    assert said[0].startswith("stage 'nmap-xml': an entry of option 'args': '-A' is not permitted: write the option `os:")
    assert said[1].startswith("stage 'reports': an entry of option 'files': ")
    assert said[1].endswith("/missing.xml: cannot be read: No such file or directory")
    assert said[2].startswith("stage 'snmp': an entry of option 'oids': 'sysname' is neither an OID such as 1.3.6.1")
    assert said[3].startswith("stage 'arp-oui': an entry of option 'oui_files': cannot read "), "optional is for machines"


SEVERAL = """version: 1
targets: [127.0.0.1]
stages:
  - use: nmap-xml
    options:
      args: [-A, -T4, -oN x]
  - use: nmap-xml
    name: reports
    options: {mode: import, files: [missing.xml, gone.xml]}
  - {use: snmp, options: {oids: [sysname, sysName, 1.2.x]}}
  - {use: arp-oui, options: {oui_files: [none.csv, neither.csv]}}
  - {use: rdns, options: {servers: [10.0.0.1]}}
  - {use: snmp, name: wrong, options: {tries: 9}}
outputs: [{use: json, options: {hosts: some}}]
"""


@pytest.mark.parametrize("command", ["validate", "plan", "run"])
def test_every_entry_of_a_list_is_told_beside_what_the_schema_finds(sonde, command):
    found = told(sonde, command, SEVERAL)
    assert [place[:3] for place in found] == [
        (6, 14, "stage-config"), (6, 23, "stage-config"), (9, 37, "stage-config"), (9, 50, "stage-config"),
        (10, 34, "stage-config"), (10, 52, "stage-config"), (11, 42, "stage-config"), (11, 52, "stage-config"),
        (13, 47, "bad-value"), (14, 40, "bad-value")], found
    said = [text for *_, text in found]
    assert said[0].startswith("stage 'nmap-xml': an entry of option 'args': '-A' is not permitted")
    assert said[1].startswith("stage 'nmap-xml': an entry of option 'args': '-oN x' is not permitted")
    assert "/missing.xml: cannot be read" in said[2] and "/gone.xml: cannot be read" in said[3]
    assert "'sysname' is neither an OID" in said[4] and "'1.2.x' is neither an OID" in said[5]
    assert "/none.csv" in said[6] and "/neither.csv" in said[7]


def test_values_that_could_not_be_read_are_not_judged(sonde):
    text = """version: 1
targets: [127.0.0.1]
stages: [{use: nmap-xml, options: {args: ["${NOT_SET}"]}}]
"""
    assert [place[2] for place in told(sonde, "validate", text)] == ["unset-variable"]


def test_a_word_that_is_a_whole_number_needs_no_quotes(sonde):
    sonde.pipeline("{use: snmp, options: {version: 3, user: lab}}")
    assert sonde.call("validate", "lan.sonde.yaml").code == 0
    sonde.pipeline("{use: snmp, options: {version: 2, community: public}}")
    result = sonde.call("validate", "lan.sonde.yaml")
    assert result.code == 78 and result.ids() == ["wrong-type"], str(result)
    sonde.pipeline("{use: snmp, options: {version: 3.0, user: lab}}")
    result = sonde.call("validate", "lan.sonde.yaml")
    assert "found the number 3" in result.err and "goes in quotes" in result.err, str(result)


def test_what_this_machine_lacks_is_no_mistake_of_the_file(sonde):
    sonde.pipeline("{use: icmp}\n  - {use: nmap-xml, options: {nmap: /nowhere/nmap, os: true, args: [-sS]}}")
    for command in ("validate", "plan"):
        result = sonde.call(command, "lan.sonde.yaml", before=WITHOUT_RIGHTS)
        assert result.code == 0 and "error" not in result.err, str(result)
    assert not sonde.out.exists()
    result = sonde.run(before=WITHOUT_RIGHTS)
    assert result.code == 77 and result.ids() == ["needs-raw-socket", "stage-unavailable"], str(result)
    assert "there is no nmap at /nowhere/nmap" in result.err
    doctor = sonde.call("doctor", "lan.sonde.yaml", before=WITHOUT_RIGHTS)
    assert "missing  stage icmp" in doctor.out and "missing  stage nmap-xml" in doctor.out, str(doctor)


def test_a_mistake_in_a_stage_that_is_switched_off_can_wait(sonde):
    sonde.pipeline("{use: sleepy}\n  - {use: nmap-xml, enabled: false, options: {args: [-A]}}")
    assert sonde.call("validate", "lan.sonde.yaml").code == 0


def test_an_option_of_the_environment_and_of_the_command_line_has_its_place(sonde):
    sonde.pipeline("{use: nmap-xml, options: {args: [\"${ARGUMENT}\"]}}")
    result = sonde.call("validate", "lan.sonde.yaml", ARGUMENT="-A")
    assert result.code == 78 and "lan.sonde.yaml:5:38: error[stage-config]" in result.err, str(result)
    assert sonde.call("validate", "lan.sonde.yaml", ARGUMENT="-T4").code == 0
    result = sonde.call("validate", "lan.sonde.yaml", "--set", "nmap-xml.args=-A", ARGUMENT="-T4")
    assert result.code == 78 and "--set nmap-xml.args" in result.err, str(result)
    sonde.pipeline("{use: snmp, options: {user: lab, auth_key: \"${KEY}\"}}")
    result = sonde.call("validate", "lan.sonde.yaml", KEY="hunter2")
    assert result.code == 78 and "at least 8 characters, found 7" in result.err and "hunter2" not in result.err, str(result)
    assert sonde.call("validate", "lan.sonde.yaml", KEY="").code == 0, "a variable that holds nothing gives nothing"


def test_describe_states_the_rules(sonde):
    out = sonde.call("describe", "snmp").out
    for rule in ("auth_key needs user", "community and user do not go together",
                 "credentials[]: community or user is needed", "version: 1 or 2c needs community"):
        assert f"\n  {rule}" in out, out
    assert "\n  mode: import needs files\n" in sonde.call("describe", "nmap-xml").out


def test_outputs_are_asked_too(sonde):
    sonde.pipeline("{use: sleepy}", outputs="{use: fixture-lines, options: {path: lines.txt, fail: create}}")
    for command in ("validate", "plan", "run"):
        result = sonde.call(command, "lan.sonde.yaml")
        assert result.code == 78 and result.ids() == ["stage-config"], str(result)
        assert "lan.sonde.yaml:7:59: error[stage-config]: output 'fixture-lines': option 'fail': asked to fail" in result.err
        assert not (sonde.out / "lines.txt").exists()
