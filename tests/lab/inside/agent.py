"""An SNMP agent (v1, v2c, and the v3 discovery) for devices that no real daemon imitates. tests/lab/test_snmp.py
compares what it says with what net-snmp's own tools make of it.

agent.py --any                          on all addresses; sysName is "agent-" and the address that was asked
agent.py [--no-bulk] ADDRESS...         on these, a switch with interfaces, ARP table, parts and a neighbour
  --no-bulk: GETBULK is dropped, as some devices do
  --engine HEX: the engine id (else 80001f8804 and the address as text)
"""
import argparse
import bisect
import ipaddress
import select
import socket
import struct

IP_PKTINFO, SO_RCVBUFFORCE = 8, 33  # which the socket module does not name
GET, GETNEXT, RESPONSE, GETBULK, REPORT = 0xA0, 0xA1, 0xA2, 0xA5, 0xA8
NO_SUCH_OBJECT, END_OF_VIEW = b"\x80\x00", b"\x82\x00"


def tlv(tag, content):
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def number(value, tag=2):
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value):
    return tlv(4, value if isinstance(value, bytes) else value.encode())


def name(oid):
    out = bytearray([oid[0] * 40 + oid[1]])
    for part in oid[2:]:
        piece = [part & 0x7F]
        while part := part >> 7:
            piece.insert(0, part & 0x7F | 0x80)
        out += bytes(piece)
    return tlv(6, bytes(out))


def read(data, at):
    """Tag, content, and where the next element begins."""
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(data[at:at + count], "big"), at + count
    return tag, data[at:at + size], at + size


def elements(data):
    at, out = 0, []
    while at < len(data):
        tag, content, at = read(data, at)
        out.append((tag, content))
    return out


