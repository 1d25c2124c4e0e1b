"""rdns with a server that is of no use says so: once, whatever the number of targets and shards."""
import socket
import threading

import pytest


@pytest.fixture
def refusing():
    """A DNS server on 127.0.0.1 that answers REFUSED to everything."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve():
        while True:
            question, client = server.recvfrom(4096)
            if not question:
                return
            server.sendto(question[:2] + bytes([0x81, 0x85]) + question[4:], client)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    address = server.getsockname()
    yield f"127.0.0.1:{address[1]}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        last.sendto(b"", address)
    thread.join(10)
    server.close()


@pytest.mark.parametrize("targets", ["127.0.0.1", "127.0.0.1-127.0.0.40"])
def test_a_server_that_refuses_everything(sonde, refusing, targets):
    sonde.pipeline(f'{{use: rdns, options: {{servers: ["{refusing}"]}}}}', targets, more="limits: {shards: 4}")
    result = sonde.run()
    assert result.code == 0, str(result)
    warnings = [line for line in result.err.splitlines() if line.startswith("warning")]
    assert warnings == [f"warning[plugin-log]: stage 'rdns': DNS server {refusing} refuses its service; names it should know are missing"]


def test_a_server_that_is_not_there(sonde):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]  # free again when the run begins
    sonde.pipeline(f'{{use: rdns, name: names, options: {{servers: ["127.0.0.1:{port}"], timeout: 100ms}}}}')
    result = sonde.run()
    assert result.code == 0, str(result)
    assert (f"warning[plugin-log]: stage 'names' (rdns): DNS server 127.0.0.1:{port} does not answer; names it should know are missing\n") in result.err
