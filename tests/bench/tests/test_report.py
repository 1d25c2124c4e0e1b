"""Verdicts, tables, the document, and how often who is run."""
import re
import subprocess
from pathlib import Path

import pytest
from harness.namespaces import LabError
from macro import page, report
from macro.contest import Case, Contestant, Goal
from macro.measure import Run
from macro.race import race


def row(**values):
    return {"name": "sonde, 1 shard", "shards": 1, "argv": ["sonde", "run"], "note": "", "package": "", "expected": 4,
            "runs": 5, "wall": 0.4, "wall_min": 0.35, "wall_max": 0.5, "cpu": 0.3, "peak_mib": 30.0, "found": 4,
            "missed": 0, "foreign": 0, **values}


GOAL = {"text": "at most 0.5 x zmap", "peer": "zmap", "seconds": 0.5, "mib": 64.0}


def test_goals():
    ratio, fixed, memory = Goal("", peer="zmap", factor=0.5), Goal("", seconds=2.0), Goal("")
    assert ratio.limit({"zmap": 3.0, "nmap": 1.0}) == 1.5
    assert ratio.limit({"nmap": 1.0}) is None
    assert fixed.limit({}) == 2.0
    assert memory.limit({}) is None


@pytest.mark.parametrize("values,verdict", [
    ({}, "met"), ({"wall": 1.0}, "missed by 2.00 x"), ({"missed": 2, "found": 2}, "2 not found"),
    ({"foreign": 1}, "1 that are not there"), ({"peak_mib": 80.4}, "80 MiB, 64 allowed"),
    ({"wall": 1.0, "missed": 1}, "1 not found; missed by 2.00 x"), ({"shards": 0, "missed": 1}, "")])
def test_verdicts(values, verdict):
    assert report.verdict(row(**values), GOAL) == verdict


def case(**values):
    return {"title": "a sweep", "what": "hosts", "goal": GOAL, "rows": [row(name="zmap", shards=0), row(**values)],
            "at": "2026-01-02", "rounds": 5}


def test_the_table():
    assert report.text_table("sweep", case(wall=0.25)).splitlines() == [
        "sweep: a sweep",
        "Goal: at most 0.5 x zmap (here 500 ms).",
        "who             runs  wall ms  min - max  CPU ms  peak MiB   found  to goal  verdict",
        "zmap               5      400  350 - 500     300      30.0  4 of 4",
        "sonde, 1 shard     5      250  350 - 500     300      30.0  4 of 4     0.50  met"]


def results():
    return {**report.empty(), "cases": {"sweep": case()},
            "micro": {"at": "2026-01-03", "rows": [
                {"name": "get", "value": 31.26, "unit": "ns"},
                {"name": "whole_run<Work::done>/shards:2", "value": 250.0, "unit": "ns", "goal": 200, "wall": 140.0,
                 "speedup": 1.75, "speedup_goal": 1.6}]},
            "profiles": {"sweep": {"contestant": "sonde, 1 shard", "shares": {"kernel": 91.4, "icmp.so": 5.0},
                                   "dearest": [[9.5, "kernel", "nf_hook"], [3.0, "kernel", "memcpy"],
                                               [2.0, "icmp.so", "pump"], [1.0, "sonde", "unseen"]]}},
            "growth": {"at": "2026-01-03", "rows": [{"stage": "icmp", "alive": 50, "shards": 1, "exponent": 16, "wall": 1.0,
                                                     "rounds": 1, "missed": 0}]},
            "memory": {"at": "2026-01-04", "what": "A report", "rows": [
                {"name": "merge", "argv": ["sonde", "merge"], "wall": 2.0, "cpu": 1.5, "peak_mib": 93.4}]},
            "machine": {"cpu": "A|B", "cores": 2, "memory_gib": 24, "virtual": True, "kernel": "6.1", "system": "Debian"},
            "packages": {"zmap": "2.1.1-2"}}


