#!/usr/bin/env python3
"""run.py SONDE PLUGINS: my-source inside sonde, with a file of hosts that are this machine."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile

SONDE, PLUGINS = sys.argv[1:]
PIPELINE = """
version: 1
targets: [{use: my-source, options: {file: hosts.txt}}]
stages: [{use: tcp-banner, options: {ports: %d}}]
outputs: [{use: json, options: {path: inventory.json}}]
"""

# A port that refuses, and that no other program can take: bound, and nobody listens.
closed = socket.socket()
closed.bind(("127.0.0.1", 0))


def run(hosts):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "test.sonde.yaml").write_text(PIPELINE % closed.getsockname()[1])
        (folder / "hosts.txt").write_text(hosts)
        done = subprocess.run([SONDE, "run", "test.sonde.yaml", "--quiet", "--plugin-path", PLUGINS, "--output", folder],
                              cwd=folder, timeout=50, capture_output=True, text=True, check=False)
        written = folder / "inventory.json"
        return done, json.loads(written.read_text()) if written.exists() else None


result, found = run("# hosts\n127.0.0.1 here rack 7\n\n127.0.0.2\n")
expected = [{"ip": "127.0.0.1", "alive": True, "hostname": "here", "my-source": {"note": "rack 7"}},
            {"ip": "127.0.0.2", "alive": True}]
if found != expected:
    sys.exit(f"expected {expected}, found {found}\n{result.stderr}")

result, found = run("127.0.0.1\n127.0.0.x\n")
if result.returncode != 78 or "hosts.txt, line 2: expected ADDRESS [NAME [NOTE]], found '127.0.0.x'" not in result.stderr:
    sys.exit(f"a wrong line: exit {result.returncode}\n{result.stderr}")
