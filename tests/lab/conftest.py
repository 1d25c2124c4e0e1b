"""Fixtures of the lab, and how often what must hold "ten runs of ten" is repeated.

LAB_REPEAT: number of repetitions, 3 unless set; a release is tested with LAB_REPEAT=10.
"""
import os
from pathlib import Path

import pytest
from harness import namespaces
from harness.flat_lan import FlatLan
from harness.sonde import TREE, Sonde, copy_for_everybody
from harness.wide_net import OnLinkNet, RoutedNet


def pytest_addoption(parser):
    parser.addoption("--sonde", help="the command under test (else $SONDE, else build/release/bin/sonde)")


def repeat():
    return int(os.environ.get("LAB_REPEAT", "3"))


@pytest.fixture(scope="session", autouse=True)
def lab_is_possible():
    try:
        namespaces.require_namespaces()
    except namespaces.LabError as why:
        pytest.fail(str(why), pytrace=False)
    namespaces.remove_leftovers()


@pytest.fixture(scope="session")
def binary(request, lab_is_possible):
    """The command, in a copy that belongs to root and that everybody may read: root's sonde refuses plugins that others
    could change, and a user without rights may not look below /root."""
    path = Path(request.config.getoption("--sonde") or os.environ.get("SONDE") or TREE / "build/release/bin/sonde")
    if not os.access(path, os.X_OK):
        pytest.fail(f"needs-sonde: {path} is not there; build it (./dev test lab does) or name it with --sonde",
                    pytrace=False)
    with namespaces.Lab() as copy:
        yield copy_for_everybody(path, copy.dir)


@pytest.fixture(scope="session")
def lan(lab_is_possible):
    with FlatLan() as lab:
        yield lab


@pytest.fixture(scope="session")
def routed(lab_is_possible):
    with RoutedNet(web=True) as lab:
        yield lab


@pytest.fixture(scope="session")
def onlink(lab_is_possible):
    with OnLinkNet() as lab:
        yield lab


@pytest.fixture
def lan_sonde(binary, lan):
    return Sonde(binary, lan.scanner)


@pytest.fixture
def routed_sonde(binary, routed):
    return Sonde(binary, routed.scanner)


@pytest.fixture
def onlink_sonde(binary, onlink):
    return Sonde(binary, onlink.scanner)


@pytest.fixture
def write(tmp_path):
    """write(name, text): a file beside the others of this test; returns its path."""
    def put(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path
    return put
