"""tcp-syn: what it says of each kind of port and host, that nothing else is touched, and that tcp-banner with
`ports: found` connects to what it found and to nothing more. LAB_REPEAT=10 for the full ten of ten (3 unless set)."""
import os

import pytest
from conftest import repeat
from harness import daemons, impair, meters
from harness.namespaces import Lab, connect
from harness.sonde import INVENTORY, UNPRIVILEGED, Sonde
from test_budgets import estimates

SCANNER, V6 = "192.0.2.2", "2001:db8:2::"
PORTS = [22, 80, 443, 3389, 445]
FLAGGED = {"answers_all": True}


class SynNet(Lab):
    """One link with hosts of every habit, and a router behind which stand one more host and a network that the router
    refuses."""

    def __init__(self):
        super().__init__()
        try:
            self.switch, self.scanner = self.namespace("switch"), self.namespace("scanner")
            self.switch.ip("link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br0 up")
            self.plugged = 0
            self.plug(self.scanner, 2)
            self.router = self.host("router", 1)
            self.scanner.ip("route add default via 192.0.2.1")
            self.router.sysctl({"net.ipv4.ip_forward": 1})
            self.router.ip("route add unreachable 203.0.113.0/24")
            self.web = self.host("web", 10)            # 22 and 80 open, the others refuse
            self.quiet = self.host("quiet", 11)        # 22 open, 443 dropped, the others refuse
            self.strict = self.host("strict", 12)      # 22 open; 80 and 443 forbidden by two kinds of ICMP error
            self.proxy = self.host("proxy", 13)        # every port accepts
            self.printer = self.host("printer", 14)    # 9100 open
            self.busy = self.host("busy", 15)          # all asked ports are open, no other
            self.dark = self.host("dark", 16)          # drops all TCP
            self.far = self.namespace("far")           # 198.51.100.7, behind the router: 80 open
            connect(self.far, "eth0", self.router, "far0")
            self.far.ip("addr add 198.51.100.7/24 dev eth0", "route add default via 198.51.100.1")
            self.router.ip("addr add 198.51.100.1/24 dev far0")
            for host, ports in ((self.web, (22, 80)), (self.quiet, (22,)), (self.strict, (22,)), (self.proxy, (7,)),
                                (self.printer, (9100,)), (self.busy, PORTS), (self.far, (80,))):
                daemons.servers(host, *[f"{port}=hold" for port in ports])
            self.guard(self.quiet, "inet", "tcp dport 443 drop")
            self.guard(self.strict, "inet", "tcp dport 80 reject with icmpx type admin-prohibited",
                       "tcp dport 443 reject with icmpx type port-unreachable")
            self.guard(self.dark, "inet", "meta l4proto tcp drop")
            self.proxy.nft("table inet proxy {\n chain in {\n  type nat hook prerouting priority -100;\n"
                           "  meta l4proto tcp redirect to :7\n }\n}\n")
        except BaseException:
            self.__exit__()
            raise

    def plug(self, host, last):
        port = f"p{self.plugged}"
        self.plugged += 1
        connect(host, "eth0", self.switch, port)
        self.switch.ip(f"link set {port} master br0")
        host.ip(f"addr add 192.0.2.{last}/24 dev eth0", f"addr add {V6}{last}/64 dev eth0 nodad")

    def host(self, role, last):
        host = self.namespace(role)
        self.plug(host, last)
        return host

    @staticmethod
    def guard(host, family, *rules):
        lines = "\n".join(rules)
        host.nft(f"table {family} guard {{\nchain in {{\n type filter hook input priority 0;\n{lines}\n}}\n}}\n")


@pytest.fixture(scope="module")
def net(lab_is_possible):
    with SynNet() as lab:
        yield lab


@pytest.fixture
def sonde(binary, net):
    return Sonde(binary, net.scanner)


