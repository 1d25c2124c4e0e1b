"""Real daemons in a namespace, each with a configuration of its own under the lab's directory."""
import ipaddress
from pathlib import Path

from .namespaces import sh


def sshd(host):
    folder = host.lab.folder(f"{host.role}-sshd")
    key = folder / "host_key"
    sh("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd locks its unprivileged half in
    config = folder / "sshd_config"
    config.write_text(f"Port 22\nHostKey {key}\nPidFile none\nUsePAM no\nDebianBanner no\nMaxStartups 200\n"
                      "LoginGraceTime 5\n")
    return host.wait_listening(host.spawn("/usr/sbin/sshd", "-D", "-e", "-f", config), "tcp/22")


def certificate(folder, name, address):
    key, cert = folder / "key.pem", folder / "cert.pem"
    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
       "-out", cert, "-days", "3650", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:{address}")
    return key, cert


def nginx(host, tls_name=None, tls_address=None, workers=1):
    """On port 80, with tls_name also on 443, IPv4 and IPv6."""
    folder = host.lab.folder(f"{host.role}-nginx")
    tls, sockets = "", ["tcp/80"]
    if tls_name:
        key, cert = certificate(folder, tls_name, tls_address)
        tls = (f"server {{ listen 443 ssl http2; listen [::]:443 ssl http2; ssl_certificate {cert}; "
               f"ssl_certificate_key {key}; ssl_protocols TLSv1.2 TLSv1.3; return 200 'lab'; }}")
        sockets.append("tcp/443")
    paths = "".join(f"{kind}_temp_path {folder}/{kind}; "
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    config.write_text(f"""daemon off; user root; worker_processes {workers}; pid {folder}/pid;
worker_rlimit_nofile 20000;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{ access_log off; server_tokens off; {paths}
server {{ listen 80 backlog=8192; listen [::]:80 backlog=8192; return 200 'lab'; }}
{tls}
}}
""")
    return host.wait_listening(host.spawn("nginx", "-c", config, "-p", folder, "-e", folder / "error.log"), *sockets)


def snmpd(host, name, description, address="", more=""):
    """v2c with community "public"; v3 with user "lab", SHA "labauthpass", AES "labprivpass". `more`: lines of its
    configuration."""
    folder = host.lab.folder(f"{host.role}-snmpd")
    config = folder / "snmpd.conf"
    config.write_text(f"""agentAddress udp:{address}{":" if address else ""}161
rocommunity public
rouser lab priv
createUser lab SHA labauthpass AES labprivpass
sysName {name}
sysDescr {description}
sysLocation rack 4
sysContact lab@example.org
{more}
""")
    return host.wait_listening(
        host.spawn("snmpd", "-f", "-Lf", folder / "log", "-C", "-c", config, "-p", folder / "pid",
                   env={"SNMP_PERSISTENT_DIR": str(folder), "MIBS": ""}), "udp/161")


def zone(origin, rows):
    return "\n".join([f"$ORIGIN {origin}.", "$TTL 60",
                      f"@ SOA ns.lab.example. hostmaster.lab.example. 1 3600 600 86400 60", "@ NS ns.lab.example.",
                      *rows]) + "\n"


def ptr_rows(pairs, origin):
    """PTR records, relative to the origin, of (address, name) pairs that lie under it."""
    for address, name in pairs:
        pointer = ipaddress.ip_address(address).reverse_pointer
        if pointer.endswith("." + origin):
            yield f"{pointer.removesuffix('.' + origin)} PTR {name}."


def nsd(host, address, zones):
    """`zones`: origin -> rows. No response rate limit: the lab's own limits are the ones that count."""
    folder = host.lab.folder(f"{host.role}-nsd")
    parts = [f"""server:
  ip-address: {address}
  username: ""
  chroot: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: ""
  logfile: "{folder}/log"
  xfrdfile: "{folder}/xfrd"
  xfrdir: "{folder}"
  zonelistfile: "{folder}/zone.list"
  server-count: 1
  rrl-ratelimit: 0
  receive-buffer-size: 4194304
remote-control:
  control-enable: no
"""]
    for origin, rows in zones.items():
        (folder / f"{origin}.zone").write_text(zone(origin, rows))
        parts.append(f'zone:\n  name: "{origin}"\n  zonefile: "{origin}.zone"\n')
    config = folder / "nsd.conf"
    config.write_text("".join(parts))
    return host.wait_listening(host.spawn("nsd", "-d", "-c", config), "udp/53", "tcp/53")


def servers(host, *arguments):
    """tests/lab/inside/servers.py; see there for the habits."""
    process = host.script("servers.py", *arguments)
    return host.wait_listening(process, *[f"tcp/{argument.partition('=')[0]}" for argument in arguments])
