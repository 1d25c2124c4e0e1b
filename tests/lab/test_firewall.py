"""The scanner's own firewall, and a link that takes no frames. Frames to neighbours pass by its connection tracking, so
that a stateful rule takes their answers for strangers: they are found all the same, as are those behind a router. What its
output chain refuses is told of that port alone."""
import subprocess

import pytest
from harness import daemons
from harness.namespaces import INSIDE, Lab, connect
from harness.sonde import Sonde

V6, FAR_V6 = "2001:db8:2::", "2001:db8:7::7"
ALL = "{use: arp-oui}, {use: icmp}, {use: tcp-syn}, {use: tcp-banner, options: {ports: found}}"
# As of ufw, firewalld and most that people write themselves; neighbour discovery has to pass for IPv6 to work at all.
STATEFUL = """table inet wall {
 chain in {
  type filter hook input priority 0; policy drop;
  iif lo accept
  ct state established,related accept
  icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
 }
}
"""


class WalledNet(Lab):
    """One link, and a router with one host behind it."""

    def __init__(self):
        super().__init__()
        try:
            self.switch, self.scanner = self.namespace("switch"), self.namespace("scanner")
            self.switch.ip("link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br0 up")
            self.plugged = 0
            self.plug(self.scanner, 2)
            self.router = self.host("router", 1)
            self.scanner.ip("route add default via 192.0.2.1", f"route add default via {V6}1")
            self.router.sysctl({"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1})
            self.web = self.host("web", 10)          # 22 and 80 open, the others refuse
            self.strict = self.host("strict", 12)    # 22 open; 80 forbidden by an ICMP error
            self.far = self.namespace("far")         # behind the router: 22 open
            connect(self.far, "eth0", self.router, "far0")
            self.far.ip("addr add 198.51.100.7/24 dev eth0", f"addr add {FAR_V6}/64 dev eth0 nodad",
                        "route add default via 198.51.100.1", "route add default via 2001:db8:7::1")
            self.router.ip("addr add 198.51.100.1/24 dev far0", "addr add 2001:db8:7::1/64 dev far0 nodad")
            connect(self.scanner, "eth1", self.web, "eth1")  # and a bridge of the scanner's own, as for virtual machines
            self.scanner.ip("link add br1 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br1 up",
                            "link set eth1 master br1", "addr add 203.0.113.2/24 dev br1")
            self.web.ip("addr add 203.0.113.10/24 dev eth1")
            daemons.servers(self.web, "22=text:SSH-2.0-web\\r\\n", "80=hold")
            daemons.servers(self.strict, "22=text:SSH-2.0-strict\\r\\n")
            daemons.servers(self.far, "22=text:SSH-2.0-far\\r\\n")
            self.strict.nft("table inet guard {\n chain in {\n  type filter hook input priority 0;\n"
                            "  tcp dport 80 reject with icmpx type admin-prohibited\n }\n}\n")
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


@pytest.fixture(scope="module")
def net(lab_is_possible):
    with WalledNet() as lab:
        yield lab


@pytest.fixture
def scan(net, binary, write):
    """scan(name, stages, *targets): a run of these stages, with details."""
    def go(name, stages, *targets, before=(), expect=0):
        pipeline = write(f"{name}.sonde.yaml", f"""
version: 1
targets: [{", ".join(f'"{target}"' for target in targets)}]
stages: [{stages}]
outputs: [{{use: json, options: {{path: inventory.json, hosts: known, detail: true}}}}]
""")
        return Sonde(binary, net.scanner, before).run(pipeline, net.folder(name), expect=expect)
    return go


@pytest.fixture
def rules(net):
    """rules(text): the scanner's ruleset, until the test ends."""
    yield net.scanner.nft
    net.scanner.run("nft", "flush", "ruleset")


@pytest.mark.parametrize("near, far", [("192.0.2.", "198.51.100.7"), (V6, FAR_V6)], ids=["ipv4", "ipv6"])
def test_a_stateful_firewall_hides_nobody(scan, rules, near, far):
    rules(STATEFUL)
    result = scan(f"stateful-{len(near)}", ALL, f"{near}10", f"{near}12", far)
    web, strict, distant = (result.records[ip] for ip in (f"{near}10", f"{near}12", far))
    assert web["link"] == strict["link"] == "direct" and "link" not in distant
    assert (web["ports"], strict["ports"], distant["ports"]) == ([22, 80], [22], [22])
    assert web["tcp"] == {"closed": [443, 445, 3389], "silent": []}, "what refuses is heard as well"
    assert strict["tcp"] == {"closed": [443, 445, 3389], "silent": [], "filtered": [80]}, "and ICMP errors"
    assert [record["banners"]["22"] for record in (web, strict, distant)] == [f"SSH-2.0-{name}" for name in
                                                                              ("web", "strict", "far")]
    assert all(0 < record["rtt_ms"] < 100 for record in (web, strict, distant))


def test_nor_on_a_bridge(scan, rules):
    rules(STATEFUL)
    web = scan("bridge", ALL, "203.0.113.10").records["203.0.113.10"]
    assert (web["link"], web["ports"], web["tcp"]) == ("direct", [22, 80], {"closed": [443, 445, 3389], "silent": []})
    assert web["rtt_ms"] > 0


@pytest.mark.parametrize("near, far", [("192.0.2.", "198.51.100.7"), (V6, FAR_V6)], ids=["ipv4", "ipv6"])
def test_a_port_that_the_output_chain_forbids_hides_no_other(scan, rules, near, far):
    """To whom the kernel's way leads: frames to neighbours do not come by that chain."""
    rules("table inet wall {\n chain out {\n  type filter hook output priority 0;\n  tcp dport 80 drop\n }\n}\n")
    result = scan(f"output-{len(near)}", "{use: tcp-syn, options: {timeout: 300ms}}", f"{near}10", far, f"{near}99",
                  expect=1)
    web, distant = result.records[f"{near}10"], result.records[far]
    assert (web["ports"], distant["ports"]) == ([22], [22])
    assert web["tcp"] == distant["tcp"] == {"closed": [443, 445, 3389], "silent": [], "unasked": [80]}
    outcomes = {ip: record["evidence"][0]["outcome"] for ip, record in result.records.items()}
    assert outcomes.pop(f"{near}99", "error").startswith("error"), "nobody knows whether it would have answered there"
    assert set(outcomes.values()) == {"positive"}
    assert result.document["stages"][0]["outcomes"]["error"] == 1
    assert "this machine did not let out some SYNs" in result.err


def test_what_no_rule_lets_out_is_an_error(scan, rules):
    rules("table inet wall {\n chain out {\n  type filter hook output priority 0;\n  meta l4proto tcp drop\n }\n}\n")
    result = scan("forbidden", "{use: tcp-syn}", "192.0.2.10", expect=1)
    assert result.document["stages"][0]["outcomes"]["error"] == 1


@pytest.fixture(scope="module")
def no_frames(tmp_path_factory):
    library = tmp_path_factory.mktemp("preload") / "no_frames.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O", "-o", library, INSIDE / "no_frames.c", "-ldl"], check=True)
    return ["env", f"LD_PRELOAD={library}"]


def test_a_neighbour_whose_frames_are_refused_is_asked_by_the_kernel(scan, no_frames):
    """All its SYNs are in one batch: the second is refused as the first is."""
    result = scan("no-frames", ALL, "192.0.2.10", f"{V6}10", before=no_frames)
    for record in (result.records["192.0.2.10"], result.records[f"{V6}10"]):
        assert record["link"] == "direct"
        assert record["ports"] == [22, 80] and record["rtt_ms"] > 0
        assert record["tcp"] == {"closed": [443, 445, 3389], "silent": []}