@pytest.fixture
def scan(net, sonde, write):
    """scan(stages, *targets): the records of a run, by address, with details."""
    def go(stages, *targets, name="syn", more="", user=None):
        text = f"""
version: 1
targets: [{", ".join(f'"{target}"' for target in targets)}]
{more}
stages: [{stages}]
outputs: [{{use: json, options: {{path: inventory.json, hosts: known, detail: true}}}}]
"""
        folder = net.folder(name)
        if not user:
            return sonde.run(write(f"{name}.sonde.yaml", text), folder)
        os.chown(folder, 1000, 1000)
        (net.dir / f"{name}.sonde.yaml").write_text(text)
        return user.run(net.dir / f"{name}.sonde.yaml", folder)
    return go


def syns(frames, target, port=None):
    return [frame for frame in frames if frame["kind"] == "tcp" and frame["flags"] == "S" and frame["dst"] == target
            and (port is None or frame["dport"] == port)]


def ports_of(record):
    """(open, closed, everything that gave no answer of its own)"""
    tcp = record.get("tcp", {"closed": [], "silent": []})
    return record.get("ports", []), tcp["closed"], sorted(tcp["silent"] + tcp.get("filtered", []))


BY_ARP, BY_KERNEL = "{use: arp-oui}, {use: tcp-syn, options: {timeout: 500ms}}", "{use: tcp-syn, options: {timeout: 500ms}}"


@pytest.mark.parametrize("stages", [BY_ARP, BY_KERNEL], ids=["by-mac", "by-the-kernel"])
@pytest.mark.parametrize("base", ["192.0.2.", V6], ids=["ipv4", "ipv6"])
def test_each_kind_of_port(scan, net, base, stages):
    hosts = {last: f"{base}{last}" for last in (10, 11, 12, 15, 16)}
    found = scan(stages, *hosts.values(), name=f"kinds-{len(base)}-{len(stages)}").records
    assert ports_of(found[hosts[10]]) == ([22, 80], [443, 445, 3389], [])
    assert found[hosts[11]]["tcp"] == {"closed": [80, 445, 3389], "silent": [443]}
    assert found[hosts[12]]["tcp"] == {"closed": [445, 3389], "silent": [], "filtered": [80, 443]}
    assert found[hosts[15]]["ports"] == sorted(PORTS) and "tcp-syn" not in found[hosts[15]]
    assert [found[hosts[last]]["alive"] for last in (10, 11, 12, 15)] == [True] * 4
    silent = found.get(hosts[16], {})
    assert "ports" not in silent and "tcp" not in silent


def test_a_host_that_answers_for_every_port_is_flagged_and_not_believed(scan):
    result = scan("{use: tcp-syn}, {use: tcp-banner, options: {ports: found}}", "192.0.2.13", f"{V6}13", name="proxy")
    for address in ("192.0.2.13", f"{V6}13"):
        record = result.records[address]
        assert record["tcp-syn"] == FLAGGED
        assert "ports" not in record and "alive" not in record and "banners" not in record
    assert "accepts every port of some addresses" in result.err


def test_flagged_hosts_can_be_chosen_by_when(scan):
    """Who wants to look behind a proxy all the same says so."""
    stages = "{use: tcp-syn}, {use: tcp-banner, when: tcp-syn.answers_all, options: {ports: 80, banner: false}}"
    found = scan(stages, "192.0.2.10", "192.0.2.13", name="behind").records
    assert found["192.0.2.13"]["ports"] == [80]
    assert [entry["outcome"] for entry in found["192.0.2.10"]["evidence"]] == ["positive", "skipped: when"]


def test_routers_and_what_they_refuse(scan):
    stages = "{use: tcp-syn, options: {timeout: 400ms}}"
    result = scan(stages, "198.51.100.7", "203.0.113.9", name="routed")
    assert ports_of(result.records["198.51.100.7"]) == ([80], [22, 443, 445, 3389], [])
    # Somebody else's "unreachable" says nothing about the host.
    assert result.records.get("203.0.113.9", {}).get("alive") is not True
    assert result.document["stages"][0]["outcomes"]["no_answer"] == 1


