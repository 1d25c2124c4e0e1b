"""How time and memory grow with targets, with the share that is alive, and with shards: of the engine alone, and of
each stage in the lab."""
import json

from .cases import HERE
from .measure import Series
from .nets import GrowthNet
from .plot import Line, Plot, svg
from .race import say

ENGINE_EXPONENTS = range(8, 21, 2)
SHARES = (0, 10, 100)
# Real stages: the largest exponent for each share alive. Silence costs connects and SNMP a wait for each window of
# hosts, so those end where a run takes seconds; alive hosts of more than 2^16 are not what the lab has.
STAGES = {"icmp": {0: 20, 50: 16, 100: 18}, "arp-oui": {0: 18, 50: 16, 100: 16},
          "tcp-syn": {0: 20, 50: 16, 100: 18},
          "tcp-banner": {0: 14, 50: 14, 100: 16}, "rdns": {0: 16, 50: 16, 100: 18}, "snmp": {0: 12, 50: 12, 100: 14}}


def sonde_argv(programs, pipeline, network, shards, out, more=()):
    return [programs.sonde, "run", HERE / "pipelines" / f"{pipeline}.sonde.yaml", "--output", out, "--format", "none",
            "--quiet", "--no-env-file", "--target", network, "--set", f"limits.shards={shards}", *more]


def there(percent, exponent):
    """How many of a network of 2^exponent addresses are alive: its first and last address are no targets, and its last
    one is among the alive only where all are."""
    return {0: 0, 50: 2 ** exponent // 2 - 1, 100: 2 ** exponent - 2}[percent]


def measure(meter, net, argv_of, runs, label, expected=None):
    """The median of some runs, as {"wall", "cpu", "peak_mib", "missed"}; missed: of the hosts that are there."""
    series, found = Series(), []
    for _ in range(runs):
        directory = net.folder("growth")
        run = meter.run(argv_of(directory / "out"), net.scanner, directory)
        if run.code != 0:
            raise RuntimeError(f"{label}: exit {run.code}\n{run.err[-2000:]}")
        series.add(run, set(), frozenset())
        found.append(len(json.loads((directory / "out" / "inventory.json").read_text())))
    values = series.values()
    missed = 0 if expected is None else expected - min(found)
    say(f"  {label:48} {values['wall'] * 1000:9.0f} ms {values['peak_mib']:7.1f} MiB  {min(found)} found" +
        (f", {missed} MISSED" if missed else ""))
    return {**{key: values[key] for key in ("wall", "cpu", "peak_mib")}, "missed": missed}


def engine(meter, programs, net, runs, exponents=ENGINE_EXPONENTS):
    """Three stages of the probe that sends nothing."""
    rows = []
    for percent in SHARES:
        for shards in (1, 2):
            for exponent in exponents:
                more = ["--plugin-path", programs.bench / "plugins"]
                for stage in ("first", "second", "third"):
                    more += ["--set", f"{stage}.percent={percent}"]
                rows.append({"stage": "engine", "alive": percent, "shards": shards, "exponent": exponent, **measure(
                    meter, net, lambda out: sonde_argv(programs, "growth-nothing", f"10.0.0.0/{32 - exponent}", shards,
                                                       out, more),
                    runs, f"engine 2^{exponent}, {percent} % alive, {shards} shards")})
    return rows


def stages(meter, programs, net, runs, largest=20):
    rows = []
    for name, limits in STAGES.items():
        networks = net.on_link if name == "arp-oui" else net.routed
        for percent, limit in limits.items():
            for shards in (1, 2):
                for exponent in range(8, min(limit, largest) + 1, 2):
                    network = f"{networks[percent]}/{32 - exponent}"
                    rows.append({"stage": name, "alive": percent, "shards": shards, "exponent": exponent, **measure(
                        meter, net,
                        lambda out: sonde_argv(programs, f"growth-{name}", network, shards, out), runs,
                        f"{name} 2^{exponent}, {percent} % alive, {shards} shards", there(percent, exponent))})
    return rows


def run(meter, programs, runs, quick=False):
    with GrowthNet() as net:
        return [*engine(meter, programs, net, runs, (8, 12, 16) if quick else ENGINE_EXPONENTS),
                *stages(meter, programs, net, 1, 10 if quick else 20)]


def completeness(rows):
    """In words, for the page."""
    missed = [f"{row['missed']} of {row['stage']}, 2^{row['exponent']} targets, {row['alive']} % alive, "
              f"{row['shards']} shards" for row in rows if row["missed"]]
    real = sum(row["stage"] != "engine" for row in rows)
    return f"In {real} runs of real stages " + (f"these were missed: {'; '.join(missed)}." if missed else
                                               "nobody was missed.")


def speedup(rows):
    """What a second shard brings the engine, at the most targets that were measured, in words."""
    engine_rows = [row for row in rows if row["stage"] == "engine"]
    if not engine_rows:
        return ""
    largest = max(row["exponent"] for row in engine_rows)
    walls = {(row["alive"], row["shards"]): row["wall"] for row in engine_rows if row["exponent"] == largest}
    parts = [f"{walls[alive, 1] / walls[alive, 2]:.2f} with {alive} % alive" for alive, shards in walls
             if shards == 1 and (alive, 2) in walls]
    return f" The engine alone, 2^{largest} targets: two shards are faster by a factor of {', '.join(parts)}."


def lines(rows, value, keep):
    """A line for each share and number of shards; one shard solid, two dashed."""
    out = []
    shares = sorted({row["alive"] for row in rows if keep(row)})
    for place, percent in enumerate(shares):
        for shards in (1, 2):
            points = [(2 ** row["exponent"], value(row)) for row in rows
                      if keep(row) and row["alive"] == percent and row["shards"] == shards]
            if points:
                out.append(Line(f"{percent} % alive, {shards} shard{'s' if shards > 1 else ''}", points, place,
                                shards == 2))
    return out


def plots(rows):
    """File name -> (plot, what it shows, for those who do not see it)."""
    def of(name):
        return lambda row: row["stage"] == name
    found = {}
    def add(file, title, unit, value, keep):
        got = lines(rows, value, keep)
        if got:
            found[file] = Plot(title, "targets", unit, got)
    add("engine-time.svg", "Three stages that send nothing: time", "seconds", lambda row: row["wall"], of("engine"))
    add("engine-memory.svg", "Three stages that send nothing: peak memory", "MiB", lambda row: row["peak_mib"],
        of("engine"))
    for name in STAGES:
        add(f"{name}-time.svg", f"{name}: time", "seconds", lambda row: row["wall"], of(name))
        add(f"{name}-memory.svg", f"{name}: peak memory", "MiB", lambda row: row["peak_mib"], of(name))
    return found


def write(folder, rows):
    """The plots into that folder. Returns (file name, title) of each."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for file, plot in plots(rows).items():
        (folder / file).write_text(svg(plot))
        written.append((file, plot.title))
    return written
