"""What the peers print, read: sets of the addresses (or names) that each of them found."""
import json
import re

ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")


def first_words(text):
    """One address a line, alone or first: fping -a, zmap, onesixtyone, the floor, arp-scan -q -x."""
    return {found[0] for line in text.splitlines() if (found := ADDRESS.match(line.strip()))}


def nmap_up(grepable):
    """Hosts of nmap -oG that are up."""
    return set(re.findall(r"^Host: (\S+) .*Status: Up$", grepable, re.MULTILINE))


def nmap_open(grepable, port):
    """Hosts of nmap -oG on which that TCP port is open."""
    return {line.split()[1] for line in grepable.splitlines()
            if line.startswith("Host: ") and re.search(rf"[ \t]{port}/open/tcp", line)}


def nmap_scripts(text, script):
    """Hosts of nmap's normal output for which that script said something."""
    found, host = set(), None
    for line in text.splitlines():
        if line.startswith("Nmap scan report for "):
            host = ADDRESS.search(line)[0]
        elif re.match(rf"\|[_ ]{script}:", line):
            found.add(host)
    return found


def nmap_names(grepable):
    """Addresses of nmap -sL -oG that have a name."""
    return set(re.findall(r"^Host: (\S+) \(\S+\)", grepable, re.MULTILINE))


def masscan_list(text):
    """masscan -oL: "open icmp 0 10.0.0.1 1700000000"."""
    return {words[3] for line in text.splitlines() if line.startswith("open ") and len(words := line.split()) >= 4}


def dnsperf_completed(text):
    """Of dnsperf's report: how many queries were answered with a name. As a number, for it names none of them."""
    answered = re.search(r"NOERROR (\d+)", text)
    return int(answered[1]) if answered else 0


def sonde_records(text, wanted):
    """Addresses of a JSON inventory whose record has what was asked for: `wanted(record)`."""
    return {record["ip"] for record in json.loads(text) if wanted(record)}