def test_the_same_as_connects(scan):
    targets = ["192.0.2.1", "192.0.2.10-12", "192.0.2.14-16", "198.51.100.7", f"{V6}10", f"{V6}11", f"{V6}15"]
    by_syn = scan("{use: tcp-syn, options: {timeout: 500ms}}", *targets, name="same-syn").records
    by_connect = scan("{use: tcp-banner, options: {banner: false, timeout: 500ms}}", *targets, name="same-tcp").records
    assert len(by_connect) == 10
    assert {ip: ports_of(record) for ip, record in by_syn.items() if "tcp" in record} == \
           {ip: ports_of(record) for ip, record in by_connect.items() if "tcp" in record}


def test_both_stages_make_one_record(scan):
    record = scan("{use: tcp-syn}, {use: tcp-banner, options: {ports: found}}", "192.0.2.10", name="both").records["192.0.2.10"]
    assert record["ports"] == [22, 80]
    assert sorted(record["services"]) == ["22/tcp", "80/tcp"]
    assert record["tcp"] == {"closed": [443, 445, 3389], "silent": []}


def test_found_connects_to_what_was_found_and_to_nothing_else(scan, net):
    stages = "{use: tcp-syn, options: {tries: 1}}, {use: tcp-banner, options: {ports: found, banner: false}}"
    with meters.Sniffer(net.quiet) as quiet, meters.Sniffer(net.dark) as dark:
        scan(stages, "192.0.2.11", "192.0.2.16", name="found", more="limits: {shards: 1}")  # one source port
    at_quiet = syns(quiet.frames, "192.0.2.11")
    source = {frame["sport"] for frame in syns(dark.frames, "192.0.2.16")}
    assert len(source) == 1 and len(syns(dark.frames, "192.0.2.16")) == len(PORTS)
    assert [frame["dport"] for frame in at_quiet if frame["sport"] not in source] == [22]


def test_found_asks_its_own_list_where_nobody_has_asked(scan, net, binary):
    """Not in the pipeline, not for this host, not allowed: three ways of not having been asked."""
    fallback = "{use: tcp-banner, options: {ports: found, fallback_ports: '80,81', banner: false}}"
    alone = scan(fallback, "192.0.2.10", name="alone").records["192.0.2.10"]
    assert (alone["ports"], alone["tcp"]["closed"]) == ([80], [81])
    other = scan("{use: tcp-syn, when: ip in 192.0.2.11/32}, " + fallback, "192.0.2.10-11", name="other").records
    assert (other["192.0.2.10"]["ports"], other["192.0.2.11"]["ports"]) == ([80], [22])
    plain = Sonde(binary, net.scanner, before=UNPRIVILEGED)
    result = scan("{use: tcp-syn, optional: true}, " + fallback, "192.0.2.10", name="plain", user=plain)
    assert result.records["192.0.2.10"]["ports"] == [80]
    assert "tcp-syn" in result.err and "CAP_NET_RAW" in result.err


def test_a_deadline_in_the_midst_of_the_ports_is_an_error_also_where_one_is_open(net, sonde, write):
    """What was learned stands all the same, and tcp-banner goes on from there."""
    pipeline = write("cut.sonde.yaml", """
version: 1
targets: [192.0.2.10]
limits: {packets_per_second: 100}
stages:
  - {use: tcp-syn, deadline: 2s, options: {ports: "22,1000-1999"}}
  - {use: tcp-banner, options: {ports: found, banner: false}}
outputs: [{use: json, options: {path: inventory.json, detail: true}}]
""")
    result = sonde.run(pipeline, net.folder("cut"), expect=1)
    record = result.records["192.0.2.10"]
    assert record["ports"] == [22] and len(record["tcp"]["unasked"]) > 500
    assert [entry["outcome"] for entry in record["evidence"]] == ["error", "positive"]
    assert "ports were not asked before the deadline" in result.err


