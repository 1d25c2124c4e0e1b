"""What exporters say: a warning does not change how a run ends, a failure does, and other outputs are written."""

LINES = "{{use: fixture-lines, name: {0}, options: {{path: {0}.txt, hosts: known, {1}}}}}"


def test_an_exporter_warns(sonde):
    sonde.pipeline("{use: sleepy, options: {delay: 1ms}}", outputs=LINES.format("first", "warn: a field is too long"))
    result = sonde.run()
    assert result.code == 0, str(result)
    assert "warning[output-warning]: output 'first' (fixture-lines): a field is too long" in result.err
    assert (sonde.out / "first.txt").read_text().startswith("ip=127.0.0.1")


def test_an_exporter_fails_and_the_other_writes(sonde):
    for step in ("open", "write", "close"):
        sonde.pipeline("{use: sleepy, options: {delay: 1ms}}",
                       outputs=LINES.format("first", f"fail: {step}") + "\n  - " + LINES.format("second", "fail: no"))
        result = sonde.run("--output", step)
        assert result.code == 1 and result.ids() == ["output-unwritable"], str(result)
        assert f"asked to fail in {step}" in result.err
        assert (sonde.folder / step / "second.txt").read_text().startswith("ip=127.0.0.1")
        assert not (sonde.folder / step / "first.txt").exists()
