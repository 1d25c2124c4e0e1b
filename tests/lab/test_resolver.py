"""A resolver that drops what comes faster than 500 a second: no name is lost, and silence is never called nxdomain."""
import pytest
from harness import daemons
from harness.wide_net import RoutedNet

NETWORK = "10.66.0.0/21"


def addresses():
    return [f"10.66.{third}.{last}" for third in range(8) for last in range(256)][1:-1]


def named(address):
    return int(address.rsplit(".", 1)[1]) % 2 == 1


def name_of(address):
    return f"host-{address.replace('.', '-')}.lab.example"


@pytest.fixture(scope="module")
def net():
    with RoutedNet() as lab:
        pairs = [(address, name_of(address)) for address in addresses() if named(address)]
        forward = [f"{name.removesuffix('.lab.example')} A {address}" for address, name in pairs]
        daemons.nsd(lab.router, lab.resolver_address,
                    {"lab.example": forward, "10.in-addr.arpa": list(daemons.ptr_rows(pairs, "10.in-addr.arpa"))})
        lab.router.nft("table ip limited {\n counter dropped {}\n chain input {\n"
                       "  type filter hook input priority 0;\n"
                       "  udp dport 53 limit rate over 500/second burst 50 packets counter name dropped drop\n }\n}\n")
        yield lab


def test_no_name_is_lost(net, binary, write):
    from harness.sonde import Sonde
    pipeline = write("names.sonde.yaml", f"""
version: 1
targets: [{NETWORK}]
limits: {{packets_per_second: unlimited}}
stages: [{{use: rdns}}]
outputs: [{{use: json, options: {{path: inventory.json, hosts: known, detail: true}}}}]
""")
    result = Sonde(binary, net.scanner).run(pipeline, net.folder("names"))
    seen = {ip: (record["dns"]["status"], record.get("reverse_dns")) for ip, record in result.records.items()}
    assert seen == {address: ("ok", name_of(address)) if named(address) else ("nxdomain", None)
                    for address in addresses()}
    unconfirmed = [ip for ip, record in result.records.items() if named(ip) and not record["dns"].get("confirmed")]
    assert unconfirmed == []
    dropped = net.router.run("nft", "list", "counter", "ip", "limited", "dropped")
    assert "packets 0" not in dropped, "the resolver had nothing to drop: this test proves nothing"
