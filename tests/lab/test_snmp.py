"""SNMP: whole records of the real agent and of devices with bad habits, secrets that stay secret, and 4096 agents of
the routed /16 without a loss."""
import json
import re
import shutil

import pytest
from conftest import repeat

from harness.sonde import Sonde
from harness.snmp_lan import CLONED_ENGINE, CLONES, CLOSED, NO_BULK, REAL, SWITCH, USERS, SnmpLan
from harness.wide_net import RoutedNet

SYSTEM = {"sysDescr": "Lab switch 24 ports", "sysObjectID": "1.3.6.1.4.1.8072.3.2.10", "sysName": "core-switch",
          "sysContact": "lab@example.org", "sysLocation": "rack 4", "enterprise": 8072, "maker": "Net-SNMP"}
LINUX = {"name": "Linux", "source": "snmp"}


@pytest.fixture(scope="module")
def net():
    with SnmpLan() as lab:
        yield lab


@pytest.fixture(scope="module")
def engine_id(net):
    """Of the real agent, by net-snmp's own tools."""
    line = net.scanner.run("snmpget", "-v2c", "-c", "public", "-Onx", REAL, "1.3.6.1.6.3.10.2.1.1.0")
    return "0x" + "".join(line.partition("Hex-STRING:")[2].split()).lower()


@pytest.fixture
def ask(net, binary, write):
    """ask(options, addresses, ...): a run of the one stage; the options as YAML in flow style."""
    def run(options, addresses=(REAL,), directory="out", expect=0, extra=()):
        pipeline = write("snmp.sonde.yaml", f"""
version: 1
targets: {json.dumps(list(addresses))}
limits: {{packets_per_second: unlimited}}
stages: [{{use: snmp, options: {options}}}]
outputs: [{{use: json, options: {{path: inventory.json, hosts: known, columns: [ip, alive, hostname, os, snmp]}}}}]
""")
        shutil.rmtree(net.folder(directory))
        return Sonde(binary, net.scanner).run(pipeline, net.dir / directory, expect=expect, extra=extra)
    return run


def plain(record):
    """The record without its clock, which must be there."""
    record = json.loads(json.dumps(record))
    assert record["snmp"].pop("sysUpTime") >= 0
    return record


def outcomes(result):
    return {name: count for name, count in result.document["stages"][0]["outcomes"].items() if count}


@pytest.mark.parametrize("options,version", [
    ("{community: public}", "2c"), ('{community: public, version: "1"}', "1"),
    ("{user: lab, auth_key: labauthpass, priv_key: labprivpass}", "3 authPriv")])
def test_the_real_agent(ask, engine_id, options, version):
    result = ask(options)
    assert plain(result.records[REAL]) == {"ip": REAL, "alive": True, "hostname": "core-switch", "os": LINUX,
                                           "snmp": {**SYSTEM, "version": version, "engineID": engine_id}}
    assert outcomes(result) == {"positive": 1}


@pytest.mark.parametrize("user", USERS)
def test_every_digest_and_cipher(ask, user):
    digest, cipher = USERS[user]
    keys = f", auth_protocol: {digest}, auth_key: labauthpass" if digest else ""
    keys += f", priv_protocol: {cipher}, priv_key: labprivpass" if cipher else ""
    record = ask(f"{{user: {user}{keys}, tables: [interfaces]}}").records[REAL]
    assert record["snmp"]["version"] == "3 " + ("authPriv" if cipher else "authNoPriv" if digest else "noAuthNoPriv")
    assert record["hostname"] == "core-switch" and record["snmp"]["interfaces"][0]["name"] == "lo"


@pytest.mark.parametrize("options,refused", [
    ("{community: wrong}", None),
    ("{user: nobody, auth_key: labauthpass}", "v3 user nobody: unknown user"),
    ("{user: lab, auth_key: wrongauthpass, priv_key: labprivpass}", "v3 user lab: wrong auth_key or auth_protocol"),
    ("{user: lab, auth_protocol: SHA-256, auth_key: labauthpass}", "v3 user lab: wrong auth_key or auth_protocol"),
    ("{user: sha, auth_key: labauthpass, priv_key: labprivpass}", "v3 user sha: security level not permitted")])
