"""Peak memory of what holds a whole network at once: a large report read, parts merged, a run resumed, inventories
compared. Each step once; memory hardly varies."""
import subprocess
import sys

from harness.namespaces import LabError

from .cases import HERE
from .race import say, shorten

MEBIBYTES = 1024
LEFT = 1000       # targets that the resumed run still has before it
CHANGED = 1000    # one host of so many differs between the inventories
HEADS = ["what", "wall s", "CPU s", "peak MiB"]
# Written when they are needed, since a pipeline is refused whose report is not there.
PIPELINE = """version: 1
name: {name}
targets: [{{use: nmap-xml, options: {{files: ["{report}"], facts: {facts}}}}}]
limits: {{packets_per_second: unlimited}}
stages: [{{use: nothing}}]
outputs: [{{use: json, options: {{path: inventory.json, hosts: known}}}}]
"""


class Steps:
    """Runs commands of sonde in a namespace and keeps what they took. The commands are those of docs/performance.md."""

    def __init__(self, meter, programs, net, folder):
        self.meter, self.programs, self.net, self.folder, self.rows = meter, programs, net, folder, []

    def sonde(self, *words, name="", codes=(0,)):
        """Without a name it is run, and nothing is told of it."""
        argv = [str(word) for word in (self.programs.sonde, *words)]
        run = self.meter.run(argv, self.net.scanner, self.folder, timeout=1800)
        if run.code not in codes:
            raise LabError(f"sonde {words[0]}: exit {run.code}\n{run.err[-2000:]}")
        if name:
            say(f"  {name:60} {run.wall:7.1f} s {run.peak_mib:7.1f} MiB")
            self.rows.append({"name": name, "argv": shorten(argv, self.folder, self.net), "wall": run.wall,
                              "cpu": run.cpu, "peak_mib": run.peak_mib})

    def run(self, pipeline, out, *more, name=""):
        self.sonde("run", pipeline, "--plugin-path", self.programs.bench / "plugins", "--output", self.folder / out,
                   "--format", "none", "--quiet", *more, name=name)


def unfinished(journal):
    """The journal without its last LEFT targets (a line each for what was found and for the end) and without its end."""
    with journal.open("rb+") as file:
        size, back = file.seek(0, 2), 1 << 24
        file.seek(max(0, size - back))
        lines = file.read().splitlines(keepends=True)
        kept = lines[:-(2 * LEFT + 1)]
        if not kept:
            raise LabError("the journal is too short to be cut")
        file.truncate(size - sum(map(len, lines[len(kept):])))


def changed(old, new):
    """The inventory with another answer in every CHANGED-th of its lines, which are a host each."""
    with old.open(encoding="utf-8") as source, new.open("w", encoding="utf-8") as out:
        for number, line in enumerate(source):
            out.write(line.replace('"alive":false', '"alive":true', 1) if number % CHANGED == CHANGED // 2 else line)


def cells(row):
    return [row["name"], f"{row['wall']:.1f}", f"{row['cpu']:.1f}", f"{row['peak_mib']:.1f}"]


def run(meter, programs, net, mebibytes=MEBIBYTES):
    folder = net.folder("memory")
    report = folder / "scan.xml"
    with report.open("wb") as out:
        subprocess.run([sys.executable, HERE / "make_report.py", str(mebibytes)], stdout=out, check=True)
    steps = Steps(meter, programs, net, folder)
    for name, facts in (("addresses", "false"), ("report", "true")):
        (folder / f"{name}.sonde.yaml").write_text(PIPELINE.format(name=name, report=report, facts=facts))
    everything = folder / "report.sonde.yaml"
    steps.run(folder / "addresses.sonde.yaml", "addresses", name="the addresses of the report alone")
    steps.run(everything, "whole", name="all that it says of each host, as JSON")
    (folder / "import.env").write_text(f"REPORT={report}\n")
    (folder / "import.env").chmod(0o600)
    steps.run(HERE.parent.parent / "pipelines" / "import.sonde.yaml", "imported", "--env-file", folder / "import.env",
              name="the shipped import: JSON, CSV, history")
    for part in ("1", "2"):
        steps.run(everything, f"part-{part}", "--shard", f"{part}/2")
    steps.sonde("merge", folder / "part-1", folder / "part-2", "--output", folder / "merged", "--format", "none", "--quiet",
                name="merge of two parts")
    hosts = (folder / "whole" / "inventory.json").read_bytes().count(b'{"ip":')
    history = folder / "history"
    history.mkdir()
    for day, of in (("2026-01-01", "whole"), ("2026-01-02", "merged")):
        (history / f"{day}.run.json").write_bytes((folder / of / "run.json").read_bytes())
    (folder / "whole" / "inventory.json").rename(history / "2026-01-01.json")
    changed(history / "2026-01-01.json", history / "2026-01-02.json")
    unfinished(next((folder / "whole" / "journal").iterdir()))
    steps.run(everything, "whole", "--resume", folder / "whole", name=f"a run resumed, its last {LEFT} targets left")
    steps.sonde("diff", history / "2026-01-01.json", history / "2026-01-02.json", codes=(1,),
                name=f"diff of two inventories, one host of {CHANGED} changed")
    steps.sonde("history", history, name="history of these two")
    return {"rows": steps.rows, "hosts": hosts,
            "what": f"A report of {mebibytes} MiB (`tests/bench/make_report.py {mebibytes} > scan.xml`) with {hosts:,} hosts that "
                    "lie scattered over 10.0.0.0/8, read as targets; in `addresses.sonde.yaml` with `facts: false`, in "
                    "`report.sonde.yaml` with all that it says of each, the only stage a probe that sends nothing "
                    "(`tests/bench/macro/memory.py` has both)"}
