"""The table of hosts: a screen or two for people, all of it for programs."""

ANSWERING = "{use: tcp-banner, options: {ports: 1}}"  # nothing listens there: a refused port is a sign of life


def rows(text):
    return [line.split()[0] for line in text.splitlines() if line.startswith("127.0.0.")]


def test_a_terminal_gets_fifty_rows_and_where_the_rest_is(sonde):
    sonde.pipeline(ANSWERING, "127.0.0.1-127.0.0.60")
    result = sonde.on_terminal()
    assert result.code == 0, str(result)
    assert rows(result.out) == [f"127.0.0.{last}" for last in range(1, 51)]
    assert "\n... and 10 more hosts; all are in lines.txt\n" in result.out


def test_fifty_hosts_are_shown_without_a_word(sonde):
    sonde.pipeline(ANSWERING, "127.0.0.1-127.0.0.50")
    result = sonde.on_terminal()
    assert len(rows(result.out)) == 50 and "more host" not in result.out


def test_a_pipe_gets_all_rows(sonde):
    sonde.pipeline(ANSWERING, "127.0.0.1-127.0.0.60")
    result = sonde.run("--format", "table")
    assert rows(result.out) == [f"127.0.0.{last}" for last in range(1, 61)]
    assert "more host" not in result.out


def test_what_a_terminal_shows_is_not_in_the_journal_alone(sonde):
    sonde.pipeline(ANSWERING, "127.0.0.1-127.0.0.3")
    file = sonde.folder / "lan.sonde.yaml"
    file.write_text(file.read_text().split("outputs:")[0])
    result = sonde.on_terminal()
    assert len(rows(result.out)) == 3 and "no-outputs" not in result.err, str(result)
    assert "warning[no-outputs]" in sonde.on_terminal("--format", "none").err
    assert "warning[no-outputs]" in sonde.run().err, "no terminal: nothing is shown"
    assert "no-outputs" not in sonde.run("--format", "json").err