def test_the_document():
    text = page.markdown(results(), [("performance/engine-time.svg", "time")])
    assert "| sonde, 1 shard | 5 | 400 | 350 - 500 | 300 | 30.0 | 4 of 4 | 0.80 | met |" in text
    assert "| done/shards:2 | 250 | missed by 1.25 x | 140 | 1.75 x | met (1.6) |" in text
    assert "| get | 31.26 | ns |" in text
    assert "- zmap: `sonde run`" in text
    assert "9.5 % `nf_hook` (kernel); 3.0 % `memcpy` (kernel); 2.0 % `pump` (icmp.so)." in text and "unseen" not in text
    assert "![time](performance/engine-time.svg)" in text and "- icmp with 50 % alive stops at 2^16: " in text
    assert "| merge | 2.0 | 1.5 | 93.4 |" in text and "- merge: `sonde merge`" in text
    assert text.startswith("Measured 2026-01-02 and 2026-01-03 and 2026-01-04: A|B, 2 cores")
    whole = page.into_document(f"# Before\n{page.BEGIN}\nold\n{page.END}\nafter\n", text)
    assert whole.startswith("# Before\n") and whole.endswith(f"{page.END}\nafter\n")
    assert "old" not in whole and text in whole
    assert page.into_document(whole, text) == whole


@pytest.mark.parametrize("part, lost", [("cases", "sweep"), ("micro", "Micro-benchmarks"), ("profiles", "Where the time goes"),
                                        ("growth", "Growth"), ("memory", "Memory of a million hosts")])
def test_no_section_is_lost_without_a_word(part, lost):
    whole = page.into_document(f"{page.BEGIN}\n{page.END}", page.markdown(results()))
    with pytest.raises(ValueError, match=f"no results for what the page has about .*{lost}"):
        page.into_document(whole, page.markdown({**results(), part: {}}))


def test_no_profile_is_lost_without_a_word():
    one = results()["profiles"]["sweep"]
    whole = page.into_document(f"{page.BEGIN}\n{page.END}",
                               page.markdown({**results(), "profiles": {"sweep": one, "other-8": one}}))
    with pytest.raises(ValueError, match=r"about \*\*other-8\*\*"):
        page.into_document(whole, page.markdown(results()))


def test_what_is_missed_is_summed_up():
    loud = {**case(wall=0.6), "quiet": {"busy": 0.3}}
    loud["rows"].append(row(name="sonde, 2 shards", wall=0.7, wall_min=0.65))
    text = "\n".join(page.summary({**results(), "cases": {"sweep": loud}}))
    assert "Of 4 goals 1 are met. Missed:" in text
    assert "- `sweep`, sonde, 1 shard: missed by 1.20 x" in text
    assert "- null probe, `done/shards:2`, CPU time: missed by 1.25 x" in text
    assert "Slower with two shards than with one: `sweep`, sonde (1.17 of the time of one)." in text
    assert "The machine had other things to do during `sweep`" in text
    quiet = "\n".join(page.summary({**results(), "micro": {}}))
    assert "Of 1 goals 1 are met.\n" in quiet and "No case is slower with two shards than with one.\n" in quiet
    assert "other things" not in quiet


def test_a_document_without_markers_is_refused():
    with pytest.raises(ValueError):
        page.into_document("# Nothing here\n", "text")


def test_the_shipped_document_has_its_markers():
    text = (Path(__file__).resolve().parents[3] / "docs" / "performance.md").read_text()
    part = text.split(page.BEGIN)[1].split(page.END)[0].lstrip("\n")
    assert page.into_document(text, part) == text


def test_the_script_is_extrapolated():
    script = row(name="script: one host after the other", shards=0,
                 extra={"seconds_silent": 0.8, "seconds_alive": 0.9})
    cases = {"inventory-24": {**case(), "rows": [script]}}
    assert "are 14.7 hours." in page.extrapolated({"cases": cases})
    assert page.extrapolated({"cases": {}}) == ""


def test_results_are_kept_and_merged(tmp_path):
    file = tmp_path / "below" / "results.json"
    first = report.load(file)
    first["cases"]["sweep"] = case()
    report.save(file, first)
    second = report.load(file)
    second["cases"]["other"] = case()
    report.save(file, second)
    assert list(report.load(file)["cases"]) == ["sweep", "other"]
    assert list(report.in_order(report.load(file), ["absent", "other"])["cases"]) == ["other", "sweep"]


