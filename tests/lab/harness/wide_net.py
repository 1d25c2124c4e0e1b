"""A /16 with 4096 hosts alive, behind a router or on the scanner's own link.

The hosts are one namespace that owns 512 blocks of eight addresses, spread over the odd third octets so that neither
a contiguous nor an alternating cut of the space gets an equal share of them by accident.
"""
from . import daemons
from .namespaces import Lab, connect

MAC_SCANNER, MAC_TARGET, MAC_NEIGHBOUR = "ac:ed:5c:00:00:02", "0c:c4:7a:00:10:00", "00:11:32:00:00:09"


def alive_blocks(base):
    """The 512 blocks: four /29 in each odd third octet of base ("10.66")."""
    return [f"{base}.{octet}.{(octet * 7 + step * 8) % 31 * 8}/29" for octet in range(1, 256, 2) for step in range(4)]


def alive_addresses(base):
    return [f"{block.rsplit('.', 1)[0]}.{int(block.rsplit('.', 1)[1][:-3]) + low}"
            for block in alive_blocks(base) for low in range(8)]


def own(namespace, blocks):
    namespace.ip(*[f"route add local {block} dev lo" for block in blocks])


class RoutedNet(Lab):
    """scanner 10.65.0.2 - router - target: 4096 hosts of 10.66.0.0/16, all of 10.68.1.0/24, none of 10.68.2.0/24.

    The resolver is the router itself, 10.65.0.1. `web`: nginx on port 80 of all hosts.
    """

    network, alive_24, dead_24, resolver_address = "10.66.0.0/16", "10.68.1.0/24", "10.68.2.0/24", "10.65.0.1"

    def __init__(self, web=False):
        super().__init__()
        try:
            self.scanner, self.router, self.target = map(self.namespace, ("scanner", "router", "target"))
            for host in (self.scanner, self.router, self.target):
                host.sysctl({"net.ipv6.conf.default.disable_ipv6": 1})
            connect(self.scanner, "eth0", self.router, "r0", mac_a=MAC_SCANNER)
            connect(self.target, "eth0", self.router, "r1", mac_a=MAC_TARGET)
            self.scanner.ip("addr add 10.65.0.2/24 dev eth0", "route add default via 10.65.0.1")
            self.router.ip("addr add 10.65.0.1/24 dev r0", "addr add 10.64.0.1/30 dev r1",
                           "route add 10.66.0.0/16 via 10.64.0.2", "route add 10.68.0.0/16 via 10.64.0.2")
            self.router.sysctl({"net.ipv4.ip_forward": 1})
            self.target.ip("addr add 10.64.0.2/30 dev eth0", "route add default via 10.64.0.1")
            own(self.target, [*alive_blocks("10.66"), self.alive_24])
            self.scanner.resolver(self.resolver_address)
            self.alive = set(alive_addresses("10.66"))
            if web:
                daemons.nginx(self.target)
        except BaseException:
            self.__exit__()
            raise


class OnLinkNet(Lab):
    """scanner 10.67.0.2 on the link with 10.67.0.0/16: 4096 alive, and a neighbour 10.67.0.9 that has nothing to do
    with the target namespace. The scanner itself is alive as well."""

    network, neighbour_address = "10.67.0.0/16", "10.67.0.9"

    def __init__(self):
        super().__init__()
        try:
            roles = ("switch", "scanner", "target", "neighbour")
            self.switch, self.scanner, self.target, self.neighbour = map(self.namespace, roles)
            self.switch.ip("link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br0 up")
            macs = (MAC_SCANNER, MAC_TARGET, MAC_NEIGHBOUR)
            for number, (host, mac) in enumerate(zip((self.scanner, self.target, self.neighbour), macs)):
                host.sysctl({"net.ipv6.conf.default.disable_ipv6": 1})
                connect(host, "eth0", self.switch, f"p{number}", mac_a=mac)
                self.switch.ip(f"link set p{number} master br0")
            self.scanner.ip("addr add 10.67.0.2/16 dev eth0")
            self.neighbour.ip(f"addr add {self.neighbour_address}/16 dev eth0")
            # No address of its own: it answers for the 4096 alone, and knows its way back.
            self.target.ip("route add 10.67.0.2/32 dev eth0")
            own(self.target, alive_blocks("10.67"))
            self.alive = {*alive_addresses("10.67"), "10.67.0.2", self.neighbour_address}
        except BaseException:
            self.__exit__()
            raise
