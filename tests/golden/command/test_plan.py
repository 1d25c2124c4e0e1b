"""What is said of a run before it and while it goes: `sonde plan`, the line in front of a long run, `--log-level debug`."""
import json

from conftest import WITHOUT_RIGHTS

SLEEPY = "{use: sleepy, options: {delay: 100ms}}"


def test_as_json(sonde):
    sonde.pipeline("{use: sleepy, options: {delay: 1500ms}}", "127.0.0.0/24",
                   more="exclude: [127.0.0.9]\nlimits: {run_timeout: 90m, workers: 2}")
    result = sonde.call("plan", "lan.sonde.yaml", "--format", "json", "--seed", "7", "--set", "sleepy.delay=2s")
    assert result.code == 0, str(result)
    plan = json.loads(result.out)
    assert (plan["pipeline"], plan["seed"], plan["part"]) == ("lan", "7", "1/1")
    assert plan["targets"] == plan["targets_of_part"] == 253 and plan["exclusions"] == ["127.0.0.9"]
    stage, = plan["stages"]
    assert (stage["name"], stage["enabled"], stage["optional"]) == ("sleepy", True, False)
    assert stage["options"]["delay"] == {"value": "2s", "from": "--set"}
    assert plan["limits"]["run_timeout"] == {"value": "90m", "from": "lan.sonde.yaml:4"}
    assert plan["limits"]["workers"]["value"] == 2
    assert plan["limits"]["packets_per_second"] == {"value": 1000, "from": "default"}
    assert plan["estimate"]["seconds_if_silent"] == 253.0 and plan["estimate"]["decided_by"] == "limits.workers (2)"
    output, = plan["outputs"]
    assert output["plugin"] == "fixture-lines"
    assert plan["files"] == [f"{sonde.out}/journal/RUN-ID", f"{sonde.out}/lines.txt", f"{sonde.out}/run.json"]
    assert not sonde.out.exists()


def test_stages_that_this_machine_skips_are_not_counted(sonde):
    sonde.pipeline("{use: tcp-syn, optional: true, options: {ports: 1-10}}\n"
                   "  - {use: tcp-banner, options: {ports: found, fallback_ports: 81-83, tries: 2}}")
    skipped = json.loads(sonde.call("plan", "lan.sonde.yaml", "--format", "json", before=WITHOUT_RIGHTS).out)
    syn, banner = skipped["stages"]
    assert "raw sockets" in syn["unavailable"] and "packets_if_silent" not in syn, syn
    # tcp-banner asks its own ports then; at most each twice, and once more by TLS.
    assert (banner["packets_if_silent"], banner["packets_if_alive"], banner["packets_at_most"]) == (6, 3, 9)
    estimate = skipped["estimate"]
    assert (estimate["packets_if_silent"], estimate["packets_if_alive"], estimate["packets_at_most"]) == (6, 3, 9)
    shown = sonde.call("plan", "lan.sonde.yaml", before=WITHOUT_RIGHTS).out
    assert "    here     skipped: " in shown and "  at most             9 packets, unless some are lost\n" in shown, shown


def test_the_id_of_a_plan_is_that_of_its_questions(sonde):
    sonde.pipeline(SLEEPY)
    once, again = (json.loads(sonde.call("plan", "lan.sonde.yaml", "--format", "json").out) for _ in range(2))
    assert once["plan_id"] == again["plan_id"] and once["plan_hash"] != again["plan_hash"]
    shown = sonde.call("plan", "lan.sonde.yaml").out
    assert f"  plan      {once['plan_id'][:16]}\n" in shown


def test_the_time_of_nmap_is_reckoned_in_the_open(sonde):
    sonde.pipeline("{use: nmap-xml, options: {ports: 1-100, batch: 4}}", "127.0.0.1-127.0.0.16")
    shown = sonde.call("plan", "lan.sonde.yaml").out
    # 100 ports of 0.2 s, and two seconds, for each of four hosts one behind the other, in two nmaps at once.
    assert "    silence  1m28s for each batch of 4, 8 of 16 hosts at a time, 2m56s in all\n" in shown, shown
    assert "    answers  20s for each host, 8 of 16 hosts at a time, 40s in all\n" in shown, shown
    assert "  if nothing answers  3200 packets, about 2m56s\n" in shown or "2m56s" in shown.split("Estimate")[1], shown
    plan = json.loads(sonde.call("plan", "lan.sonde.yaml", "--format", "json").out)
    assert plan["estimate"]["seconds_if_silent"] == 176.0 and plan["estimate"]["seconds_if_alive"] == 40.0
    # A batch of silent hosts that does not end before its deadline is told.
    sonde.pipeline("{use: nmap-xml}", "127.0.0.1-127.0.0.16")
    assert "    silence  20m15s for each batch of 16, which its deadline ends, all 16 hosts at a time\n" in sonde.call(
        "plan", "lan.sonde.yaml").out


def test_a_short_run_is_not_announced(sonde):
    sonde.pipeline(SLEEPY)
    assert "about" not in sonde.run().err


def test_a_long_run_says_so_before_its_first_packet(sonde):
    # 131070 hosts, 64 at once, 100 ms each.
    sonde.pipeline(SLEEPY, "127.0.0.0/15", more="limits: {run_timeout: 1s}")
    result = sonde.run()
    assert result.code == 1, str(result)
    lines = result.err.splitlines()
    assert lines[0] == "131070 targets, about 0s to 3m25s, limits.workers (64) decides; at most 0 packets", str(result)
    assert lines[1] == ("warning[plan-run-timeout]: limits.run_timeout (1s) may end this run early: perhaps only 640 of "
                        "131070 targets will be reached, the others not be asked")
    assert lines[2] == ("      write run_timeout: 5m (0: no limit), raise limits.workers (64), or scan less at a time "
                        "(--shard 1/205)")
    # Whoever asked for silence hears only what went wrong.
    quiet = sonde.run("--quiet", "--output", "other").err.splitlines()
    assert [line.split(":")[0] for line in quiet] == ["incomplete (run_timeout)", "to go on"], quiet


def test_plan_warns_of_the_timeout_too(sonde):
    sonde.pipeline(SLEEPY, "127.0.0.0/15", more="limits: {run_timeout: 1m}")
    result = sonde.call("plan", "lan.sonde.yaml")
    assert result.code == 0 and "warning[plan-run-timeout]: limits.run_timeout (1m) may end" in result.err, str(result)
    assert "  decided by          limits.workers (64)\n" in result.out


def test_a_run_tells_what_it_does_where_that_is_asked_for(sonde):
    sonde.pipeline(SLEEPY)
    assert "run-log" not in sonde.run().err
    told = sonde.run("--log-level", "debug").err
    assert "debug[run-log]: stage 'sleepy' begins after 0." in told and "'sleepy' ends after 0." in told, told
    assert "trace[run-log]: sleepy: 127.0.0.1: " in sonde.run("--log-level", "trace").err
    assert "run-log" not in sonde.run("--log-level", "debug", "--quiet").err
