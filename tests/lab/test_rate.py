"""A set rate is held: counted at the other end of the cable, over all stages and shards together, against the monotonic
clock of the counter.

Never faster is asserted always, and so is the largest burst: 10 ms of the rate that may be saved up, and as much again for
each shard that is held up between the permit and the packet. Slower by more than 2 % is asserted only of a run that had
a processor whenever it wanted one, as the kernel's own accounts say (schedstat, steal); three runs are tried for that. If
none had, the numbers are told as not judged, which ./dev test shows at its end."""
import pytest
from harness import daemons
from harness.rate import measure
from harness.stalls import unjudged

SECONDS = 10
# Four packets for each silent target: nobody listens on 81, and the resolver knows no names.
ROUTED = """
version: 1
targets: [{targets}]
stages:
  - {{use: icmp, options: {{count: 2, interval: 20ms, timeout: 50ms}}}}
  - {{use: tcp-banner, options: {{ports: "81", timeout: 25ms, banner: false}}}}
  - {{use: rdns, options: {{servers: [10.65.0.1], forward: false}}}}
outputs: [{{use: json, options: {{path: inventory.json}}}}]
"""
ON_LINK = """
version: 1
targets: [{targets}]
stages:
  - {{use: arp-oui, options: {{tries: 2, interval: 20ms, timeout: 50ms}}}}
  - {{use: icmp, options: {{count: 2, interval: 20ms, timeout: 50ms}}}}
outputs: [{{use: json, options: {{path: inventory.json}}}}]
"""


@pytest.fixture(scope="module")
def resolver(routed):
    return daemons.nsd(routed.router, routed.resolver_address, {"10.in-addr.arpa": []})


def hold(sonde, pipeline, folder, namespace, device, rate, shards):
    sets = {"limits.packets_per_second": rate, "limits.shards": shards}
    waits, reached = [], []
    for number in range(3):
        seen = measure(sonde, pipeline, folder / str(number), namespace, device, sets).window(0.3, SECONDS)
        assert seen.least() <= rate * 1.02
        # And the few packets that the kernel itself sends.
        assert seen.burst(rate) <= (1 + shards) * max(1, rate / 100) + 5
        if seen.most() >= rate * 0.98:
            return
        waits.append(seen.kept_waiting())
        reached.append(seen.most())
        assert waits[-1] > 0.02, f"{reached[-1]:.0f} packets a second, and nothing kept the scanner from {rate}"
    unjudged(f"{rate} packets a second with {shards} shards: {', '.join(f'{most:.0f}' for most in reached)} were reached, "
             f"while the scanner stood in the queue for a processor for {', '.join(f'{wait:.0%}' for wait in waits)} of "
             "its time")


@pytest.mark.parametrize("rate, shards, targets", [
    (500, 1, "10.66.0.0/21"), (5000, 1, "10.66.0.0/18"), (5000, 2, "10.66.0.0/18"), (20000, 1, "10.66.0.0/16"),
    (20000, 2, "10.66.0.0/16")])
def test_routed(routed, routed_sonde, resolver, write, rate, shards, targets):
    pipeline = write("rate.sonde.yaml", ROUTED.format(targets=targets))
    hold(routed_sonde, pipeline, routed.folder(f"rate{rate}-{shards}"), routed.router, "r0", rate, shards)


@pytest.mark.parametrize("shards", [1, 2])
def test_on_link(onlink, onlink_sonde, write, shards):
    pipeline = write("rate.sonde.yaml", ON_LINK.format(targets="10.67.0.0/17"))
    hold(onlink_sonde, pipeline, onlink.folder(f"rate{shards}"), onlink.switch, "p0", 5000, shards)
