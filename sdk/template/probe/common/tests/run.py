#!/usr/bin/env python3
"""run.py SONDE PLUGINS: my-probe inside sonde, against servers on 127.0.0.1 that greet, refuse and stay silent."""
import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # nothing is left beside the sources
from servers import refusing, tcp  # and udp, for a probe that sends datagrams

SONDE, PLUGINS = sys.argv[1:]
SAMPLE = pathlib.Path(__file__).parent.parent / "sample.sonde.yaml"


def records(port):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([SONDE, "run", SAMPLE, "--quiet", "--plugin-path", PLUGINS, "--output", folder,
                        "--set", f"my-probe.port={port}"], check=True, timeout=50)
        return json.loads(pathlib.Path(folder, "inventory.json").read_text())


for name, port, expected in (
        ("greeting", tcp(b"220 ready\r\n"), [{"ip": "127.0.0.1", "alive": True, "my-probe": {"line": "220 ready"}}]),
        ("refusing", refusing(), [{"ip": "127.0.0.1", "alive": True}]),
        ("silent", tcp(b""), [{"ip": "127.0.0.1", "alive": True}])):
    found = records(port)
    if found != expected:
        sys.exit(f"{name}: expected {expected}, found {found}")