def test_results_of_another_format_or_machine_are_no_results(tmp_path):
    file = tmp_path / "results.json"
    file.write_text('{"format": 1}')
    assert report.load(file) == report.empty()
    report.save(file, results())
    assert report.load(file)["cases"]
    file.write_text(file.read_text().replace('"cores": ', '"cores": 1'))
    assert report.load(file) == report.empty()


def test_the_published_page_is_of_this_machine_and_of_all_peers(tmp_path, monkeypatch):
    """Of a case that was measured again, and of those that were not."""
    peers = [row(name=name, shards=0, package=name) for name in ("zmap", "nmap")]
    monkeypatch.setattr(report, "package_versions", lambda names: {name: "1" for name in sorted(set(names) - {""})})
    published = {**report.empty(), "cases": {"other": {**case(), "rows": peers[1:]}}, "packages": {"nmap": "0"}}
    own = {**report.empty(), "cases": {"sweep": {**case(), "rows": peers[:1]}}, "packages": {"zmap": "1"}}
    assert report.identified(report.filled(own, published))["packages"] == {"nmap": "1", "zmap": "1"}
    assert report.identified(report.empty())["machine"] == report.machine()


def test_what_is_not_measured_again_stays_as_it_was():
    newer = {**report.empty(), "cases": {"sweep": {"new": 1}}, "micro": {"rows": [1]}}
    older = {**report.empty(), "cases": {"sweep": {}, "other": {}}, "micro": {"rows": [2]}, "growth": {"rows": [3]},
             "profiles": {"sweep": {}}}
    assert report.filled(newer, older) == {**report.empty(), "cases": {"sweep": {"new": 1}, "other": {}},
                                           "micro": {"rows": [1]}, "growth": {"rows": [3]}, "profiles": {"sweep": {}}}


class Net:
    """Stands for a lab; only its folders are used."""
    scanner = None

    def __init__(self, path):
        self.dir = path

    def folder(self, name):
        (self.dir / name).mkdir(parents=True, exist_ok=True)
        return self.dir / name


class Meter:
    """Stands for the meter: each command's first word is how many seconds it takes."""

    def __init__(self):
        self.asked = []

    def run(self, argv, namespace, directory, timeout):
        if float(argv[0]) > timeout:
            raise subprocess.TimeoutExpired(argv, timeout)
        self.asked.append(argv[1])
        wall = float(argv[0]) / (1 if self.asked.count(argv[1]) > 1 else 0.5)
        return Run(wall, wall / 2, 10.0 + len(self.asked), 0, "", "", directory)


class AtRest:
    """Stands for a machine without other work."""

    def end(self):
        return {"busy": 0.0, "stolen": 0.0}


def contestants(**more):
    def one(name, seconds, shards=0, **others):
        return Contestant(name, lambda out: [seconds, name], lambda run: {"a", "b"}, shards=shards, **others)
    return [one("fast", 1), one("slow", 9), one("sonde", 20, shards=1, **more)]


def test_everybody_in_turn_and_the_slow_ones_once(tmp_path):
    meter = Meter()
    case_of = Case("sweep", "a sweep", Goal("", peer="fast", factor=2.0), contestants(expected=frozenset("abc")),
                   frozenset("ab"))
    measured = race(case_of, meter, Net(tmp_path), 3, watch=AtRest)
    # The first run of sonde took 40 s here, which stands for all.
    assert meter.asked == ["fast", "slow", "sonde", "fast", "fast", "fast"]
    rows = {entry["name"]: entry for entry in measured["rows"]}
    assert (rows["fast"]["runs"], rows["slow"]["runs"], rows["sonde"]["runs"]) == (3, 1, 1)
    assert rows["fast"]["wall"] == 1.0, "the warm-up, of 2 s, does not count"
    assert (rows["sonde"]["found"], rows["sonde"]["missed"], rows["sonde"]["expected"]) == (2, 1, 3)
    assert measured["goal"]["seconds"] == 2.0


