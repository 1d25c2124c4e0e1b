#!/usr/bin/env python3
"""run.py SONDE PLUGINS: my-probe inside sonde, against servers on 127.0.0.1 that greet, refuse and stay silent."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading

SONDE, PLUGINS = sys.argv[1:]
SAMPLE = pathlib.Path(__file__).parent.parent / "sample.sonde.yaml"


def listen(say):
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        kept = []
        while True:
            connection, _ = server.accept()
            connection.sendall(say)
            kept.append(connection)

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1]


def records(port):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([SONDE, "run", SAMPLE, "--quiet", "--plugin-path", PLUGINS, "--output", folder,
                        "--set", f"my-probe.port={port}"], check=True, timeout=50)
        return json.loads(pathlib.Path(folder, "inventory.json").read_text())


refusing = socket.socket()  # bound and not listening
refusing.bind(("127.0.0.1", 0))
for name, port, expected in (
        ("greeting", listen(b"220 ready\r\n"), [{"ip": "127.0.0.1", "alive": True, "my-probe": {"line": "220 ready"}}]),
        ("refusing", refusing.getsockname()[1], [{"ip": "127.0.0.1", "alive": True}]),
        ("silent", listen(b""), [{"ip": "127.0.0.1", "alive": True}])):
    found = records(port)
    if found != expected:
        sys.exit(f"{name}: expected {expected}, found {found}")
