"""The flat LAN: one switch, a scanner, and two dozen hosts with real daemons or bad habits.

192.0.2.0/24 and 2001:db8:2::/64, documentation addresses that exist only inside the namespaces. What is expected of
each host stands as literal records in test_flat_lan.py.
"""
from dataclasses import dataclass, field

from . import daemons
from .impair import slow_cable
from .namespaces import Lab, connect

NETWORK = "192.0.2.0/24"
V6 = "2001:db8:2::"
DNS = "192.0.2.53"
LINK_LOCAL = "fe80::f6bd:9eff:fe00:80"  # what the MAC of "linklocal" makes of itself


@dataclass
class Machine:
    name: str
    last: int          # 192.0.2.last; 0: no IPv4
    mac: str
    v6: bool = False   # 2001:db8:2::last, or for those without IPv4 the text in v6_address
    v6_address: str = ""
    ptr: bool = True   # its names in DNS: PTR and A or AAAA
    namespace: object = field(default=None, repr=False)

    @property
    def v4(self):
        return f"192.0.2.{self.last}" if self.last else ""

    @property
    def address6(self):
        return self.v6_address or (f"{V6}{self.last}" if self.v6 else "")


def machines():
    return [
        Machine("gateway", 1, "74:83:c2:00:00:01", v6=True),      # dual stack; refuses every port
        Machine("scanner", 2, "ac:ed:5c:00:00:02", v6=True),      # where sonde runs
        Machine("nas", 10, "00:11:32:00:00:10", v6=True),         # dual stack; OpenSSH
        Machine("web", 20, "0c:c4:7a:00:00:20", v6=True),         # dual stack; nginx
        Machine("shop", 21, "98:e7:43:00:00:21"),                 # nginx with TLS
        Machine("printer", 30, "04:0e:3c:00:00:30"),              # records what comes to 9100
        Machine("lpd", 31, "3c:2a:f4:00:00:31"),                  # records what comes to 515
        Machine("noping", 40, "60:8b:0e:00:00:40"),               # ignores echo requests; 445 is open and says nothing
        Machine("ghost", 51, "24:5e:be:00:00:51"),                # drops all of IP; its name has a PTR but no A
        Machine("ns", 53, "00:23:f8:00:00:53"),                   # nsd
        Machine("snmp", 54, "00:21:b7:00:00:54"),                 # snmpd
        Machine("valve", 55, "88:c9:b3:70:00:55"),                # vendor by 28 bits
        Machine("signal", 56, "70:b3:d5:e4:00:56"),               # vendor by 36 bits
        Machine("phone", 57, "02:aa:bb:00:00:57", ptr=False),     # locally administered MAC; no name
        Machine("vrrp", 58, "00:00:5e:00:01:0a"),                 # a virtual router's MAC
        Machine("slow", 60, "24:6f:28:00:00:60"),                 # each of its packets takes 700 ms
        Machine("drip", 61, "dc:a6:32:00:00:61"),                 # port 22: a byte a second
        Machine("flood", 62, "bc:05:43:00:00:62"),                # port 22: without end
        Machine("binary", 63, "b8:a4:4f:00:00:63"),               # port 22: not text
        Machine("six", 0, "94:f7:ad:00:00:70", v6_address=f"{V6}70"),        # IPv6 only
        Machine("linklocal", 0, "f4:bd:9e:00:00:80", v6_address=LINK_LOCAL, ptr=False),
    ]


class FlatLan(Lab):
    """Attributes: scanner (a Namespace), host (name -> Namespace), recorded (port -> file of JSON lines)."""

    def __init__(self):
        super().__init__()
        try:
            self.machines = machines()
            self.host = {}
            self.recorded = {9100: self.dir / "9100.jsonl", 515: self.dir / "515.jsonl"}
            self.switch = self.namespace("switch")
            self.switch.ip("link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0", "link set br0 up")
            for number, machine in enumerate(self.machines):
                self.plug_in(machine, f"p{number}")
            self.scanner = self.host["scanner"]
            self.scanner.resolver(DNS)
            self.start_daemons()
        except BaseException:
            self.__exit__()
            raise

    def plug_in(self, machine, port):
        host = self.host[machine.name] = machine.namespace = self.namespace(machine.name)
        if not machine.address6:
            host.sysctl({"net.ipv6.conf.default.disable_ipv6": 1})
        if machine.name == "slow":
            slow_cable(host, self.switch, port, 700, machine.mac)
        else:
            connect(host, "eth0", self.switch, port, mac_a=machine.mac)
        self.switch.ip(f"link set {port} master br0")
        if machine.v4:
            host.ip(f"addr add {machine.v4}/24 dev eth0")
        if machine.address6.startswith(V6):
            host.ip(f"addr add {machine.address6}/64 dev eth0 nodad")

    def start_daemons(self):
        host = self.host
        daemons.sshd(host["nas"])
        daemons.nginx(host["web"])
        daemons.nginx(host["shop"], "shop.lab.example", "192.0.2.21")
        daemons.snmpd(host["snmp"], "core-switch", "Lab switch 24 ports")
        daemons.nsd(host["ns"], DNS, self.zones())
        daemons.servers(host["printer"], f"9100=record:{self.recorded[9100]}")
        daemons.servers(host["lpd"], f"515=record:{self.recorded[515]}")
        host["noping"].sysctl({"net.ipv4.icmp_echo_ignore_all": 1})
        daemons.servers(host["noping"], "445=hold")
        host["ghost"].nft("table ip quiet {\n chain input {\n  type filter hook input priority 0;\n"
                          "  drop\n }\n}\n")
        host["slow"].nft("table ip quiet {\n chain input {\n  type filter hook input priority 0;\n"
                         "  meta l4proto tcp drop\n }\n}\n")
        daemons.servers(host["drip"], "22=drip:SSH-2.0-drip\\r\\n")
        daemons.servers(host["flood"], "22=flood")
        daemons.servers(host["binary"],
                        "22=text:\\x00\\xff\\xfe\\x1b]0;owned\\x07\\x1b[31mred\\x80\\r\\n\\x01=2+5\\r\\n")
        daemons.servers(host["six"], "22=text:SSH-2.0-six\\r\\n")
        daemons.servers(host["linklocal"], "445=hold")

    def zones(self):
        named = [machine for machine in self.machines if machine.ptr]
        pairs = [(address, f"{machine.name}.lab.example") for machine in named
                 for address in (machine.v4, machine.address6) if address]
        forward = [f"{name.removesuffix('.lab.example')} {'AAAA' if ':' in address else 'A'} {address}"
                   for address, name in pairs if name != "ghost.lab.example"]
        reverse4, reverse6 = "2.0.192.in-addr.arpa", "2.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        return {"lab.example": forward, reverse4: list(daemons.ptr_rows(pairs, reverse4)),
                reverse6: list(daemons.ptr_rows(pairs, reverse6)), "8.e.f.ip6.arpa": []}

    def targets(self):
        """For --target: the whole IPv4 network, and the IPv6 addresses one by one."""
        six = [machine.address6 for machine in self.machines if machine.address6.startswith(V6)]
        return [NETWORK, *six, f"{LINK_LOCAL}%eth0"]
