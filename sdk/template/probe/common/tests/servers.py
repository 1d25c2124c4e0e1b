"""What a probe meets in run.py, on free ports of 127.0.0.1. Each server gives its port and lives as long as the test."""
import socket
import threading
import time

_kept = []  # what would be closed when nobody holds it


def tcp(say):
    """Says `say` to everybody, an octet at a time (nothing may rely on how it arrives), and keeps the connection open."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = server.accept()
            _kept.append(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for octet in say:
                    connection.sendall(bytes([octet]))
                    time.sleep(0.001)
            except OSError:
                pass  # it has heard enough

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1]


def udp(reply):
    """Sends the list of datagrams that reply(query, number) gives; number counts the queries, from 1. An empty list
    is silence: `lambda query, number: [answer] if number == 2 else []` loses the first query."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve():
        number = 0
        while True:
            query, peer = server.recvfrom(65535)
            number += 1
            for datagram in reply(query, number):
                server.sendto(datagram, peer)

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1]


def refusing(kind=socket.SOCK_STREAM):
    """A port that refuses, and that no other program can take: bound, and nobody listens. For UDP, whose bound sockets are
    silent instead, one that was free a moment ago: refusing(socket.SOCK_DGRAM)."""
    closed = socket.socket(socket.AF_INET, kind)
    closed.bind(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    if kind == socket.SOCK_DGRAM:
        closed.close()
    else:
        _kept.append(closed)
    return port