def test_one_round_alone_counts(tmp_path):
    meter = Meter()
    case_of = Case("sweep", "a sweep", Goal(""), contestants(), frozenset("a"))
    measured = race(case_of, meter, Net(tmp_path), 0, watch=AtRest)
    assert [entry["runs"] for entry in measured["rows"]] == [1, 1, 1]
    assert measured["rows"][0]["foreign"] == 1


def test_shards_are_compared():
    rows = [row(wall=0.4), row(name="sonde, 2 shards", shards=2, wall=0.3), row(name="sonde adaptive, 1 shard")]
    assert report.shards_line({"rows": rows}) == "sonde: two shards take 0.75 of the time of one"
    assert report.shards_line(case()) == ""


def test_two_shards_that_are_slower_are_told():
    def line(**values):
        return report.shards_line({"rows": [row(), row(name="sonde, 2 shards", shards=2, **values)]})
    assert line(wall=0.44, wall_min=0.36) == "sonde: two shards take 1.10 of the time of one, within the spread"
    assert line(wall=0.44, wall_min=0.42) == "sonde: two shards take 1.10 of the time of one, which is slower"


def test_a_peer_that_does_not_end_is_left_out(tmp_path):
    stuck = Contestant("fast", lambda out: [500, "fast"], lambda run: set())
    sonde = Contestant("sonde", lambda out: [1, "sonde"], lambda run: {"a"}, shards=1)
    measured = race(Case("sweep", "a sweep", Goal("", peer="fast", factor=2.0), [stuck, sonde], frozenset("a")), Meter(),
                    Net(tmp_path), 2, watch=AtRest)
    assert [entry["name"] for entry in measured["rows"]] == ["sonde"]
    assert measured["goal"]["seconds"] is None and report.verdict(measured["rows"][0], measured["goal"]) == "fast was not measured"


def test_a_program_that_is_not_installed_is_no_result(tmp_path):
    class Missing(Meter):
        def run(self, argv, namespace, directory, timeout):
            return Run(0.001, 0.0, 1.0, 127, "", "no such file", directory)
    with pytest.raises(LabError, match="not installed"):
        race(Case("sweep", "a sweep", Goal(""), contestants()), Missing(), Net(tmp_path), 1, watch=AtRest)


def test_a_peer_that_fails_has_no_result_and_sonde_must_not(tmp_path, capsys):
    class Failing(Meter):
        def __init__(self, *names):
            super().__init__()
            self.names = names

        def run(self, argv, namespace, directory, timeout):
            return Run(0.001, 0.0, 1.0, 1 if argv[1] in self.names else 0, "", "no route", directory)

    def measured(meter, codes=(0,)):
        both = [Contestant("fast", lambda out: [1, "fast"], lambda run: {"a"}, codes=codes),
                Contestant("sonde", lambda out: [1, "sonde"], lambda run: {"a"}, shards=1)]
        rows = race(Case("sweep", "a sweep", Goal("", peer="fast", factor=2.0), both, frozenset("a")), meter, Net(tmp_path), 2,
                    watch=AtRest)["rows"]
        return [(entry["name"], entry["found"]) for entry in rows]

    assert measured(Failing("fast")) == [("sonde", 1)]
    assert re.search("fast +ended with exit code 1, and is left out\nno route\n", capsys.readouterr().err)
    assert measured(Failing("fast"), codes=(0, 1)) == [("fast", 1), ("sonde", 1)]
    with pytest.raises(LabError, match="sonde ended with exit code 1\nno route"):
        measured(Failing("sonde"))


def test_a_goal_from_a_peer_that_missed_some_is_flagged(tmp_path):
    fast = Contestant("fast", lambda out: [1, "fast"], lambda run: {"a"})
    sonde = Contestant("sonde", lambda out: [1, "sonde"], lambda run: {"a", "b"}, shards=1)
    measured = race(Case("sweep", "a sweep", Goal("", peer="fast", factor=2.0), [fast, sonde], frozenset("ab")), Meter(),
                    Net(tmp_path), 2, watch=AtRest)
    assert report.words_below(measured) == ["Not a firm goal: fast, which it is taken from, missed 1."]