def test_what_is_refused(ask, engine_id, options, refused):
    result = ask(options)
    snmp = {"engineID": engine_id, **({"refused": [refused]} if refused else {})}
    assert result.records[REAL] == {"ip": REAL, "alive": True, "snmp": snmp}
    assert outcomes(result) == {"negative": 1}


REFUSED_BY_ALL = "the one host that runs an SNMP agent took none of the credentials: check the community"
SILENT_TO_ALL = "the one host that is alive answered none of the credentials: the community may be wrong"


def test_a_credential_that_nobody_takes_is_told_once(ask, net, binary, write):
    assert ask("{community: wrong, timeout: 200ms}").err.count("took none") == 1
    assert REFUSED_BY_ALL in ask("{community: wrong, timeout: 200ms}").err
    assert REFUSED_BY_ALL in ask("{user: lab, auth_key: wrongauthpass}").err
    # Of a device without v3 nothing is heard; that it is alive, another stage has found out.
    pipeline = write("silent.sonde.yaml", f'''
version: 1
targets: ["{REAL}"]
stages: [{{use: icmp}}, {{use: snmp, options: {{community: wrong, discover: false, timeout: 200ms}}}}]
outputs: [{{use: json, options: {{path: inventory.json}}}}]
''')
    result = Sonde(binary, net.scanner).run(pipeline, net.folder("silent"))
    assert SILENT_TO_ALL in result.err and result.records[REAL]["alive"] is True
    for good in ("{community: public}", "{credentials: [{community: wrong}, {community: public}], timeout: 200ms}", "{}"):
        assert "of the credentials" not in ask(good).err
    assert "of the credentials" not in ask("{community: public}", [CLOSED]).err, "nothing listens there: that is an answer"


def test_a_stage_without_credentials_finds_engine_ids(ask, engine_id):
    result = ask("{}")
    assert result.records[REAL] == {"ip": REAL, "alive": True, "snmp": {"engineID": engine_id}}
    assert outcomes(result) == {"positive": 1}


def test_a_wrong_cipher_key_is_no_value(ask, engine_id):
    # net-snmp's agent says nothing to what it cannot decrypt, or reports it: both are no.
    record = ask("{user: lab, auth_key: labauthpass, priv_key: wrongprivpass, timeout: 200ms}").records[REAL]
    assert set(record["snmp"]) == {"engineID", "refused"}
    assert record["snmp"]["refused"][0] in ("v3 user lab: no answer", "v3 user lab: wrong priv_key or priv_protocol")


def test_credentials_in_order(ask, engine_id):
    record = ask("{credentials: [{community: public}, {user: nobody}, "
                 "{user: lab, auth_key: labauthpass, priv_key: labprivpass}]}").records[REAL]
    assert record["snmp"]["version"] == "3 authPriv", "users go first, and the community is not sent"


def test_objects_by_name_and_number(ask, net):
    # 2021.4.5.0 is memTotalReal; snmpget tells what it is.
    expected = net.scanner.run("snmpget", "-v2c", "-c", "public", "-OnqvU", REAL, "1.3.6.1.4.1.2021.4.5.0")
    snmp = ask("{community: public, oids: [sysServices, snmpEngineBoots, 1.3.6.1.4.1.2021.4.5.0, hrSystemDate, "
               "1.3.6.1.2.1.1.99.0]}").records[REAL]["snmp"]
    assert snmp["1.3.6.1.4.1.2021.4.5.0"] == int(expected.split()[0])
    assert snmp["sysServices"] == 72 and snmp["snmpEngineBoots"] >= 1
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d[+-]\d\d:\d\d", snmp["hrSystemDate"])
    assert "1.3.6.1.2.1.1.99.0" not in snmp