def read_oid(content):
    out, part = [content[0] // 40, content[0] % 40], 0
    for octet in content[1:]:
        part = part << 7 | octet & 0x7F
        if not octet & 0x80:
            out.append(part)
            part = 0
    return tuple(out)


def oid(text):
    return tuple(map(int, text.split(".")))


def system(sys_name):
    base = "1.3.6.1.2.1.1."
    return {base + "1.0": octets("Lab switch 24 ports"), base + "2.0": name(oid("1.3.6.1.4.1.9.1.516")),
            base + "3.0": number(4711, 0x43), base + "4.0": octets("lab@example.org"), base + "5.0": octets(sys_name),
            base + "6.0": octets("rack 4")}


def switch(address):
    """Twenty-four ports, and what stands at them."""
    mib = system("switch-" + address.rpartition(".")[2])
    for port in range(1, 25):
        entry, extended = "1.3.6.1.2.1.2.2.1.{}." + str(port), "1.3.6.1.2.1.31.1.1.1.{}." + str(port)
        mib[entry.format(2)] = octets(f"GigabitEthernet0/{port}")
        mib[entry.format(3)] = number(6)
        mib[entry.format(5)] = number(1_000_000_000, 0x42)
        mib[entry.format(6)] = octets(bytes([0x00, 0x1B, 0x0C, 0, 0, port]))
        mib[entry.format(7)] = number(1)
        mib[entry.format(8)] = number(1 if port <= 12 else 2)
        mib[extended.format(1)] = octets(f"Gi0/{port}")
        mib[extended.format(15)] = number(1000, 0x42)
        mib[extended.format(18)] = octets("")
    for host in range(1, 16):
        mib[f"1.3.6.1.2.1.4.22.1.2.1.192.0.2.{host}"] = octets(bytes([0x02, 0, 0, 0, 2, host]))
    part = "1.3.6.1.2.1.47.1.1.1.1.{}.1"
    for column, value in ((2, octets("Lab switch")), (5, number(3)), (7, octets("1")), (10, octets("15.2(7)E4")),
                          (11, octets("FOC1932X0AB")), (12, octets("Cisco")), (13, octets("WS-C2960X-24TS-L"))):
        mib[part.format(column)] = value
    mib["1.0.8802.1.1.2.1.3.7.1.3.1"] = octets("Gi0/1")
    neighbour = "1.0.8802.1.1.2.1.4.1.1.{}.0.1.7"
    for column, value in ((4, number(4)), (5, octets(bytes([0, 0x1B, 0x0D, 0, 0, 1]))), (6, number(5)),
                          (7, octets("Gi1/0/48")), (8, octets("to access")), (9, octets("distribution")),
                          (10, octets("Lab router"))):
        mib[neighbour.format(column)] = value
    mib["1.0.8802.1.1.2.1.4.2.1.3.0.1.7.1.4.192.0.2.250"] = number(2)
    return mib


class Agent:
    def __init__(self, mib, engine, bulk=True):
        self.mib = {oid(text): value for text, value in mib.items()}
        self.order = sorted(self.mib)
        self.engine, self.bulk = engine, bulk

    def after(self, at):
        place = bisect.bisect_right(self.order, at)
        return self.order[place] if place < len(self.order) else None

    def answer(self, message):
        version, *rest = elements(read(message, 0)[1])
        if version[1] == b"\x03":
            return self.report(rest)
        (_, community), (tag, content) = rest
        if community != b"public" or version[1] not in (b"\x00", b"\x01") or tag == GETBULK and not self.bulk:
            return None
        (_, request_id), (_, _), (_, third), (_, bindings) = elements(content)
        asked = [read_oid(elements(one)[0][1]) for _, one in elements(bindings)]
        error = index = 0
        out = b""
        for _ in range(int.from_bytes(third, "big") if tag == GETBULK else 1):
            for place, at in enumerate(asked):
                found = at if tag == GET and at in self.mib else None if tag == GET else self.after(at)
                if found is None and version[1] == b"\x00":
                    error, index = 2, place + 1
                asked[place] = found or at
                value = self.mib[found] if found else NO_SUCH_OBJECT if tag == GET else END_OF_VIEW
                out += tlv(0x30, name(asked[place]) + value)
        if error:
            out = bindings
        pdu = tlv(RESPONSE, tlv(2, request_id) + number(error) + number(index) + tlv(0x30, out))
        return tlv(0x30, tlv(2, version[1]) + octets(community) + pdu)

    def report(self, rest):
        message_id = elements(rest[0][1])[0][1]
        header = tlv(0x30, tlv(2, message_id) + number(65507) + octets(b"\x00") + number(3))
        usm = tlv(0x30, octets(self.engine) + number(1) + number(1000) + octets("") + octets("") + octets(""))
        counter = tlv(0x30, name(oid("1.3.6.1.6.3.15.1.1.4.0")) + number(1, 0x41))
        pdu = tlv(REPORT, number(0) * 3 + tlv(0x30, counter))
        return tlv(0x30, number(3) + header + octets(usm) + tlv(0x30, octets(self.engine) + octets("") + pdu))


def engine_of(address):
    return bytes.fromhex("80001f8804") + address.encode()


def listen(address):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    server.bind((address, 161))
    return server


def serve_any():
    """Each address is an agent of its own, which answers from there."""
    server = listen("0.0.0.0")
    server.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    agents = {}
    while True:
        message, ancillary, _, peer = server.recvmsg(65535, 64)
        info = ancillary[0][2]
        address = str(ipaddress.IPv4Address(info[8:12]))
        if address not in agents:
            agents[address] = Agent(system("agent-" + address.replace(".", "-")), engine_of(address))
        if answer := agents[address].answer(message):
            source = struct.pack("=I4s4s", 0, info[8:12], b"\0\0\0\0")
            server.sendmsg([answer], [(socket.IPPROTO_IP, IP_PKTINFO, source)], 0, peer)


def serve(addresses, engine, bulk):
    agents = {listen(address): Agent(switch(address), engine or engine_of(address), bulk) for address in addresses}
    while True:
        for server in select.select(list(agents), [], [])[0]:
            message, peer = server.recvfrom(65535)
            if answer := agents[server].answer(message):
                server.sendto(answer, peer)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("addresses", nargs="*")
    parser.add_argument("--any", action="store_true")
    parser.add_argument("--no-bulk", action="store_true")
    parser.add_argument("--engine", type=bytes.fromhex)
    args = parser.parse_args()
    if args.any:
        serve_any()
    serve(args.addresses, args.engine, not args.no_bulk)


main()
