"""Sends echo requests to one address at an interval and prints what came back, as JSON, when told to stop.

ping.py ADDRESS [--count N] [--interval S] [--forget DEVICE]
  --forget: the neighbour entry is removed before each request, so that each must be resolved anew
"""
import argparse
import json
import os
import select
import signal
import socket
import struct
import subprocess
import time


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--count", type=int, default=0)
    parser.add_argument("--interval", type=float, default=0.1)
    parser.add_argument("--forget")
    args = parser.parse_args()
    family, _, _, _, where = socket.getaddrinfo(args.address, 0)[0]
    v6 = family == socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
    ident = os.getpid() & 0xFFFF
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    sent_at, rtts, errors = {}, [], 0
    while not stop and not (args.count and len(sent_at) >= args.count):
        sequence = len(sent_at) & 0xFFFF
        if args.forget:
            subprocess.run(["ip", "neigh", "del", args.address, "dev", args.forget], stderr=subprocess.DEVNULL)
        head = struct.pack("!BBHHH", 128 if v6 else 8, 0, 0, ident, sequence)
        if not v6:
            head = head[:2] + struct.pack("!H", checksum(head)) + head[4:]
        sent_at[sequence] = time.monotonic()
        try:
            sock.sendto(head, where)
        except OSError:
            errors += 1
        last = args.count and len(sent_at) >= args.count
        until = time.monotonic() + (1.0 if last else args.interval)
        while (left := until - time.monotonic()) > 0 and not stop:
            if not select.select([sock], [], [], left)[0]:
                continue
            data = sock.recv(2048)
            data = data if v6 else data[(data[0] & 15) * 4:]
            kind, _, _, their_ident, their_sequence = struct.unpack_from("!BBHHH", data)
            if kind == (129 if v6 else 0) and their_ident == ident and their_sequence in sent_at:
                rtts.append((time.monotonic() - sent_at[their_sequence]) * 1000)
                if last and len(rtts) >= len(sent_at):
                    break
    print(json.dumps({"sent": len(sent_at), "answered": len(rtts), "errors": errors,
                      "longest_ms": max(rtts, default=None), "shortest_ms": min(rtts, default=None)}))


main()
