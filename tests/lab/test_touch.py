"""Nothing is touched that was not allowed: excluded hosts and printers."""
import json
import time

from harness import meters
from harness.sonde import INVENTORY

EXCLUDED = "192.0.2.21"


def frames_to(host, frames, address):
    """What the scanner sent to that host alone, or asked about it; a broadcast that concerns others is no touch."""
    own, scanner = host.mac(), "ac:ed:5c:00:00:02"
    return [frame for frame in frames if not frame["sent"] and frame["src_mac"] == scanner
            and (frame["dst_mac"] == own or frame.get("dst") == address)]


def test_an_excluded_host_receives_nothing_but_broadcast_arp(lan, lan_sonde, write):
    write("more.txt", f"192.0.2.20\n{EXCLUDED}  # the excluded one\n")
    stages = INVENTORY.read_text().split("stages:", 1)[1].split("output_dir:", 1)[0]
    pipeline = write("excluded.sonde.yaml", f"""
version: 1
targets: [192.0.2.0/24, shop.lab.example, "@more.txt", "::ffff:{EXCLUDED}"]
exclude: ["{EXCLUDED}"]
stages:{stages}
outputs: [{{use: json, options: {{path: inventory.json, hosts: known}}}}]
""")
    shop = lan.host["shop"]
    with meters.Sniffer(shop) as seen:
        result = lan_sonde.run(pipeline, lan.folder("excluded"))
    broadcasts = [frame for frame in seen.frames if frame["kind"] == "arp-request" and not frame["sent"]]
    assert broadcasts, "the sniffer saw nothing of the sweep: this test proves nothing"
    assert frames_to(shop, seen.frames, EXCLUDED) == []
    assert EXCLUDED not in result.records
    assert "192.0.2.20" in result.records


def test_an_excluded_name_covers_its_addresses(lan, lan_sonde, write):
    pipeline = write("name.sonde.yaml", """
version: 1
targets: ["192.0.2.20-22"]
exclude: [shop.lab.example]
stages: [{use: arp-oui}, {use: icmp}]
outputs: [{use: json, options: {path: inventory.json}}]
""")
    shop = lan.host["shop"]
    with meters.Sniffer(shop) as seen:
        result = lan_sonde.run(pipeline, lan.folder("name"))
    assert frames_to(shop, seen.frames, EXCLUDED) == []
    assert result.alive() == {"192.0.2.20"}


def test_printers_receive_no_byte(lan, lan_sonde):
    for file in lan.recorded.values():
        file.write_text("")
    result = lan_sonde.run(INVENTORY, lan.folder("printers"), ["192.0.2.30", "192.0.2.31"],
                           {"tcp-syn.ports": "22,515,9100-9107", "tcp-banner.ports": "22,515,9100-9107"})
    time.sleep(0.3)
    rows = [json.loads(line) for file in lan.recorded.values() for line in file.read_text().splitlines()]
    assert [row for row in rows if row["event"] == "bytes"] == []
    assert result.alive() == {"192.0.2.30", "192.0.2.31"}
