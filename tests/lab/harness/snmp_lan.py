"""A cable with a scanner on one end and SNMP agents on the other: net-snmp's own, and devices that tests/lab/inside/
agent.py imitates. 192.0.2.0/24, documentation addresses that exist only inside the namespaces."""
from . import daemons
from .namespaces import Lab, connect

REAL, SWITCH, NO_BULK, CLONES, CLOSED = ("192.0.2.54", "192.0.2.60", "192.0.2.61", ["192.0.2.70", "192.0.2.71"],
                                         "192.0.2.80")
CLONED_ENGINE = "80001f8804636c6f6e65"
# One user for each digest and cipher: (digest, cipher).
USERS = {"md5des": ("MD5", "DES"), "sha": ("SHA", None), "sha224aes": ("SHA-224", "AES"),
         "sha256aes192": ("SHA-256", "AES-192"), "sha384aes256": ("SHA-384", "AES-256"),
         "sha512aes256c": ("SHA-512", "AES-256-C"), "open": (None, None)}


def user_lines():
    for user, (digest, cipher) in USERS.items():
        level = "priv" if cipher else "auth" if digest else "noauth"
        yield f"rouser {user} {level}"
        yield (f"createUser {user}" + (f" {digest} labauthpass" if digest else "") +
               (f" {cipher} labprivpass" if cipher else ""))


class SnmpLan(Lab):
    def __init__(self):
        super().__init__()
        try:
            self.scanner, self.devices = self.namespace("scanner"), self.namespace("devices")
            connect(self.scanner, "eth0", self.devices, "eth0", mac_a="ac:ed:5c:00:00:02", mac_b="00:21:b7:00:00:54")
            self.scanner.ip("addr add 192.0.2.2/24 dev eth0")
            self.devices.ip(*[f"addr add {address}/24 dev eth0"
                              for address in (REAL, SWITCH, NO_BULK, *CLONES, CLOSED)])
            daemons.snmpd(self.devices, "core-switch", "Lab switch 24 ports", REAL,
                          "\n".join(["sysServices 72", *user_lines()]))
            for arguments in ([SWITCH], ["--no-bulk", NO_BULK], ["--engine", CLONED_ENGINE, *CLONES]):
                agents = self.devices.script("agent.py", *arguments)
                self.devices.wait_listening(agents, f"udp/{arguments[-1]}:161")
        except BaseException:
            self.__exit__()
            raise
