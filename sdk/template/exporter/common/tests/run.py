#!/usr/bin/env python3
"""run.py SONDE PLUGINS: my-exporter inside sonde, with a server on 127.0.0.1 whose greeting is hostile."""
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading

SONDE, PLUGINS = sys.argv[1:]
PIPELINE = """
version: 1
targets: ["127.0.0.1"]
stages:
  - use: tcp-banner
    options: {ports: %d}
outputs:
  - use: my-exporter
    options: {path: hosts.tsv, columns: [ip, alive, ports, banners]}
"""


def serve():
    while True:
        connection, _ = server.accept()
        connection.sendall(b"220 C:\\ready\r\n")
        connection.close()


server = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, daemon=True).start()
port = server.getsockname()[1]
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "test.sonde.yaml").write_text(PIPELINE % port)
    subprocess.run([SONDE, "run", "test.sonde.yaml", "--quiet", "--plugin-path", PLUGINS, "--output", folder], cwd=folder,
                   check=True, timeout=50)
    found = (folder / "hosts.tsv").read_text()
expected = f"ip\talive\tports\tbanners\n127.0.0.1\ttrue\t{port}\t{port}=220 C:\\x5cready\n"
if found != expected:
    sys.exit(f"expected\n{expected}found\n{found}")
