"""--user: root opens what only root may, becomes somebody else before the first packet, and that account owns the
results."""
import os
import pwd

import pytest

PIPELINE = """
version: 1
targets: [192.0.2.10]
stages:
  - {use: arp-oui}
  - {use: icmp}
outputs: [{use: json, options: {path: inventory.json}}]
"""
NOBODY = pwd.getpwnam("nobody").pw_uid


@pytest.fixture
def pipeline(write):
    return write("user.sonde.yaml", PIPELINE)


def owners(folder):
    return {path.stat().st_uid for path in [folder, *folder.rglob("*")]}


@pytest.mark.parametrize("name, uid", [("nobody", NOBODY), ("1000", 1000)])
def test_raw_sockets_of_root_and_files_of_the_account(lan, lan_sonde, pipeline, name, uid):
    parent = lan.folder(f"user-{name}")
    os.chown(parent, uid, uid)
    folder = parent / "made"
    record, = lan_sonde.run(pipeline, folder, extra=("--user", name)).json()
    assert record["mac"] and record["rtt_ms"] > 0
    assert owners(folder) == {uid}
    assert {path.name for path in folder.iterdir()} == {"inventory.json", "run.json", "journal"}


def test_a_directory_that_the_account_may_not_write(lan, lan_sonde, pipeline):
    folder = lan.folder("roots")
    folder.chmod(0o755)
    result = lan_sonde.run(pipeline, folder, extra=("--user", "nobody"), expect=74)
    assert "error[output-unwritable]" in result.err and "Permission denied" in result.err
    assert os.listdir(folder) == []


def test_root_makes_no_directory_where_the_account_may_not(lan, lan_sonde, pipeline):
    parent = lan.folder("roots-parent")
    parent.chmod(0o755)
    result = lan_sonde.run(pipeline, parent / "made", extra=("--user", "nobody"), expect=74)
    assert "error[output-unwritable]" in result.err
    assert os.listdir(parent) == []


def test_an_account_that_does_not_exist(lan, lan_sonde, pipeline):
    folder = lan.folder("unknown-account")
    result = lan_sonde.run(pipeline, folder, extra=("--user", "no-such-account"), expect=77)
    assert "error[privileges]: --user: there is no account 'no-such-account'" in result.err
    assert os.listdir(folder) == []


def test_an_account_that_cannot_be_taken(lan, lan_sonde, pipeline):
    """Root without CAP_SETUID, as in many containers."""
    folder = lan.folder("unmapped")
    lan_sonde.before = ["setpriv", "--bounding-set", "-setuid", "--inh-caps", "-setuid"]
    result = lan_sonde.run(pipeline, folder, extra=("--user", "nobody"), expect=77)
    assert "error[privileges]: files cannot be made in the name of the account: seteuid was refused" in result.err
    assert not (folder / "inventory.json").exists()
    assert not (folder / "journal").exists(), "root made files that were to be the account's"
