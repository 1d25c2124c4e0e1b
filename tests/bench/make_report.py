#!/usr/bin/env python3
"""An nmap report of any size, for measuring what reading one costs: every host has names, a MAC, services with versions
and a script's output. Hosts lie scattered over 10.0.0.0/8, as answering hosts do.

  tests/bench/make_report.py MEBIBYTES > scan.xml
"""
import sys

HEAD = ('<?xml version="1.0"?>\n<nmaprun scanner="nmap" args="nmap -sV -oX - 10.0.0.0/8" start="1790000000" '
        'version="7.93" xmloutputversion="1.05">\n')
TAIL = '<runstats><finished time="1790003600" exit="success"/><hosts up="{0}" down="0" total="{0}"/></runstats>\n</nmaprun>\n'
PORTS = ((22, 'ssh', 'OpenSSH', '9.2p1 Debian 2', 'cpe:/a:openbsd:openssh:9.2p1'),
         (80, 'http', 'nginx', '1.22.1', 'cpe:/a:igor_sysoev:nginx:1.22.1'),
         (443, 'https', 'nginx', '1.22.1', 'cpe:/a:igor_sysoev:nginx:1.22.1'))


def host(i):
    number = i * 15 % (1 << 24)
    ip = f'10.{number >> 16}.{number >> 8 & 255}.{number & 255}'
    mac = ':'.join(f'{b:02X}' for b in (0, 22, 62, i >> 16 & 255, i >> 8 & 255, i & 255))
    ports = ''.join(
        f'<port protocol="tcp" portid="{p}"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="{name}" '
        f'product="{product}" version="{version}" method="probed" conf="10"><cpe>{cpe}</cpe></service></port>'
        for p, name, product, version, cpe in PORTS[:1 + i % 3])
    return (f'<host starttime="1790000000" endtime="1790000009"><status state="up" reason="echo-reply" reason_ttl="64"/>'
            f'<address addr="{ip}" addrtype="ipv4"/><address addr="{mac}" addrtype="mac" vendor="Xensource"/>'
            f'<hostnames><hostname name="host-{i}.lab.example.net" type="PTR"/></hostnames>'
            f'<ports><extraports state="closed" count="{1000 - 1 - i % 3}"/>{ports}</ports>'
            f'<hostscript><script id="uptime-agent" output="boot {i}&#xa;ok"/></hostscript></host>\n')


def main():
    size, written, i = int(sys.argv[1]) << 20, len(HEAD), 0
    sys.stdout.write(HEAD)
    while written < size:
        text = host(i)
        written += len(text)
        i += 1
        sys.stdout.write(text)
    sys.stdout.write(TAIL.format(i))


main()
