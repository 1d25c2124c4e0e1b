"""All 4096 of the routed /16 and all of the on-link /16, in every run; the kernel's neighbour table holds, and who has
nothing to do with it notices nothing. LAB_REPEAT=10 for the full ten of ten (3 unless set)."""
import json

import pytest
from conftest import repeat
from harness import meters
from harness.sonde import DISCOVERY

FAST = {"limits.packets_per_second": 50000, "limits.hosts_in_flight": 32768, "json.path": "inventory.json"}


@pytest.mark.parametrize("number", range(repeat()))
def test_the_routed_16(routed, routed_sonde, number):
    result = routed_sonde.run(DISCOVERY, routed.folder(f"sweep{number}"), [routed.network], FAST)
    assert result.astray(routed.alive) == []
    assert result.document["targets"] == 65534


@pytest.mark.parametrize("number", range(repeat()))
def test_the_on_link_16(onlink, onlink_sonde, number):
    before = meters.neighbour_table()
    pings = [onlink.scanner.script("ping.py", onlink.neighbour_address, "--interval", "0.05"),
             # Resolved anew each time: a full table would refuse just that.
             onlink.scanner.script("ping.py", onlink.neighbour_address, "--interval", "0.1", "--forget", "eth0")]
    result = onlink_sonde.run(DISCOVERY, onlink.folder(f"sweep{number}"), [onlink.network], FAST)
    answers = [json.loads(ping.stop()) for ping in pings]
    after = meters.neighbour_table()
    assert result.astray(onlink.alive) == []
    for answer in answers:
        assert answer["sent"] > 3 and answer["errors"] == 0
        assert answer["answered"] >= answer["sent"] - 1  # the last one may still be on its way
    assert after["table_fulls"] == before["table_fulls"]
    assert after["entries"] < after["thresh3"]
