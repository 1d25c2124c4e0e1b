"""Network namespaces of one test process, and the processes that run in them.

Names carry the pid of the test process. Everything is torn down at the end; what a killed test process left behind is
removed by the next one.
"""
import itertools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

PREFIX = "sondelab"
ETC = Path("/etc/netns")
INSIDE = Path(__file__).resolve().parent.parent / "inside"
PYTHON = "/usr/bin/python3"


class LabError(Exception):
    """The lab itself could not be set up: nothing is known of the program under test."""


def sh(*argv, stdin=None, timeout=60, check=True):
    """Runs a command of the harness; its whole output is in the error if it fails."""
    done = subprocess.run([str(a) for a in argv], input=stdin, capture_output=True, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise LabError(f"{' '.join(map(str, argv))}: exit {done.returncode}\n{done.stderr}{done.stdout}")
    return done.stdout


def require_namespaces():
    """Raises LabError with the remedy unless namespaces, veth and nftables work here. A lab is never skipped."""
    missing = [tool for tool in ("ip", "nft", "ss", "sysctl", "setpriv", "openssl", "sshd", "nginx", "nsd", "snmpd",
                                  "snmpget", "strace")
               if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")]
    if missing:
        raise LabError(f"needs-namespaces: not installed: {', '.join(missing)} (./dev test installs them)")
    if os.geteuid() != 0:
        raise LabError("needs-namespaces: the lab makes network namespaces, for which it must be root "
                       "(sudo ./dev test lab)")
    name = f"{PREFIX}{os.getpid()}-try"
    try:
        sh("ip", "netns", "add", name)
        try:
            sh("ip", "-n", name, "link", "add", "try0", "type", "veth", "peer", "name", "try1")
            sh("ip", "netns", "exec", name, "nft", "add", "table", "inet", "t")
        finally:
            sh("ip", "netns", "del", name)
    except LabError as why:
        raise LabError("needs-namespaces: this environment does not permit network namespaces, veth pairs or nftables. "
                       f"A container needs --privileged, or CAP_SYS_ADMIN and CAP_NET_ADMIN.\n{why}") from None


def remove_leftovers():
    """Namespaces of test processes that are gone, with the processes in them."""
    for line in sh("ip", "netns", "list").splitlines():
        found = re.match(rf"({PREFIX}(\d+)-\S+)", line)
        if found and not Path(f"/proc/{found[2]}").exists():
            remove_namespace(found[1])


def remove_namespace(name):
    for pid in sh("ip", "netns", "pids", name, check=False).split():
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass
    sh("ip", "netns", "del", name, check=False)
    shutil.rmtree(ETC / name, ignore_errors=True)


class Process:
    """A process in a namespace, its output in a log file."""

    def __init__(self, popen, log, what):
        self.popen, self.log, self.what = popen, log, what

    @property
    def pid(self):
        return self.popen.pid

    def text(self):
        return self.log.read_text(errors="replace")

    def stop(self, how=signal.SIGTERM, timeout=5):
        """Ends it and returns its output."""
        if self.popen.poll() is None:
            self.popen.send_signal(how)
            try:
                self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        return self.text()


class Namespace:
    """One host, or the switch between hosts."""

    def __init__(self, lab, role):
        self.lab, self.role = lab, role
        self.name = f"{PREFIX}{os.getpid()}-{lab.number}-{role}"
        sh("ip", "netns", "add", self.name)
        lab.namespaces.append(self)
        # Addresses are usable at once, and nobody but the test speaks: no duplicate detection, no router solicitation.
        self.sysctl({"net.ipv6.conf.default.accept_dad": 0, "net.ipv6.conf.default.router_solicitations": 0,
                     "net.ipv6.conf.default.accept_ra": 0, "net.ipv4.conf.all.rp_filter": 0,
                     "net.ipv4.conf.default.rp_filter": 0, "net.ipv4.ping_group_range": "1 0"})
        self.ip("link set lo up")

    def run(self, *argv, stdin=None, timeout=60, check=True):
        return sh("ip", "netns", "exec", self.name, *argv, stdin=stdin, timeout=timeout, check=check)

    def spawn(self, *argv, env=None):
        """Starts a process that dies with the test, however the test ends."""
        log = self.lab.dir / f"{self.role}-{len(self.lab.processes)}-{Path(str(argv[0])).name}.log"
        with log.open("w") as out:
            popen = subprocess.Popen(
                ["ip", "netns", "exec", self.name, "setpriv", "--pdeathsig", "KILL", *map(str, argv)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
        process = Process(popen, log, f"{self.role}: {' '.join(map(str, argv))}")
        self.lab.processes.append(process)
        return process

    def script(self, name, *argv):
        """Starts one of tests/lab/inside."""
        return self.spawn(PYTHON, "-u", INSIDE / name, *argv)

    def ip(self, *lines):
        sh("ip", "-n", self.name, "-batch", "-", stdin="\n".join(lines) + "\n")

    def nft(self, rules):
        self.run("nft", "-f", "-", stdin=rules)

    def sysctl(self, values):
        self.run("sysctl", "-qw", *[f"{key}={value}" for key, value in values.items()])

    def resolver(self, address):
        """What the resolver library of programs in this namespace asks."""
        folder = ETC / self.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "resolv.conf").write_text(f"nameserver {address}\noptions timeout:1 attempts:2\n")

    def mac(self, device="eth0"):
        return sh("ip", "-n", self.name, "-br", "link", "show", device).split()[2]

    def wait_listening(self, process, *sockets, timeout=15):
        """Until each of "tcp/22", "udp/53", "udp/192.0.2.1:53" is bound."""
        limit = time.monotonic() + timeout
        missing = set(sockets)
        while missing:
            if process.popen.poll() is not None:
                raise LabError(f"{process.what} ended with {process.popen.returncode}:\n{process.text()}")
            if time.monotonic() > limit:
                raise LabError(f"{process.what} does not listen on {sorted(missing)}:\n{process.text()}")
            for line in self.run("ss", "-H", "-n", "-l", "-t", "-u").splitlines():
                words = line.split()
                missing -= {f"{words[0]}/{words[4].rsplit(':', 1)[1]}", f"{words[0]}/{words[4]}"}
            if missing:
                time.sleep(0.03)
        return process


class Lab:
    """All namespaces and processes of one topology. A context manager: leaving it leaves nothing behind."""

    numbers = itertools.count(1)

    def __init__(self):
        self.number = next(Lab.numbers)
        self.namespaces, self.processes = [], []
        # In the system's directory for temporary files, readable by all: daemons and scanners of other users use it.
        self.dir = Path(tempfile.mkdtemp(prefix="sondelab-"))
        self.dir.chmod(0o755)

    def namespace(self, role):
        return Namespace(self, role)

    def folder(self, name):
        path = self.dir / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.stop(signal.SIGTERM, timeout=2)
        for namespace in self.namespaces:
            remove_namespace(namespace.name)
        shutil.rmtree(self.dir, ignore_errors=True)
        try:
            ETC.rmdir()
        except OSError:
            pass  # others use it, or it never was


def connect(a, device_a, b, device_b, mac_a=None, mac_b=None):
    """A cable between two namespaces: a veth pair, both ends up."""
    end_a = f" address {mac_a}" if mac_a else ""
    end_b = f" address {mac_b}" if mac_b else ""
    sh("ip", "link", "add", device_a, "netns", a.name, *end_a.split(), "type", "veth",
       "peer", "name", device_b, "netns", b.name, *end_b.split())
    for namespace, device in ((a, device_a), (b, device_b)):
        namespace.ip(f"link set {device} up")