def test_tables_of_the_real_agent(ask, net):
    net.devices.run("ip", "neigh", "replace", "192.0.2.7", "lladdr", "02:00:00:00:00:07", "dev", "eth0")
    snmp = ask("{community: public, tables: [interfaces, addresses, arp]}").records[REAL]["snmp"]
    links = json.loads(net.devices.run("ip", "-j", "addr"))
    assert [(row["index"], row["name"], row.get("mac", "00:00:00:00:00:00")) for row in snmp["interfaces"]] == \
        [(link["ifindex"], link["ifname"], link["address"].upper()) for link in links]
    expected = {(info["local"], info["prefixlen"], link["ifindex"]) for link in links for info in link["addr_info"]
                if info["family"] == "inet"}
    found = {(row["address"], row["prefix"], row["interface"]) for row in snmp["addresses"]}
    assert expected <= found
    assert {"address": "192.0.2.7", "mac": "02:00:00:00:00:07", "interface": links[1]["ifindex"]} in snmp["arp"]
    assert "incomplete" not in snmp


TABLES = {
    "interfaces": [{"index": port, "name": f"Gi0/{port}", "descr": f"GigabitEthernet0/{port}", "type": 6,
                    "mac": f"00:1B:0C:00:00:{port:02X}", "admin": "up", "oper": "up" if port <= 12 else "down",
                    "speed": 1000000000} for port in range(1, 25)],
    "arp": [{"address": f"192.0.2.{host}", "mac": f"02:00:00:00:02:{host:02X}", "interface": 1}
            for host in range(1, 16)],
    "entity": [{"index": 1, "class": "chassis", "name": "1", "descr": "Lab switch", "maker": "Cisco",
                "model": "WS-C2960X-24TS-L", "serial": "FOC1932X0AB", "software": "15.2(7)E4"}],
    "lldp": [{"local_port": "Gi0/1", "chassis": "00:1B:0D:00:00:01", "port": "Gi1/0/48", "port_descr": "to access",
              "name": "distribution", "descr": "Lab router", "address": "192.0.2.250"}],
    "serial": "FOC1932X0AB", "model": "WS-C2960X-24TS-L"}


@pytest.mark.parametrize("address,version", [(SWITCH, "2c"), (NO_BULK, "2c"), (SWITCH, "1")])
def test_tables_of_a_switch(ask, address, version):
    """The same whether it takes GETBULK, drops it, or speaks v1 alone."""
    result = ask(f'{{community: public, version: "{version}", timeout: 150ms, '
                 "tables: [interfaces, arp, entity, lldp]}", [address])
    assert plain(result.records[address]) == {
        "ip": address, "alive": True, "hostname": "switch-" + address.rpartition(".")[2],
        "snmp": {"sysDescr": "Lab switch 24 ports", "sysObjectID": "1.3.6.1.4.1.9.1.516", "enterprise": 9,
                 "maker": "Cisco", "sysName": "switch-" + address.rpartition(".")[2], "sysContact": "lab@example.org",
                 "sysLocation": "rack 4", "version": version, "engineID": "0x80001f8804" + address.encode().hex(),
                 **TABLES}}


def test_limits_are_told(ask):
    snmp = ask("{community: public, max_rows: 5, tables: [arp]}", [SWITCH]).records[SWITCH]["snmp"]
    assert len(snmp["arp"]) == 5 and snmp["incomplete"] == {"arp": "more than 5 rows"}


def test_what_imitates_an_agent_is_one(net):
    """net-snmp's own tools read it, over GETBULK and GETNEXT."""
    bulk = net.scanner.run("snmpbulkwalk", "-v2c", "-c", "public", "-On", SWITCH, "1.3.6.1.2.1")
    plainly = net.scanner.run("snmpwalk", "-v1", "-c", "public", "-On", SWITCH, "1.3.6.1.2.1")
    rows = [line for line in bulk.splitlines() if line.startswith(".1.3") and "No more variables" not in line]
    assert len(rows) == 6 + 24 * 9 + 15 + 7
    assert [line for line in plainly.splitlines() if line.startswith(".1.3")] == rows


def test_a_closed_port_is_an_answer(ask):
    result = ask("{community: public, timeout: 5s}", [CLOSED])
    assert result.records[CLOSED] == {"ip": CLOSED, "alive": True}
    assert outcomes(result) == {"negative": 1} and result.seconds < 4


def test_cloned_engine_ids_are_flagged(ask):
    records = ask("{community: public}", CLONES).records
    assert [records[address]["snmp"]["engineID"] for address in CLONES] == ["0x" + CLONED_ENGINE] * 2
    flags = [records[address]["snmp"].get("engineIDAlsoAt") for address in CLONES]
    assert flags in ([None, CLONES[0]], [CLONES[1], None]), "whoever answered second"