def test_what_is_excluded_and_what_prints_is_not_touched(scan, net):
    stages = "{use: tcp-syn, options: {ports: '22,515,9100-9107'}}, {use: tcp-banner, options: {ports: found}}"
    with meters.Sniffer(net.printer) as printer, meters.Sniffer(net.web) as web:
        result = scan(stages, "192.0.2.10-14", name="touch", more='exclude: ["192.0.2.10"]')
    assert {frame["dport"] for frame in syns(printer.frames, "192.0.2.14")} == {22}
    assert syns(web.frames, "192.0.2.10") == []
    assert "192.0.2.10" not in result.records and "print-ports" in result.err
    with meters.Sniffer(net.printer) as allowed:
        found = scan(stages, "192.0.2.14", name="touch2", more="allow_print_ports: true").records
    assert found["192.0.2.14"]["ports"] == [9100] and syns(allowed.frames, "192.0.2.14", 9100)


def test_each_half_open_connection_is_taken_back(scan, net):
    """By an RST with the number that the SYN+ACK acknowledged; the kernel itself says nothing."""
    with meters.Sniffer(net.busy) as seen:
        scan(BY_ARP, "192.0.2.15", name="resets")
    asked = {frame["dport"] for frame in syns(seen.frames, "192.0.2.15")}
    resets = [frame["dport"] for frame in seen.frames if frame["kind"] == "tcp" and frame["flags"] == "R"
              and frame["dst"] == "192.0.2.15"]
    assert set(PORTS) < asked and len(asked) == len(PORTS) + 3
    assert sorted(resets) == sorted(PORTS)


def test_retries_are_spaced_and_silence_is_waited_for(scan, net):
    with meters.Sniffer(net.dark) as seen:
        result = scan("{use: tcp-syn, options: {ports: 22, tries: 3, interval: 200ms, timeout: 600ms}}", "192.0.2.16",
                      name="spaced")
    times = [frame["time"] for frame in syns(seen.frames, "192.0.2.16")]
    assert len(times) == 3
    assert all(0.19 < later - earlier < 0.4 for earlier, later in zip(times, times[1:]))
    assert result.seconds > 0.2 * 2 + 0.6
    assert len({frame["sport"] for frame in syns(seen.frames, "192.0.2.16")}) == 1


@pytest.fixture(scope="module")
def five_ports(routed):
    """All 4096 hosts of the routed /16 with all five ports open."""
    daemons.servers(routed.target, *[f"{port}=hold" for port in PORTS if port != 80])
    return routed


SWEEP = """
version: 1
targets: [{targets}]
limits: {{packets_per_second: {rate}, hosts_in_flight: 32768, shards: {shards}}}
stages: [{{use: tcp-syn, options: {{tries: {tries}, timeout: 800ms}}}}]
outputs: [{{use: json, options: {{path: inventory.json, hosts: known}}}}]
"""


@pytest.mark.parametrize("shards, number", [(1, 0)] + [(2, number) for number in range(repeat())])
def test_all_ports_of_the_routed_16(five_ports, routed_sonde, write, shards, number):
    pipeline = write("sweep.sonde.yaml", SWEEP.format(targets=five_ports.network, rate=100000, shards=shards, tries=2))
    result = routed_sonde.run(pipeline, five_ports.folder(f"syn-{shards}-{number}"))
    assert result.astray(five_ports.alive) == []
    assert {ip for ip, record in result.records.items() if record["ports"] != sorted(PORTS)} == set()
    assert result.document["dropped_receive"] == 0


