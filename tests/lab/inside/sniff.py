"""Writes one line of JSON for each frame that a device receives or sends, until told to stop; then {"dropped": n}.
Its time is that at which the kernel had it, in seconds of the day's clock, however late it is read here.

sniff.py DEVICE FILE
"""
import json
import select
import signal
import socket
import struct
import sys
import time

SOL_PACKET, PACKET_STATISTICS, SO_RCVBUFFORCE, SO_TIMESTAMPNS = 263, 6, 33, 35
ICMP = {(4, 8): "echo-request", (4, 0): "echo-reply", (6, 128): "echo-request", (6, 129): "echo-reply",
        (6, 135): "neighbour-solicitation", (6, 136): "neighbour-advertisement"}


def mac(raw):
    return ":".join(f"{byte:02x}" for byte in raw)


def describe(frame):
    row = {"dst_mac": mac(frame[:6]), "src_mac": mac(frame[6:12])}
    kind = struct.unpack_from("!H", frame, 12)[0]
    if kind == 0x0806:
        operation = struct.unpack_from("!H", frame, 20)[0]
        row.update(kind="arp-request" if operation == 1 else "arp-reply",
                   src=socket.inet_ntoa(frame[28:32]), dst=socket.inet_ntoa(frame[38:42]))
        return row
    if kind == 0x0800:
        version, protocol, start = 4, frame[23], 14 + (frame[14] & 15) * 4
        row.update(src=socket.inet_ntoa(frame[26:30]), dst=socket.inet_ntoa(frame[30:34]))
    elif kind == 0x86DD:
        version, protocol, start = 6, frame[20], 54
        row.update(src=socket.inet_ntop(socket.AF_INET6, frame[22:38]),
                   dst=socket.inet_ntop(socket.AF_INET6, frame[38:54]))
    else:
        row["kind"] = f"ether-{kind:04x}"
        return row
    if protocol in (1, 58):
        row["kind"] = ICMP.get((version, frame[start]), f"icmp-{frame[start]}")
    elif protocol == 6:
        sport, dport = struct.unpack_from("!HH", frame, start)
        flags = frame[start + 13]
        row.update(kind="tcp", sport=sport, dport=dport,
                   flags="".join(letter for bit, letter in enumerate("FSRPAU") if flags >> bit & 1))
    elif protocol == 17:
        row.update(kind="udp", sport=struct.unpack_from("!H", frame, start)[0],
                   dport=struct.unpack_from("!H", frame, start + 2)[0])
    else:
        row["kind"] = f"ip-{protocol}"
    return row


def main():
    device, file = sys.argv[1:3]
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.bind((device, 0))
    time.sleep(0.05)  # the kernel begins with its stamps a moment after it was asked to
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    with open(file, "w", encoding="utf-8") as out:
        print("ready")
        while True:
            if not select.select([sock], [], [], 0.05)[0]:
                if stop:
                    break
                continue
            frame, ancillary, _, (_, _, kind, _, _) = sock.recvmsg(65536, 64)
            seconds, nanoseconds = struct.unpack("ll", next(
                data for level, what, data in ancillary if (level, what) == (socket.SOL_SOCKET, SO_TIMESTAMPNS)))
            try:
                row = describe(frame)
            except (IndexError, struct.error):
                row = {"kind": "torn"}
            out.write(json.dumps({"time": seconds + nanoseconds / 1e9, "sent": kind == 4, **row}) + "\n")
        _, dropped = struct.unpack("II", sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        out.write(json.dumps({"dropped": dropped}) + "\n")


main()
