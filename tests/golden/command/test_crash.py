"""A plugin that takes the process down: what is said, what is kept, and how it goes on."""
from conftest import crashed

SIX = "127.0.0.1-127.0.0.6"
STAGES = "{use: sleepy, options: {delay: 1ms, crash_on: 127.0.0.4}}"


def test_a_crash_is_told_and_the_run_goes_on_without_that_target(sonde):
    sonde.pipeline(STAGES, SIX)
    result = sonde.run()
    assert crashed(result), str(result)
    assert "error[plugin-crashed]: plugin 'sleepy' crashed in stage 'sleepy'" in result.err
    assert "--resume" in result.err
    assert not (sonde.out / "lines.txt").exists() and not (sonde.out / "run.json").exists()
    journal, = (sonde.out / "journal").iterdir()
    assert '{"crash":["sleepy","sleepy","00000000000000000000ffff7f000004",0]}' in journal.read_text()

    result = sonde.run("--resume", "out")
    assert result.code == 1, str(result)
    assert sonde.hosts() == [f"127.0.0.{last}" for last in (1, 2, 3, 5, 6)]
    document = sonde.document()
    assert document["complete"] is True and document["settled"] == 6
    assert sonde.stage("sleepy")["outcomes"]["positive"] == 5
    assert sonde.stage("sleepy")["errors"] == {"the plugin crashed on this target before": 1}

    result = sonde.run("--resume", "out")
    assert result.code == 78 and result.ids() == ["no-unfinished-run"], str(result)
