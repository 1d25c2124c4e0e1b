"""The bench itself: on a network of sixteen hosts it counts what sonde and a peer find, and what they do not. Nothing
here is about time."""
import ipaddress
import os
import sys
from pathlib import Path

import pytest

from harness import daemons
from harness.sonde import TREE
from harness.wide_net import RoutedNet, own

sys.path.append(str(TREE / "tests" / "bench"))
from macro import cases  # noqa: E402
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
            [(str(address), "small.lab.example") for address in ipaddress.ip_network("10.68.3.16/28")], zone))})
        yield lab


def alive():
    return frozenset(str(address) for address in ipaddress.ip_network("10.68.3.16/28"))


@pytest.fixture(scope="module")
def programs(request, binary):
    built = Path(request.config.getoption("--sonde") or os.environ.get("SONDE") or
                 TREE / "build/release/bin/sonde").resolve().parent.parent
    return cases.Programs(binary, built / "bench")


def test_what_is_found_is_counted(net, programs):
    def nmap(out):
        return ["nmap", "-sT", "-n", "-Pn", "-T5", "-p", "80,443", "10.68.3.16/29", "-oG", out / "nmap.txt"]
    case = Case("tiny", "an inventory of a /24", Goal("none"), [
        Contestant("nmap of half of them", nmap, lambda run: nmap_open(cases.text(run, "nmap.txt"), 80)),
        *cases.sonde(programs, "inventory-24", lambda record: record.get("ports") == [80] and
                     record.get("reverse_dns") == "small.lab.example",
                     [word for stage in ("arp-oui", "icmp", "tcp-banner")
                      for word in ("--set", f"{stage}.timeout=200ms")])], alive())
    measured = race(case, Meter(programs.bench / "tools" / "bench_meter"), net, 1)
    found = {row["name"]: (row["found"], row["missed"], row["foreign"]) for row in measured["rows"]}
    assert found == {"nmap of half of them": (8, 8, 0), "sonde, 1 shard": (16, 0, 0), "sonde, 2 shards": (16, 0, 0)}
    for row in measured["rows"]:
        assert row["runs"] == 1 and 1 < row["peak_mib"] < 1000 and 0 < row["wall_min"] <= row["wall_max"]
    assert all(str(net.dir) not in word and str(TREE) not in word for row in measured["rows"] for word in row["argv"])


def test_the_floor_finds_who_answers(net, programs):
    run = Meter(programs.bench / "tools" / "bench_meter").run([programs.floor, "10.68.3.0", 256, 300], net.scanner,
                                                              net.folder("floor"))
    assert set(run.out.split()) == alive()
