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
WHOLE = 20
# Real stages: the largest exponent for each share alive, and why it is not 2^20 where it is less.
STAGES = {"icmp": {0: 20, 50: 16, 100: 20}, "arp-oui": {0: 20, 50: 16, 100: 20}, "tcp-syn": {0: 20, 50: 16, 100: 18},
          "tcp-banner": {0: 14, 50: 14, 100: 16}, "rdns": {0: 16, 50: 16, 100: 18}, "snmp": {0: 12, 50: 12, 100: 14}}
HALF = "of the lab's half-alive network only the first 2^16 addresses are half alive"
KERNEL = "router and hosts are this machine too, and take most of the time"
SILENCE = "each silent target costs its wait, of as many as are asked at once"
WHY = {("tcp-banner", 0): SILENCE, ("tcp-banner", 50): SILENCE, ("snmp", 0): SILENCE, ("snmp", 50): SILENCE,
       ("snmp", 100): "one process is all agents", ("rdns", 0): "one process is the name server",
       ("rdns", 100): "one process is the name server", ("tcp-banner", 100): "one process is all web servers"}
ENGINE_ROUNDS, STAGE_ROUNDS = 3, 1


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
    return {**{key: values[key] for key in ("wall", "cpu", "peak_mib")}, "missed": missed, "rounds": runs}


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


def run(meter, programs, quick=False):
    with GrowthNet() as net:
        return [*engine(meter, programs, net, 1 if quick else ENGINE_ROUNDS, (8, 12, 16) if quick else ENGINE_EXPONENTS),
                *stages(meter, programs, net, STAGE_ROUNDS, 10 if quick else WHOLE)]


def rounds(rows):
    """How often each was really run, in words."""
    def of(found):
        counts = sorted({row["rounds"] for row in found})
        return " or ".join("once" if count == 1 else f"{count} times" for count in counts)
    engine_rows, real = ([row for row in rows if (row["stage"] == "engine") == wanted] for wanted in (True, False))
    return "; ".join(words for words in (
        f"The engine alone (three stages that send nothing): each point {of(engine_rows)}, medians" if engine_rows else "",
        f"each real stage at each point {of(real)}" if real else "") if words)


def not_run(rows):
    """Where a stage stops before 2^20 targets, why, and what a run would take that goes there."""
    largest = {}
    for row in rows:
        key = row["stage"], row["alive"]
        largest[key] = max(largest.get(key, row), row, key=lambda one: (one["exponent"], one["wall"]))
    words = []
    for (stage, percent), row in largest.items():
        if row["exponent"] < WHOLE:
            seconds = row["wall"] * 2 ** (WHOLE - row["exponent"])
            why = WHY.get((stage, percent), HALF if percent == 50 else KERNEL)
            words.append(f"{stage} with {percent} % alive stops at 2^{row['exponent']}: {why}; 2^20 would take some "
                         f"{seconds:.0f} s a run")
    return words


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
    return f"The engine alone, 2^{largest} targets: two shards are faster by a factor of {', '.join(parts)}."


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


def titles(rows):
    """(file name, title) of each plot."""
    return [(file, plot.title) for file, plot in plots(rows).items()]


def write(folder, rows):
    """The plots into that folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, plot in plots(rows).items():
        (folder / file).write_text(svg(plot))