@pytest.mark.parametrize("number", range(repeat()))
def test_a_line_that_loses_packets(five_ports, routed_sonde, write, number):
    """A port is missed when all five round trips fail: 8.8e-6, 0.2 ports of 20480 a run. Hosts that are not there would
    only take their time."""
    hosts = write("hosts.txt", "\n".join(sorted(five_ports.alive)))
    pipeline = write("loss.sonde.yaml", SWEEP.format(targets=f'"@{hosts}"', rate=50000, shards=1, tries=5))
    impair.lose(five_ports.router, ["r0", "r1"], 5)
    try:
        result = routed_sonde.run(pipeline, five_ports.folder(f"syn-loss-{number}"))
    finally:
        impair.mend(five_ports.router, ["r0", "r1"])
    assert result.alive() <= five_ports.alive
    found = sum(len(record.get("ports", [])) for record in result.json())
    assert len(five_ports.alive) * len(PORTS) - 4 <= found <= len(five_ports.alive) * len(PORTS)


@pytest.mark.parametrize("network", ["10.68.1.0/24", "10.68.2.0/24"], ids=["answers", "silent"])
def test_no_packet_beyond_the_plan(five_ports, routed_sonde, write, network):
    pipeline = write("plan.sonde.yaml", f"""
version: 1
targets: [{network}]
stages: [{{use: tcp-syn, optional: true}}, {{use: tcp-banner, options: {{ports: found, banner: false}}}}]
outputs: [{{use: json, options: {{path: inventory.json}}}}]
""")
    plan = routed_sonde.call("plan", pipeline)
    assert plan.code == 0, str(plan)
    silent, alive = estimates(plan.out)
    assert (silent, alive) == (254 * 10, 254 * (8 + 5))
    with meters.StartedPackets(five_ports.router, "r0") as meter:
        routed_sonde.run(pipeline, five_ports.folder(f"syn-plan-{network[6]}"))
        seen = meter.read()["syn"]
    assert seen == (alive if network == "10.68.1.0/24" else silent)


def test_the_on_link_16_and_the_table_of_neighbours(onlink, onlink_sonde, write):
    """4096 neighbours with an open port: neither the SYNs nor the RSTs go through the kernel's table."""
    daemons.servers(onlink.target, "22=hold")
    pipeline = write("onlink.sonde.yaml", f"""
version: 1
targets: [{onlink.network}]
limits: {{packets_per_second: 50000, hosts_in_flight: 32768}}
stages: [{{use: arp-oui}}, {{use: tcp-syn, options: {{ports: "22,80"}}}}]
outputs: [{{use: json, options: {{path: inventory.json}}}}]
""")
    before = meters.neighbour_table()
    result = onlink_sonde.run(pipeline, onlink.folder("syn"))
    after = meters.neighbour_table()
    assert result.astray(onlink.alive) == []
    assert sum(record.get("ports") == [22] for record in result.json()) == 4096
    assert after["table_fulls"] == before["table_fulls"]
    assert after["entries"] < after["thresh3"]


def test_the_shipped_inventory_has_the_same_records_with_and_without_rights(net, binary, sonde):
    """But for round trips, MAC and vendor, which need them."""
    targets = ["192.0.2.10", "192.0.2.11", "192.0.2.15", "198.51.100.7"]
    more = {"rdns.servers": "192.0.2.1", "rdns.timeout": "50ms", "rdns.tries": "1"}
    full = sonde.run(INVENTORY, net.folder("shipped"), targets, more).records
    folder = net.folder("shipped-plain")
    os.chown(folder, 1000, 1000)
    pipeline = net.dir / "inventory.sonde.yaml"
    pipeline.write_text(INVENTORY.read_text())
    plain = Sonde(binary, net.scanner, before=UNPRIVILEGED).run(pipeline, folder, targets, more).records
    kept = ("ip", "alive", "ports", "banners", "services")
    pick = lambda records: {ip: {key: record[key] for key in kept if key in record} for ip, record in records.items()}
    assert pick(full) == pick(plain)
    assert full["192.0.2.10"]["ports"] == [22, 80]
