"""servers.py FILE: an echo server and one that greets, on free loopback ports. Writes both ports, and one on which nobody
listens, to FILE."""
import os
import socket
import sys
import threading


def listen():
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(16)
    return server


def serve(server, talk):
    while True:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(5)
            try:
                talk(connection)
            except OSError:
                pass


echo, greeting = listen(), listen()
closed = socket.socket()  # bound and not listening: refuses, and no other program can take it
closed.bind(("127.0.0.1", 0))
threads = [
    threading.Thread(target=serve, args=(echo, lambda c: c.sendall(c.recv(100))), daemon=True),
    threading.Thread(target=serve, args=(greeting, lambda c: c.sendall(b"220 ready\r\n")), daemon=True),
]
for thread in threads:
    thread.start()
with open(sys.argv[1] + ".new", "w") as out:
    print(*(s.getsockname()[1] for s in (echo, greeting, closed)), file=out)
os.rename(sys.argv[1] + ".new", sys.argv[1])
threads[0].join(240)
