"""The bench itself: on a network of sixteen hosts it counts what sonde and a peer find, and what they do not. Nothing
here is about time."""
import ipaddress
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness import daemons
from harness.sonde import TREE
from harness.wide_net import RoutedNet, own

sys.path.append(str(TREE / "tests" / "bench"))
from macro import cases, memory  # noqa: E402
from macro.contest import Case, Contestant, Goal  # noqa: E402
from macro.measure import Meter  # noqa: E402
from macro.peers import nmap_open  # noqa: E402
from macro.race import race  # noqa: E402


@pytest.fixture(scope="module")
def net():
    with RoutedNet(web=True) as lab:
        own(lab.target, ["10.68.3.16/28"])
        zone = "68.10.in-addr.arpa"
        daemons.nsd(lab.router, lab.resolver_address, {zone: list(daemons.ptr_rows(
            [(address, cases.small_name(address)) for address in sorted(alive())], zone))})
        yield lab


def alive():
    return frozenset(str(address) for address in ipaddress.ip_network("10.68.3.16/28"))


@pytest.fixture(scope="module")
def built(request):
    return Path(request.config.getoption("--sonde") or os.environ.get("SONDE") or
                TREE / "build/release/bin/sonde").resolve().parent.parent


@pytest.fixture(scope="module")
def programs(net, built):
    return cases.Programs.copied(built, net.folder("programs"))


@pytest.fixture
def meter(programs):
    return Meter(programs.meter)


def test_root_measures_the_build_of_somebody_else(net, built, meter, tmp_path):
    """As through sudo: in place root's sonde has no plugins, since their owner could change them."""
    tree = tmp_path / "build"
    for part in ("bin", "lib", "bench/plugins", "bench/tools"):
        shutil.copytree(built / part, tree / part, ignore=shutil.ignore_patterns("*.a"))
    for path in [tree, *tree.rglob("*")]:
        os.chown(path, 1000, 1000)
    copied = cases.Programs.copied(tree, net.folder("copied"))
    def plugins(sonde):
        return meter.run([sonde, "list"], net.scanner, net.folder("list")).out
    assert "icmp" not in plugins(tree / "bin" / "sonde")
    assert "icmp" in plugins(copied.sonde)
    assert (copied.bench / "plugins" / "nothing.so").exists()


def test_what_is_found_is_counted(net, programs, meter):
    def nmap(out):
        return ["nmap", "-sT", "-n", "-Pn", "-T5", "-p", "80,443", "10.68.3.16/29", "-oG", out / "nmap.txt"]
    case = Case("tiny", "an inventory of a /24", Goal("none"), [
        Contestant("nmap of half of them", nmap, lambda run: nmap_open(cases.text(run, "nmap.txt"), 80)),
        *cases.sonde(programs, "inventory-24", lambda record: cases.whole(record, cases.small_name),
                     [word for stage in ("arp-oui", "icmp", "tcp-banner")
                      for word in ("--set", f"{stage}.timeout=200ms")])], alive())
    measured = race(case, meter, net, 1)
    found = {row["name"]: (row["found"], row["missed"], row["foreign"]) for row in measured["rows"]}
    assert found == {"nmap of half of them": (8, 8, 0), "sonde, 1 shard": (16, 0, 0), "sonde, 2 shards": (16, 0, 0)}
    for row in measured["rows"]:
        assert row["runs"] == 1 and 1 < row["peak_mib"] < 1000 and 0 < row["wall_min"] <= row["wall_max"]
    assert all(str(net.dir) not in word and str(TREE) not in word for row in measured["rows"] for word in row["argv"])


def test_the_floor_finds_who_answers(net, programs, meter):
    run = meter.run([programs.floor, "10.68.3.0", 256, 300], net.scanner, net.folder("floor"))
    assert set(run.out.split()) == alive()


def test_the_script_is_counted_by_what_it_finds(net, meter):
    """Of the last two addresses of the sixteen, and two that are silent; a name that is not there is no whole record."""
    contestant = cases.script(net, "10.68.3.28/30")
    def found():
        return race(Case("script", "", Goal(""), [contestant], alive()), meter, net, 0)["rows"][0]["found"]
    assert found() == 2
    net.scanner.resolver("10.65.0.77")
    try:
        assert found() == 0
    finally:
        net.scanner.resolver(net.resolver_address)


def test_what_the_web_servers_say_to_nmap_is_counted(net, programs, meter):
    hosts = net.dir / "four.txt"
    four = frozenset(sorted(alive())[:4])
    hosts.write_text("\n".join(four) + "\n")
    nmap = cases.tcp_banners(SimpleNamespace(hosts=hosts, alive=four), programs).contestants[0]
    assert nmap.name.startswith("nmap")
    row = race(Case("banners", "", Goal(""), [nmap], four), meter, net, 0)["rows"][0]
    assert (row["found"], row["foreign"]) == (4, 0)


def test_what_holds_a_whole_network_is_measured(net, programs, meter):
    found = memory.run(meter, programs, net, 4)
    assert found["hosts"] > 4000 and len(found["rows"]) == 7
    assert all(2 < row["peak_mib"] < 500 for row in found["rows"])
    words = [" ".join(row["argv"]) for row in found["rows"]]
    assert words[3] == "sonde merge part-1 part-2 --output merged --format none --quiet"
    assert all(str(net.dir) not in line and str(TREE) not in line for line in words)
