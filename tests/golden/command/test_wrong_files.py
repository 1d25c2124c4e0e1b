"""Commands that are given another file than they expect say what it is."""
import json


def inventory(sonde):
    sonde.pipeline("{use: sleepy, options: {delay: 1ms}}", outputs="{use: json, options: {path: inventory.json, hosts: all}}",
                   more="history: {dir: history}")
    assert sonde.run().code == 0


class TestDiff:
    def command(self, sonde, old, new="out/inventory.json"):
        result = sonde.plain("diff", old, new)
        assert result.code == 2, str(result)
        return result.err

    def test_a_run_document(self, sonde):
        inventory(sonde)
        assert self.command(sonde, "out/run.json") == (
            "out/run.json: error[inventory-invalid]: this is the document of a run, not an inventory\n"
            "      its inventory is inventory.json\n")

    def test_a_journal(self, sonde):
        inventory(sonde)
        journal, = (sonde.out / "journal").iterdir()
        assert "this is the journal of a run, not an inventory" in self.command(sonde, str(journal))

    def test_a_csv_a_pipeline_and_a_directory(self, sonde):
        inventory(sonde)
        (sonde.out / "inventory.csv").write_text("ip,alive\n127.0.0.1,true\n")
        assert "this is a CSV file, not an inventory" in self.command(sonde, "out/inventory.csv")
        assert "this is a YAML file, not an inventory" in self.command(sonde, "lan.sonde.yaml")
        assert self.command(sonde, "out") == ("error[file-unreadable]: out is a directory\n"
                                              "      name an inventory in it, such as inventory.json\n")

    def test_one_wrong_file_named_twice_is_told_once(self, sonde):
        inventory(sonde)
        assert self.command(sonde, "out/run.json", "out/run.json").count("error[") == 1


def history_name(sonde):
    name, = [path.name for path in (sonde.out / "history").iterdir() if not path.name.endswith(".run.json")]
    return name


def test_a_history_before_and_after_its_first_run(sonde):
    result = sonde.plain("history", "out/history")
    assert result.code == 78 and "out/history is neither a directory nor a pipeline file" in result.err
    sonde.out.mkdir()
    result = sonde.plain("history", "out")
    assert (result.code, result.out) == (0, "")
    assert result.err == "no inventories in out yet: each run of a pipeline with `history:` adds one\n"
    inventory(sonde)
    for where in ("out", "out/history"):
        result = sonde.plain("history", where)
        assert f"out/history/{history_name(sonde)}" in result.out, str(result)
        assert result.err == "one inventory so far: what is new, gone and changed shows from the second on\n"
    assert [row["hosts"] for row in json.loads(sonde.plain("history", "out", "--format", "json").out)] == [0]
