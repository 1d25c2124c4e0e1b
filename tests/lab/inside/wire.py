"""A cable that delays: frames pass between two devices, those from the second one late. For kernels without netem.

wire.py NEAR FAR MILLISECONDS
"""
import collections
import select
import socket
import struct
import sys
import time



def open_device(name):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
    sock.bind((name, 0))
    sock.setblocking(False)
    # Promiscuous: frames are for the host at the other end.
    index = socket.if_nametoindex(name)
    sock.setsockopt(263, 1, struct.pack("iHH8s", index, 1, 0, b""))  # SOL_PACKET, PACKET_ADD_MEMBERSHIP, PROMISC
    return sock


def main():
    near, far = open_device(sys.argv[1]), open_device(sys.argv[2])
    delay = float(sys.argv[3]) / 1000
    late = collections.deque()
    while True:
        wait = max(0.0, late[0][0] - time.monotonic()) if late else None
        readable, _, _ = select.select([near, far], [], [], wait)
        for sock in readable:
            frame, (_, _, kind, _, _) = sock.recvfrom(65536)
            if kind == 4:  # PACKET_OUTGOING: what this process has sent itself
                continue
            if sock is near:
                far.send(frame)
            else:
                late.append((time.monotonic() + delay, frame))
        while late and late[0][0] <= time.monotonic():
            near.send(late.popleft()[1])


main()
