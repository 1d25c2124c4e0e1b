"""The plots: well-formed, every point on the paper, readable on light and dark pages."""
import xml.etree.ElementTree as xml

import pytest
from macro import growth, plot

SVG = "{http://www.w3.org/2000/svg}"


def drawn(lines):
    text = plot.svg(plot.Plot("time & \"more\"", "targets", "seconds", lines))
    return text, xml.fromstring(text)


def test_points_are_on_the_paper_and_in_order():
    text, root = drawn([plot.Line("a < b", [(2**20, 2.5), (2**8, 0.02)]), plot.Line("c", [(2**8, 0.3)], 1, True)])
    first, second = root.findall(f"{SVG}polyline")
    pairs = [tuple(map(float, pair.split(","))) for pair in first.get("points").split()]
    (x0, y0), (x1, y1) = pairs
    assert plot.LEFT <= x0 < x1 <= plot.WIDTH - plot.RIGHT, "more targets are further right"
    assert plot.TOP <= y1 < y0 <= plot.HEIGHT - plot.BOTTOM, "more seconds are further up"
    assert first.get("stroke") != second.get("stroke")
    assert second.get("stroke-dasharray") and not first.get("stroke-dasharray")
    assert "prefers-color-scheme: dark" in text
    labels = [node.text for node in root.findall(f"{SVG}text")]
    assert "a < b" in labels and "targets" in labels and "0.01" in labels and "10" in labels


def test_a_power_of_the_base_is_its_own_tick():
    assert list(plot.decades(0.001, 1000, 10)) == [-3, -2, -1, 0, 1, 2, 3]
    assert list(plot.decades(256, 256, 2)) == [8, 9]
    assert plot.number(0.001) == "0.001" and plot.number(1000.0) == "1000"


def test_nothing_is_no_plot():
    with pytest.raises(ValueError):
        plot.svg(plot.Plot("empty", "x", "y"))


def test_growth_makes_a_line_for_each_share_and_number_of_shards(tmp_path):
    rows = [{"stage": stage, "alive": alive, "shards": shards, "exponent": exponent, "wall": exponent / 10, "cpu": 0.1,
             "peak_mib": 10.0}
            for stage in ("engine", "icmp") for alive in (0, 100) for shards in (1, 2) for exponent in (8, 16)]
    growth.write(tmp_path, rows)
    assert [file for file, _ in growth.titles(rows)] == ["engine-time.svg", "engine-memory.svg", "icmp-time.svg", "icmp-memory.svg"]
    root = xml.parse(tmp_path / "icmp-time.svg").getroot()
    assert len(root.findall(f"{SVG}polyline")) == 4
    labels = [node.text for node in root.findall(f"{SVG}text")]
    assert [label for label in labels if label and "alive" in label] == [
        "0 % alive, 1 shard", "0 % alive, 2 shards", "100 % alive, 1 shard", "100 % alive, 2 shards"]


def test_how_many_are_there():
    assert [growth.there(percent, 8) for percent in (0, 50, 100)] == [0, 127, 254]


def test_what_was_missed_is_told():
    row = {"stage": "icmp", "alive": 50, "shards": 2, "exponent": 8, "missed": 0}
    assert growth.completeness([row, {**row, "stage": "engine"}]) == "In 1 runs of real stages nobody was missed."
    assert "3 of icmp, 2^8 targets, 50 % alive, 2 shards" in growth.completeness([{**row, "missed": 3}])


def test_what_a_second_shard_brings():
    rows = [{"stage": "engine", "alive": 0, "shards": shards, "exponent": exponent, "wall": wall}
            for shards, exponent, wall in ((1, 8, 1.0), (2, 8, 1.0), (1, 20, 3.0), (2, 20, 1.5))]
    assert growth.speedup(rows).endswith("2^20 targets: two shards are faster by a factor of 2.00 with 0 % alive.")
    assert growth.speedup([]) == ""


def test_what_was_not_run_is_told_with_the_reason():
    def row(stage, alive, exponent, wall=2.0, rounds=1):
        return {"stage": stage, "alive": alive, "shards": 1, "exponent": exponent, "wall": wall, "rounds": rounds}
    rows = [row("icmp", 0, 20), row("icmp", 50, 8), row("icmp", 50, 16), row("snmp", 100, 14), row("engine", 0, 20, rounds=3)]
    half, agents = growth.not_run(rows)
    assert half.startswith("icmp with 50 % alive stops at 2^16: of the lab's half-alive network") and "32 s" in half
    assert agents == "snmp with 100 % alive stops at 2^14: one process is all agents; 2^20 would take some 128 s a run"
    assert growth.rounds(rows) == ("The engine alone (three stages that send nothing): each point 3 times, medians; each "
                                   "real stage at each point once")
    assert growth.rounds(rows[:1]) == "each real stage at each point once"


def test_no_reason_is_told_that_is_not_true():
    """Whatever stops before 2^20 has a reason of its own, and no reason is left over."""
    assert {(stage, percent) for stage, percent in growth.WHY if growth.STAGES[stage][percent] == growth.WHOLE} == set()
