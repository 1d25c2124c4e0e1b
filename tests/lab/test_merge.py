"""Merged parts equal the single run in every field but rtt_ms, for n from 1 to 7: the shipped inventory on the flat LAN."""
import json
import random

import pytest
from harness.sonde import INVENTORY, Sonde

DETAIL = {"json.detail": "true", "json.hosts": "known"}  # evidence, link, dns and the rest as well
SEED = ("--seed", "0")


@pytest.fixture(scope="module")
def single(lan, binary):
    return Sonde(binary, lan.scanner).run(INVENTORY, lan.folder("single"), lan.targets(), DETAIL, SEED)


def comparable(result):
    rows = json.loads(json.dumps(result.json()))
    for row in rows:
        assert row.pop("rtt_ms", 1) > 0
    return rows


def totals(document):
    """Of each stage: how many targets ended how."""
    return {stage["name"]: stage["outcomes"] for stage in document["stages"]}


@pytest.mark.parametrize("count", range(1, 8))
def test_merged_parts_are_the_single_run(lan, lan_sonde, single, count):
    base = lan.folder(f"parts-{count}")
    parts = [base / f"part-{part}" for part in range(1, count + 1)]
    for number, part in enumerate(parts, 1):
        lan_sonde.run(INVENTORY, part, lan.targets(), DETAIL, ("--shard", f"{number}/{count}", *SEED))
    chance = random.Random(count)
    for attempt in range(3):
        chance.shuffle(parts)
        result = lan_sonde.call("merge", *parts, "--pipeline", INVENTORY, "--set", "json.detail=true", "--set",
                                "json.hosts=known", "--output", base / f"merged-{attempt}",
                                directory=base / f"merged-{attempt}")
        assert result.code == 0, str(result)
        assert comparable(result) == comparable(single)
        assert totals(result.document) == totals(single.document)
        for key in ("plan_hash", "seed", "targets", "settled", "responding", "complete", "scope", "not_covered"):
            assert result.document[key] == single.document[key], key
        rows = [(base / f"merged-{attempt}/inventory.csv").read_text().count("\n"),
                (single.directory / "inventory.csv").read_text().count("\n")]
        assert rows[0] == rows[1]
