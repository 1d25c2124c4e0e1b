"""What a line, a host and the kernel saw: counted outside of the program under test."""
import json
import time

from .namespaces import sh

COUNTED = {  # packets that a scanner starts, as nftables sees them when they come in
    "echo": "icmp type echo-request", "syn": "tcp flags & (syn | ack) == syn", "query": "udp dport 53"}


class StartedPackets:
    """Counts the packets that come in by a device and that somebody started: echo requests, SYNs, queries, and ARP.
    A context manager."""

    def __init__(self, namespace, device):
        self.namespace = namespace
        counters = "\n".join(f"counter n_{name} {{}}" for name in COUNTED)
        rules = "\n".join(f'iifname "{device}" {match} counter name n_{name}' for name, match in COUNTED.items())
        namespace.nft(f"table ip started {{\n{counters}\nchain seen {{\n type filter hook prerouting priority -400;\n"
                      f"{rules}\n}}\n}}\n"
                      "table arp started {\ncounter n_arp {}\nchain seen {\n type filter hook input priority 0;\n"
                      f'iifname "{device}" arp operation request counter name n_arp\n}}\n}}\n')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for family in ("ip", "arp"):
            self.namespace.run("nft", "delete", "table", family, "started", check=False)

    def reset(self):
        self.namespace.run("nft", "reset", "counters")

    def read(self):
        listing = json.loads(self.namespace.run("nft", "-j", "list", "counters"))["nftables"]
        found = {row["counter"]["name"].removeprefix("n_"): row["counter"]["packets"] for row in listing
                 if "counter" in row and row["counter"]["table"] == "started"}
        return {**found, "all": sum(found.values())}


class Sniffer:
    """Every frame that a device of a namespace receives and sends. A context manager; `frames` when it is over."""

    def __init__(self, namespace, device="eth0"):
        self.file = namespace.lab.dir / f"{namespace.role}-{device}-{time.monotonic_ns()}.frames"
        self.process = namespace.script("sniff.py", device, self.file)
        limit = time.monotonic() + 10
        while "ready" not in self.process.text():
            assert time.monotonic() < limit, f"the sniffer does not start: {self.process.text()}"
            time.sleep(0.02)
        self.frames = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        time.sleep(0.1)  # what is still on the line
        self.process.stop(timeout=30)
        rows = [json.loads(line) for line in self.file.read_text().splitlines()]
        assert rows and rows[-1] == {"dropped": 0}, f"the sniffer itself lost frames: {rows[-1:]}"
        self.frames = rows[:-1]


def started(frames):
    """The frames among these that a scanner started, as StartedPackets counts them."""
    return [frame for frame in frames
            if frame["kind"] in ("echo-request", "arp-request")
            or (frame["kind"] == "tcp" and "S" in frame["flags"] and "A" not in frame["flags"])
            or (frame["kind"] == "udp" and frame["dport"] == 53)]


def per_second(frames, skip_first=1.0, skip_last=2.0):
    """Packets in each whole second, without the beginning and the end of the run."""
    times = sorted(frame["time"] for frame in frames)
    begin, end = times[0] + skip_first, times[-1] - skip_last
    seconds = int(end - begin)
    bins = [0] * seconds
    for moment in times:
        if 0 <= (place := int((moment - begin) // 1)) < seconds and moment >= begin:
            bins[place] += 1
    return bins


def most_open(frames, client, server):
    """The largest number of TCP connections from client that server saw open at once, by the order of the packets:
    a connection begins with the client's SYN and ends with the first FIN of the client or RST of either side."""
    live, most = set(), 0
    for frame in frames:
        if frame["kind"] != "tcp" or {frame["src"], frame["dst"]} != {client, server}:
            continue
        from_client = frame["src"] == client
        key = (frame["sport"], frame["dport"]) if from_client else (frame["dport"], frame["sport"])
        if from_client and "S" in frame["flags"]:
            live.add(key)
            most = max(most, len(live))
        elif "R" in frame["flags"] or (from_client and "F" in frame["flags"]):
            live.discard(key)
    return most


def neighbour_table():
    """The kernel's statistics of the IPv4 neighbour table (one for all namespaces): entries, table_fulls, ..."""
    return json.loads(sh("ip", "-s", "-j", "ntable", "show", "name", "arp_cache"))[0]
