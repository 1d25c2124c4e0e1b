"""Each argument of `sonde run` does what its help says."""
import json
import os
import socket
import threading

import pytest

FAST = "{use: sleepy, options: {delay: 1ms}}"


@pytest.fixture
def greeting():
    """The port of a server on 127.0.0.1 that greets like an SSH server."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"SSH-2.0-greeting\r\n")
                connection.settimeout(5)
                try:
                    connection.recv(100)
                except OSError:
                    pass

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()


def test_parts_of_a_plan_are_disjoint_and_together_the_whole(sonde):
    sonde.pipeline(FAST, "127.0.0.1-127.0.0.50")
    parts = []
    for part in (1, 2, 3):
        result = sonde.run("--shard", f"{part}/3", "--output", f"part{part}")
        assert result.code == 0, str(result)
        parts.append(sonde.hosts(f"part{part}"))
        document = json.loads((sonde.folder / f"part{part}/run.json").read_text())
        assert document["targets"] == len(parts[-1]) in (16, 17)
        assert document["not_covered"] == [{"what": f"{50 - len(parts[-1])} targets",
                                            "reason": f"belong to the other parts: this is part {part} of 3"}]
    assert sorted(sum(parts, [])) == sorted(f"127.0.0.{last}" for last in range(1, 51))


def test_only_one_of_the_targets(sonde):
    sonde.pipeline(FAST, "127.0.0.1-127.0.0.50", more="exclude: [127.0.0.8]")
    assert sonde.run("--only", "127.0.0.7").code == 0
    assert sonde.hosts() == ["127.0.0.7"]
    for address in ("127.0.0.8", "127.0.0.51"):
        result = sonde.run("--only", address, "--output", "other")
        assert result.code == 2 and result.ids() == ["not-a-target"], str(result)
    assert not (sonde.folder / "other").exists()


def test_targets_and_output_and_options_of_the_command_line_win(sonde):
    sonde.pipeline(FAST, more="output_dir: elsewhere")
    result = sonde.run("-t", "127.0.0.3", "--target", "127.0.0.5-6", "-o", "out", "--set", "fixture-lines.path=my.txt")
    assert result.code == 0, str(result)
    assert [line.split()[0] for line in (sonde.out / "my.txt").read_text().splitlines()] == [
        "ip=127.0.0.3", "ip=127.0.0.5", "ip=127.0.0.6"]
    assert sorted(os.listdir(sonde.folder)) == ["lan.sonde.yaml", "out"]


def test_a_seed_repeats_a_plan(sonde):
    sonde.pipeline(FAST)
    hashes = []
    for seed in (7, 7, 8):
        assert sonde.run("--seed", str(seed)).code == 0
        assert sonde.document()["seed"] == str(seed)
        hashes.append(sonde.document()["plan_hash"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_env_files(sonde):
    sonde.pipeline(FAST, '"${HOST:-127.0.0.2}"')
    (sonde.folder / ".env").write_text("HOST=127.0.0.3\n")
    (sonde.folder / "site.env").write_text("HOST=127.0.0.4\n")
    for words, environment, expected in (([], {}, "127.0.0.3"), (["--env-file", "site.env"], {}, "127.0.0.4"),
                                         (["--no-env-file"], {}, "127.0.0.2"),
                                         (["--env-file", "site.env"], {"HOST": "127.0.0.5"}, "127.0.0.5")):
        assert sonde.run(*words, **environment).code == 0
        assert sonde.hosts() == [expected]


def test_formats(sonde, greeting):
    sonde.pipeline(f"{{use: tcp-banner, options: {{ports: {greeting}}}}}")
    assert sonde.run("--format", "none").out == "" == sonde.run().out, "no terminal: no table unless asked for"
    table = sonde.run("--format", "table")
    assert "127.0.0.1" in table.out and str(greeting) in table.out and "SSH-2.0-greeting" in table.out
    record, = json.loads(sonde.run("--format", "json").out)
    assert record["ip"] == "127.0.0.1" and record["ports"] == [greeting]
    # An output that takes the standard output leaves no room for another.
    sonde.pipeline(FAST, outputs='{use: fixture-lines, options: {path: "-", hosts: all}}')
    assert sonde.run().out.startswith("ip=127.0.0.1")
    result = sonde.run("--format", "table")
    assert result.code == 78 and result.ids() == ["plan-stdout-twice"], str(result)


def test_log_level_and_quiet(sonde):
    sonde.pipeline(FAST)
    told = sonde.run()
    assert "debug:" not in told.err and "0 of 1 host responded" in told.err
    assert "debug[plugin-log]: stage 'sleepy': 127.0.0.1 is held" in sonde.run("--log-level", "debug").err
    for words in (["--quiet"], ["-q", "--log-level", "debug"]):
        result = sonde.run(*words)
        assert (result.code, result.out, result.err) == (0, "", "")