def test_secrets_stay_secret(ask, net, monkeypatch):
    secrets = {"LAB_COMMUNITY": "wrong-community-4711", "LAB_AUTH": "labauthpass", "LAB_PRIV": "labprivpass"}
    for key, value in secrets.items():
        (net.dir / ".env").open("a").write(f"{key}={value}\n")
    result = ask('{credentials: [{community: "${LAB_COMMUNITY}"}, {user: nobody, auth_key: "${LAB_AUTH}"}, '
                 '{user: lab, auth_key: "${LAB_AUTH}", priv_key: "${LAB_PRIV}"}], tables: [interfaces]}',
                 directory="secrets", extra=["--log-level", "debug"])
    (net.dir / ".env").unlink()
    assert outcomes(result) == {"positive": 1}
    files = [path for path in result.directory.rglob("*") if path.is_file()]
    assert any("journal" in str(path) for path in files)
    for text in [result.out, result.err, *[path.read_text(errors="replace") for path in files]]:
        for secret in secrets.values():
            assert secret not in text


def test_no_configuration_is_touched(ask, net, binary, write):
    """Neither the user's nor the system's configuration, MIBs, or the state of engines, for v3 as well."""
    trace = net.folder("trace") / "files"
    home = net.folder("home")
    (home / ".snmp").mkdir()
    (home / ".snmp" / "snmp.conf").write_text("defCommunity fromhome\n")
    pipeline = write("trace.sonde.yaml", f"""
version: 1
targets: [{REAL}]
stages: [{{use: snmp, options: {{user: lab, auth_key: labauthpass, priv_key: labprivpass, tables: [interfaces]}}}}]
outputs: [{{use: json, options: {{path: inventory.json}}}}]
""")
    traced = Sonde(binary, net.scanner, before=["strace", "-f", "-qq", "-e", "trace=file", "-o", trace, "env",
                                                f"HOME={home}", f"SNMPCONFPATH={home}", f"SNMP_PERSISTENT_DIR={home}"])
    result = traced.run(pipeline, net.folder("traced"))
    assert result.records[REAL]["hostname"] == "core-switch"
    lines = trace.read_text().splitlines()
    assert any("/snmp.so" in line for line in lines), "the trace saw the plugin"
    touched = [line for line in lines if re.search(r"snmp|mibs", line, re.IGNORECASE)
               and not re.search(r"/snmp\.so|libnetsnmp\.so|execve\(", line)]
    assert touched == []
    assert sorted(path.name for path in home.rglob("*")) == [".snmp", "snmp.conf"]


@pytest.fixture(scope="module")
def wide():
    with RoutedNet() as lab:
        lab.target.wait_listening(lab.target.script("agent.py", "--any"), "udp/161")
        yield lab


def test_the_wide_agents_are_agents(wide):
    for address in sorted(wide.alive)[::1024]:
        out = wide.scanner.run("snmpget", "-v2c", "-c", "public", "-Onqv", address, "1.3.6.1.2.1.1.5.0",
                               "1.3.6.1.2.1.1.1.0")
        assert out.splitlines() == [f'"agent-{address.replace(".", "-")}"', '"Lab switch 24 ports"']


@pytest.mark.parametrize("number", range(repeat()))
def test_4096_agents(wide, binary, write, number):
    write("targets.txt", "\n".join(sorted(wide.alive)))
    pipeline = write("wide.sonde.yaml", """
version: 1
targets: ["@targets.txt"]
limits: {packets_per_second: unlimited}
stages: [{use: snmp, options: {community: public}}]
outputs: [{use: json, options: {path: inventory.json, hosts: known}}]
""")
    result = Sonde(binary, wide.scanner).run(pipeline, wide.folder(f"wide{number}"))
    found = {ip: (record["snmp"].get("sysName"), record["snmp"].get("sysDescr"), record["snmp"].get("engineID"))
             for ip, record in result.records.items()}
    assert found == {address: ("agent-" + address.replace(".", "-"), "Lab switch 24 ports",
                               "0x80001f8804" + address.encode().hex()) for address in wide.alive}
    assert outcomes(result) == {"positive": 4096}
