"""The cases: each row of the table of what sonde must reach, with its pipeline, its peers and their exact flags.

Peers are told to stay where they are: their targets are the lab's network, their interface the scanner's, and no
namespace has a route beyond the lab.
"""
import ipaddress
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from harness.sonde import copy_for_everybody

from . import peers
from .contest import Case, Contestant, Goal
from .nets import EmptyNet, LinkedNet, OnLinkNet, WideNet, every_address

HERE = Path(__file__).resolve().parent.parent
PORTS = "22,80,443,3389,445"
ALIVE = lambda record: record.get("alive") is True  # noqa: E731


@dataclass
class Programs:
    """What is measured, and what measures. `bench`: the build's folder of benchmarks."""
    sonde: Path
    bench: Path

    @classmethod
    def copied(cls, build, folder):
        """Those of a build, in a copy that belongs to root: root's sonde refuses plugins that somebody else could change,
        as in a build of the user's who called sudo."""
        command = copy_for_everybody(build / "bin" / "sonde", folder)
        for part in ("plugins", "tools"):
            shutil.copytree(build / "bench" / part, folder / "bench" / part)
        for program in benchmarks(build / "bench"):
            shutil.copy2(program, folder / "bench")
        return cls(command, folder / "bench")

    @property
    def floor(self):
        return self.bench / "tools" / "bench_icmp_floor"

    @property
    def meter(self):
        return self.bench / "tools" / "bench_meter"

    @property
    def benchmarks(self):
        return benchmarks(self.bench)


def benchmarks(folder):
    """The Google Benchmark programs; a build without SONDE_BENCH has none."""
    return sorted(path for path in folder.glob("bench_*") if path.is_file())


def text(run, name):
    path = run.directory / name
    return path.read_text(errors="replace") if path.exists() else ""


def sonde(programs, pipeline, wanted, more=(), label="", shards=(1, 2), expected=None):
    """The command itself, once for each number of shards."""
    def contestant(count):
        def command(out):
            return [programs.sonde, "run", HERE / "pipelines" / f"{pipeline}.sonde.yaml", "--output", out / "out",
                    "--format", "none", "--quiet", "--no-env-file", "--set", f"limits.shards={count}", *more]

        def found(run):
            return peers.sonde_records((run.directory / "out" / "inventory.json").read_text(), wanted)
        name = f"sonde{' ' + label if label else ''}, {count} shard{'s' if count > 1 else ''}"
        return Contestant(name, command, found, shards=count, expected=expected, timeout=300)
    return [contestant(count) for count in shards]


def zmap(net, senders):
    return lambda out: ["zmap", "-M", "icmp_echoscan", "-i", "eth0", "-G", net.gateway_mac, "-b", "/dev/null", "-r", "0",
                        "-c", "1", "-T", str(senders), "-q", "--disable-syslog", "-o", out / "zmap.txt", net.network]


def zmap_found(run):
    return peers.first_words(text(run, "zmap.txt"))


def masscan(net, rate):
    return lambda out: ["masscan", "--ping", "--rate", str(rate), "-e", "eth0", "--router-mac", net.gateway_mac,
                        "--wait", "1", "-oL", out / "masscan.txt", net.network]


def icmp_routed(net, programs):
    first = net.network.split("/")[0]
    return Case("icmp-routed", "ICMP sweep of a routed /16: one request, 300 ms",
                Goal("at most 0.35 x zmap", peer="zmap", factor=0.35), [
        Contestant("floor: bare sendmmsg loop", lambda out: [programs.floor, first, 65536, 300],
                   lambda run: peers.first_words(run.out), note="waits 300 ms after the last packet"),
        Contestant("zmap", zmap(net, 1), zmap_found, package="zmap",
                   note="-r 0: as fast as it can; 1 s is the least that it waits"),
        Contestant("zmap, two senders", zmap(net, 2), zmap_found, package="zmap"),
        *[Contestant(name, masscan(net, rate), lambda run: peers.masscan_list(text(run, "masscan.txt")),
                     package="masscan",
                     # On a silent line masscan never ends: its receiver waits for one more packet.
                     beside=lambda: net.scanner.script("ping.py", net.resolver_address, "--interval", "0.2"),
                     note="with a ping five times a second beside it, without which it does not end on a silent line")
          for name, rate in (("masscan", 100000), ("masscan, ten times the rate", 1000000))],
        Contestant("fping", lambda out: [
            "fping", "-a", "-q", "-r", "0", "-t", "300", "-i", "0", "-g", net.network],
                   lambda run: peers.first_words(run.out), package="fping", codes=(0, 1),
                   note="-i 0: without a pause; exit code 1 says that some did not answer"),
        Contestant("nmap -sn", lambda out: [
            "nmap", "-sn", "-PE", "-n", "-T5", "--min-rate", "50000", "--max-retries", "0", "-oG", out / "nmap.txt",
            net.network],
            lambda run: peers.nmap_up(text(run, "nmap.txt")), package="nmap",
            note="100000 and 300000 a second were tried too: it is no faster"),
        *sonde(programs, "icmp-routed", ALIVE),
        *sonde(programs, "icmp-routed-adaptive", ALIVE, label="adaptive"),
    ], frozenset(net.alive))


