"""How long the machine kept a process from running at a stretch. A run that stood still for longer than it waits for
answers sees losses that are the machine's; what is asserted about its packets holds for others alone.

What could not be judged is told: as a warning, and, where LAB_UNJUDGED names a file, as a line there, which ./dev test
prints at its end (ctest hides what passed)."""
import os
import threading
import time
import warnings
from pathlib import Path

INTERVAL = 0.01
TICK = os.sysconf("SC_CLK_TCK")


def waits(task):
    """Seconds that a thread has stood in the queue for a processor so far. `task`: its folder below /proc."""
    try:
        return int((task / "schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (FileNotFoundError, ProcessLookupError):
        return None


def stolen():
    """Seconds that the hypervisor kept from this machine so far."""
    with open("/proc/stat", encoding="ascii") as file:
        return int(file.readline().split()[8]) / TICK


def kernel_threads():
    """Those that handle packets where interrupts cannot."""
    return [path.parent for path in Path("/proc").glob("[0-9]*/comm") if read(path).startswith("ksoftirqd/")]


def read(path):
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


class Stalls:
    """Watches a process and the kernel's packet threads until stop(). `longest`: the longest stall of any thread, in
    seconds. `share`: for what part of the time threads of the process itself wanted a processor and had none."""

    def __init__(self, pid):
        self.tasks, self.kernel = Path(f"/proc/{pid}/task"), kernel_threads()
        self.longest, self.share, self.over = 0.0, 0.0, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def look(self):
        try:
            tasks = [*self.tasks.iterdir(), *self.kernel]
        except (FileNotFoundError, ProcessLookupError):
            tasks = []
        return {"stolen": stolen(), **{str(task): waited for task in tasks if (waited := waits(task)) is not None}}

    def watch(self):
        begin, waited, before = time.monotonic(), 0.0, self.look()
        kernel = set(map(str, self.kernel))
        while not self.over.wait(INTERVAL):
            now = self.look()
            # The account of a wait is settled when it ends, so that a long one shows at once, whenever this thread looks.
            grown = {who: total - before[who] for who, total in now.items() if who in before}
            self.longest = max([self.longest, *grown.values()])
            waited += sum(grown[who] for who in grown.keys() - kernel)
            before = now
        self.share = waited / max(time.monotonic() - begin, INTERVAL)

    def stop(self):
        self.over.set()
        self.thread.join()


def unjudged(words):
    """Says that something could not be judged."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
    warnings.warn(f"not judged: {words}", stacklevel=2)
    if file := os.environ.get("LAB_UNJUDGED"):
        with open(file, "a", encoding="utf-8") as out:
            out.write(f"{time.strftime('%H:%M:%S')} {test}: {words}\n")
