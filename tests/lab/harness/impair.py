"""Bad lines. netem where the kernel has it; minimal kernels do not, there nftables drops and a relay delays."""
import json

from .namespaces import connect, sh


def has_netem(namespace):
    """Whether this kernel can do it, tried on the namespace's own lo."""
    try:
        sh("ip", "netns", "exec", namespace.name, "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms")
        sh("ip", "netns", "exec", namespace.name, "tc", "qdisc", "del", "dev", "lo", "root")
    except Exception:
        return False
    return True


def lose(namespace, devices, percent):
    """Each of the devices of a router loses that share of what it sends (netem) or receives (nftables).
    Given both devices of a router, that is the share each way."""
    if has_netem(namespace):
        for device in devices:
            namespace.run("tc", "qdisc", "replace", "dev", device, "root", "netem", "loss", f"{percent}%",
                          "limit", "100000")
        return "netem"
    chains = "\n".join(f"chain {device} {{\n type filter hook ingress device \"{device}\" priority 0;\n "
                       f"numgen random mod 100 < {percent} counter drop\n}}" for device in devices)
    namespace.nft(f"table netdev loss {{\n{chains}\n}}\n")
    return "nftables"


def lost(namespace, devices):
    """How many packets each of the devices has lost so far."""
    if has_netem(namespace):
        rows = {device: json.loads(namespace.run("tc", "-s", "-j", "qdisc", "show", "dev", device))[0] for device in devices}
        return {device: row["drops"] for device, row in rows.items()}
    listing = json.loads(namespace.run("nft", "-j", "list", "table", "netdev", "loss"))["nftables"]
    return {row["rule"]["chain"]: part["counter"]["packets"] for row in listing if "rule" in row
            for part in row["rule"]["expr"] if "counter" in part}


def mend(namespace, devices):
    if has_netem(namespace):
        for device in devices:
            namespace.run("tc", "qdisc", "del", "dev", device, "root", check=False)
    else:
        namespace.run("nft", "delete", "table", "netdev", "loss", check=False)


def slow_cable(host, switch, port, milliseconds, mac):
    """As connect(host, "eth0", switch, port), and everything that the host sends takes that long."""
    if has_netem(host):
        connect(host, "eth0", switch, port, mac_a=mac)
        host.run("tc", "qdisc", "add", "dev", "eth0", "root", "netem", "delay", f"{milliseconds}ms")
        return
    connect(host, "eth0", switch, f"{port}far", mac_a=mac)
    switch.ip(f"link add {port} type veth peer name {port}near", f"link set {port} up", f"link set {port}near up")
    switch.script("wire.py", f"{port}near", f"{port}far", milliseconds)


def police(namespace, device, packets_per_second, burst):
    """What the device of a router receives beyond that rate is dropped: a policer, as `tc ... action police` is one. By
    nftables on every kernel, for minimal ones lack act_police (as they lack netem); a token bucket drops in either."""
    namespace.nft(f"table netdev police {{\nchain {device} {{\n type filter hook ingress device \"{device}\" priority 0;\n"
                  f" limit rate over {packets_per_second}/second burst {burst} packets counter drop\n}}\n}}\n")


def end_police(namespace):
    namespace.run("nft", "delete", "table", "netdev", "police", check=False)