def arp_onlink(net, programs):
    others = frozenset(net.alive - {"10.67.0.2"})  # nobody but sonde counts the scanner itself
    return Case("arp-onlink", "ARP and ICMP over an on-link /16: 300 ms each",
                Goal("at most 2 x arp-scan, which does ARP alone", peer="arp-scan", factor=2.0), [
        Contestant("arp-scan", lambda out: [
            "arp-scan", "-I", "eth0", "-r", "1", "-t", "300", "-i", "1u", "-q", "-x", "-g", net.network],
            lambda run: peers.first_words(run.out), package="arp-scan", expected=others,
            note="a pause of 10 us between packets, and a bandwidth of 1 Gbit/s, were tried too: it is no faster"),
        Contestant("nmap -sn -PR", lambda out: [
            "nmap", "-sn", "-PR", "-n", "-T5", "--min-rate", "50000", "--max-retries", "0", "-oG", out / "nmap.txt",
            net.network],
            lambda run: peers.nmap_up(text(run, "nmap.txt")), package="nmap",
            note="300000 a second were tried too: it is no faster"),
        *sonde(programs, "arp-onlink", ALIVE),
    ], frozenset(net.alive))


def nmap_connects(net, kind):
    return lambda out: ["nmap", kind, "-n", "-Pn", "-T5", "--max-retries", "0", "--min-parallelism", "500", "-p", PORTS,
                        "-iL", net.hosts, "-oG", out / "nmap.txt"]


def tcp_connect(net, programs):
    return Case("tcp-connect", "TCP connects to 5 ports of 4096 hosts",
                Goal("at most 0.9 x nmap -sT", peer="nmap -sT", factor=0.9), [
        *[Contestant(f"nmap {kind}", nmap_connects(net, kind),
                     lambda run: peers.nmap_open(text(run, "nmap.txt"), 80), package="nmap",
                     note="1000 and 2000 probes at once were tried too: it is no faster")
          for kind in ("-sT", "-sS")],
        *sonde(programs, "tcp-connect", lambda record: record.get("ports") == [80], ["--target", f"@{net.hosts}"]),
    ], frozenset(net.alive))


def tcp_banners(net, programs):
    server = "http-server-header"
    return Case("tcp-banners", "the same, with what the services say: 800 ms, 5 connections a host",
                Goal("at most 2 s, all 4096 banners", seconds=2.0), [
        Contestant(f"nmap -sT --script {server}", lambda out: [
            "nmap", "-sT", "-n", "-Pn", "-T5", "--max-retries", "0", "--min-parallelism", "500", "--script", server, "-p",
            PORTS, "-iL", net.hosts, "-oN", out / "nmap.txt"],
            lambda run: peers.nmap_scripts(text(run, "nmap.txt"), server), package="nmap",
            note="its script `banner` waits for services that speak first, and hears nothing of a web server"),
        *sonde(programs, "tcp-banners", lambda record: record.get("services", {}).get("80/tcp", {}).get("product") ==
               "nginx" and "80" in record.get("banners", {}), ["--target", f"@{net.hosts}"]),
    ], frozenset(net.alive), what="banners")


def ptr(net, programs):
    hosts = frozenset(str(address) for address in ipaddress.ip_network(net.network).hosts())
    def right(record):
        return record.get("reverse_dns") == wide_name(record["ip"])
    return Case("ptr", "names of 65,536 addresses by reverse DNS",
                Goal("at most 1.5 x dnsperf", peer="dnsperf", factor=1.5), [
        Contestant("dnsperf", lambda out: ["dnsperf", "-s", net.resolver_address, "-d", net.queries, "-n", "1", "-c",
                                           "4", "-q", "100"],
                   lambda run: set(range(peers.dnsperf_completed(run.out))), package="dnsperf",
                   expected=frozenset(range(65536)), note="asks, and keeps no answer; 50 to 1000 questions at once and "
                   "1 or 4 clients were tried: with 500 it is slower, and with one client it loses some"),
        Contestant("nmap -sL", lambda out: ["nmap", "-sL", "-R", "--dns-servers", net.resolver_address, "-oG",
                                            out / "nmap.txt", net.network],
                   lambda run: peers.nmap_names(text(run, "nmap.txt")), package="nmap",
                   expected=frozenset(every_address(net.network))),
        *sonde(programs, "ptr", right),
    ], hosts, what="names")


