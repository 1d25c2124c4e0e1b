"""The lab's networks with what each case asks there."""
import ipaddress

from harness import daemons
from harness.namespaces import Lab, connect
from harness.wide_net import MAC_SCANNER, MAC_TARGET, OnLinkNet, RoutedNet, own

__all__ = ["EmptyNet", "GrowthNet", "LinkedNet", "OnLinkNet", "WideNet"]

REVERSE_16 = "66.10.in-addr.arpa"


def every_address(network):
    return [str(address) for address in ipaddress.ip_network(network)]


class WideNet(RoutedNet):
    """The routed /16 with 4096 hosts, each with a web server, an SNMP agent, and a name; all 65,536 have a name. And
    10.68.3.0/24, of which 16 are alive. Nothing but these networks has a route, so nobody gets out of them."""
    small, small_alive = "10.68.3.0/24", "10.68.3.16/28"

    def __init__(self):
        super().__init__(web=True)
        try:
            own(self.target, [self.small_alive])
            daemons.snmpd(self.target, "agent", "Lab device")
            daemons.nsd(self.router, self.resolver_address, {
                REVERSE_16: [f"{low}.{high} PTR host-{high}-{low}.lab.example."
                             for high in range(256) for low in range(256)],
                "68.10.in-addr.arpa": list(daemons.ptr_rows(
                    [(address, f"small-{address.rsplit('.', 1)[1]}.lab.example")
                     for address in every_address(self.small_alive)], "68.10.in-addr.arpa")),
                "lab.example": []})
            self.hosts = self.dir / "alive.txt"
            self.hosts.write_text("\n".join(sorted(self.alive, key=ipaddress.ip_address)) + "\n")
            self.queries = self.dir / "queries.txt"
            self.queries.write_text("".join(f"{low}.{high}.{REVERSE_16} PTR\n"
                                            for high in range(256) for low in range(256)))
            self.gateway_mac = self.router.mac("r0")
        except BaseException:
            self.__exit__()
            raise


class EmptyNet(Lab):
    """A namespace with nothing but lo: whatever is started here reaches nobody."""

    def __init__(self):
        super().__init__()
        try:
            self.scanner = self.namespace("scanner")
        except BaseException:
            self.__exit__()
            raise


class LinkedNet(Lab):
    """A namespace with an address on a link, as every machine that scans has one, and a silent neighbour."""

    def __init__(self):
        super().__init__()
        try:
            self.scanner, self.neighbour = self.namespace("scanner"), self.namespace("neighbour")
            connect(self.scanner, "eth0", self.neighbour, "eth0")
            self.scanner.ip("addr add 192.0.2.2/24 dev eth0")
            self.neighbour.ip("addr add 192.0.2.1/24 dev eth0")
        except BaseException:
            self.__exit__()
            raise


class GrowthNet(Lab):
    """Networks of 2^20 addresses in which nobody, every second of the first 2^16, or everybody is alive: 10.128/12,
    10.144/12 and 10.160/12 behind a router, and the first halves of 10.0/11, 10.32/11 and 10.192/11, each on a link of
    its own; in the second half is the scanner's address."""
    routed = {0: "10.128.0.0", 50: "10.144.0.0", 100: "10.160.0.0"}
    on_link = {0: "10.0.0.0", 50: "10.32.0.0", 100: "10.192.0.0"}
    resolver_address = "10.65.0.1"

    def __init__(self):
        super().__init__()
        try:
            self.scanner, self.router, self.target = map(self.namespace, ("scanner", "router", "target"))
            for host in (self.scanner, self.router, self.target):
                host.sysctl({"net.ipv6.conf.default.disable_ipv6": 1})
            connect(self.scanner, "eth0", self.router, "r0", mac_a=MAC_SCANNER)
            connect(self.target, "eth0", self.router, "r1", mac_a=MAC_TARGET)
            self.scanner.ip("addr add 10.65.0.2/24 dev eth0", "route add default via 10.65.0.1")
            self.router.ip("addr add 10.65.0.1/24 dev r0", "addr add 10.64.0.1/30 dev r1",
                           *[f"route add {base}/12 via 10.64.0.2" for base in self.routed.values()])
            self.router.sysctl({"net.ipv4.ip_forward": 1})
            self.target.ip("addr add 10.64.0.2/30 dev eth0", "route add default via 10.64.0.1")
            for number, (percent, base) in enumerate(self.on_link.items(), 1):
                device = f"eth{number}"
                connect(self.scanner, device, self.target, device)
                first = int(ipaddress.ip_address(base))
                own_address = ipaddress.ip_address(first + (31 << 16) + 0xfffd)
                self.scanner.ip(f"addr add {own_address}/11 dev {device}")
                self.target.ip(f"route add {own_address}/32 dev {device}")
            for networks in (self.routed, self.on_link):
                own(self.target, [f"{networks[100]}/12"])
                # Every second /25 of the first 2^16 addresses: half of each block of 256 or more.
                own(self.target, [f"{networks[50].rsplit('.', 2)[0]}.{octet}.0/25" for octet in range(256)])
            daemons.nginx(self.target)
            daemons.snmpd(self.target, "agent", "Lab device")
            zones = {"10.in-addr.arpa": ["*.160 PTR host.lab.example.",
                                         *[f"{low}.{high}.144 PTR half-{high}-{low}.lab.example."
                                           for high in range(256) for low in range(128)]]}
            daemons.nsd(self.router, self.resolver_address, zones)
        except BaseException:
            self.__exit__()
            raise