def snmp(net, programs):
    return Case("snmp", "SNMP v2c, 4096 agents", Goal("at most 0.1 x onesixtyone", peer="onesixtyone", factor=0.1), [
        Contestant("onesixtyone", lambda out: ["onesixtyone", "-i", net.hosts, "-w", "1", "public"],
                   lambda run: peers.first_words(run.out), package="onesixtyone",
                   note="-w 0 is faster, and loses three of four"),
        *sonde(programs, "snmp", lambda record: record.get("snmp", {}).get("sysDescr") == "Lab device",
               ["--target", f"@{net.hosts}"]),
    ], frozenset(net.alive), what="agents")


def wide_name(ip):
    _, _, high, low = ip.split(".")
    return f"host-{high}-{low}.lab.example"


def small_name(ip):
    return f"small-{ip.rsplit('.', 1)[1]}.lab.example"


def whole(record, name):
    """All that there is to be found of a host of the lab."""
    return (record.get("alive") is True and record.get("ports") == [80] and "80" in record.get("banners", {}) and
            record.get("services", {}).get("80/tcp", {}).get("product") == "nginx" and
            record.get("reverse_dns") == name(record["ip"]))


def whole_of_script(record):
    """The same, but for what the web server says: it speaks when it is asked, which the script does not."""
    return list(record["banners"]) == ["80"] and record["name"] == small_name(record["ip"])


def script(net, network):
    addresses = every_address(network)[1:-1]
    return Contestant("script: one host after the other",
                      lambda out: ["/usr/bin/python3", HERE / "serial_inventory.py", *addresses],
                      lambda run: peers.sonde_records(f"[{','.join(run.out.splitlines()[:-1])}]", whole_of_script),
                      package="iputils-ping", timeout=600, note="a stand-in for the script that sonde replaces, tests/bench/"
                      "serial_inventory.py; it finds the name and the open port, and sends nothing that would make a web "
                      "server speak", extra=lambda run: json.loads(run.out.splitlines()[-1]))


def inventory_24(net, programs):
    return Case("inventory-24", "inventory of a /24 with 16 hosts",
                Goal("at most 1/100 of the script", peer="script: one host after the other", factor=0.01), [
        script(net, net.small),
        *sonde(programs, "inventory-24", lambda record: whole(record, small_name)),
    ], frozenset(every_address(net.small_alive)))


def inventory_16(net, programs):
    return Case("inventory-16", "inventory of a /16 with 4096 hosts, silent ones asked by TCP too",
                Goal("at most 10 s; the script, extrapolated from the /24: some 15 hours", seconds=10.0), [
        *sonde(programs, "inventory-16", lambda record: whole(record, wide_name)),
    ], frozenset(net.alive))


def dry_8(net, programs):
    none = frozenset()
    return Case("dry-8", "dry run of a /8: 16,777,214 targets, a probe that sends nothing", Goal("at most 64 MiB"), [
        *sonde(programs, "nothing-8", ALIVE, ["--plugin-path", programs.bench / "plugins"], expected=none),
        *sonde(programs, "nothing-8", ALIVE, ["--plugin-path", programs.bench / "plugins", "--set",
                                              "nothing.percent=0", "--shard", "1/4"], label="one part of four",
               shards=(1,), expected=none),
    ], none)


def start_up(net, programs):
    def words(name, *argv):
        return Contestant(f"sonde {name}", lambda out: [programs.sonde, *argv], lambda run: {name}, shards=1,
                          expected=frozenset([name]))
    shipped = HERE.parent.parent / "pipelines" / "inventory.sonde.yaml"
    return [Case("list", "sonde list, the whole process", Goal("at most 50 ms", seconds=0.05), [words("list", "list")],
                 frozenset(["list"]), what="ends"),
            Case("validate", "sonde validate of the shipped inventory, the whole process",
                 Goal("at most 60 ms", seconds=0.06), [words("validate", "validate", shipped)],
                 frozenset(["validate"]), what="ends")]


def single(make):
    return lambda net, programs: [make(net, programs)]


# name -> (network, maker of cases). Cases that share a network are run in one go.
ALL = {"icmp-routed": (WideNet, single(icmp_routed)), "arp-onlink": (OnLinkNet, single(arp_onlink)),
       "tcp-connect": (WideNet, single(tcp_connect)), "tcp-banners": (WideNet, single(tcp_banners)),
       "ptr": (WideNet, single(ptr)), "snmp": (WideNet, single(snmp)), "inventory-24": (WideNet, single(inventory_24)),
       "inventory-16": (WideNet, single(inventory_16)), "dry-8": (EmptyNet, single(dry_8)),
       # An address on a link, as on any real machine: without one, stages open no packet socket, each of which takes
       # the kernel milliseconds to close.
       "start": (LinkedNet, start_up)}
