"""Commands that are given another file than they expect say what it is."""
import json
import os
import subprocess


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

    def test_a_csv_and_a_pipeline(self, sonde):
        inventory(sonde)
        (sonde.out / "inventory.csv").write_text("ip,alive\n127.0.0.1,true\n")
        assert "this is a CSV file, not an inventory" in self.command(sonde, "out/inventory.csv")
        assert "this is a YAML file, not an inventory" in self.command(sonde, "lan.sonde.yaml")

    def test_a_directory_without_inventories(self, sonde):
        inventory(sonde)
        (sonde.folder / "empty").mkdir()
        assert self.command(sonde, "empty") == (
            "error[file-unreadable]: empty holds no inventory\n"
            "      name an inventory, such as inventory.json, or a directory with a history\n")
        assert "empty holds no dated inventory, and two are compared" in sonde.plain("diff", "empty").err
        assert "out/history holds one dated inventory, and two are compared" in sonde.plain("diff", "out").err

    def test_one_file_alone(self, sonde):
        inventory(sonde)
        result = sonde.plain("diff", "out/inventory.json")
        assert result.code == 2 and "sonde diff needs NEW: the newer inventory" in result.err, str(result)

    def test_what_is_not_there(self, sonde):
        result = sonde.plain("diff", "nowhere")
        assert result.code == 2, str(result)
        assert result.err.startswith("error[file-unreadable]: there is no file or directory nowhere\n"), str(result)

    def test_one_wrong_file_named_twice_is_told_once(self, sonde):
        inventory(sonde)
        assert self.command(sonde, "out/run.json", "out/run.json").count("error[") == 1


def dated(sonde, directory, **days):
    (sonde.folder / directory).mkdir(parents=True)
    for day, last in days.items():
        (sonde.folder / directory / f"2026-11-{day[1:]}.json").write_text(f'[{{"ip":"127.0.0.{last}"}}]')


def test_a_directory_stands_for_its_newest_inventories(sonde):
    dated(sonde, "a/history", d20=1, d21=2, d22=3)
    dated(sonde, "b", d19=4, d18=5)
    for where in ("a", "a/history"):
        result = sonde.plain("diff", where)
        assert result.code == 1 and "+ 127.0.0.3" in result.out and "not scanned: 127.0.0.2" in result.out, str(result)
        assert result.err == "a/history/2026-11-21.json and a/history/2026-11-22.json:\n"
    result = sonde.plain("diff", "a", "b")
    assert result.err == "a/history/2026-11-22.json and b/2026-11-19.json:\n", str(result)
    assert "+ 127.0.0.4" in result.out
    result = sonde.plain("diff", "b/2026-11-18.json", "b")
    assert result.err == "b/2026-11-18.json and b/2026-11-19.json:\n", str(result)


def of_run(sonde, directory, day, run_id, complete=True):
    document = {"run_id": run_id, "started": "2026-11-20T00:00:00Z", "complete": complete, "scope": ["127.0.0.0/24"]}
    (sonde.folder / directory / f"2026-11-{day}.run.json").write_text(json.dumps(document))


def test_a_resumed_run_is_compared_with_another_run_and_not_with_its_own_part(sonde):
    dated(sonde, "a", d20=1, d21=2, d22=2)
    for day, run_id in ((20, "night"), (21, "resumed"), (22, "resumed")):
        of_run(sonde, "a", day, run_id)
    result = sonde.plain("diff", "a")
    assert result.err == "a/2026-11-20.json and a/2026-11-22.json:\n" and "+ 127.0.0.2" in result.out, str(result)
    rows = json.loads(sonde.plain("history", "a", "--format", "json").out)
    assert [(row.get("new"), row.get("gone")) for row in rows] == [(None, None), (1, 1), (1, 1)]
    of_run(sonde, "a", 21, "resumed", complete=False)
    rows = json.loads(sonde.plain("history", "a", "--format", "json").out)
    assert [(row.get("new"), row.get("gone")) for row in rows] == [(None, None), (1, 1), (1, 1)]
    of_run(sonde, "a", 20, "resumed")
    assert "a holds dated inventories of one run alone, and two are compared" in sonde.plain("diff", "a").err


def test_a_run_document_with_one_endless_text_does_not_flood_the_history(sonde):
    dated(sonde, "a", d20=1, d21=2)
    document = {"run_id": "r", "started": "2026-11-20T00:00:00Z", "complete": False, "scope": ["127.0.0.0/24"],
                "why_incomplete": "\u00fc" * 2_000_000}
    (sonde.folder / "a/2026-11-20.run.json").write_text(json.dumps(document))
    rows = json.loads(sonde.plain("history", "a", "--format", "json").out)
    assert rows[0]["state"] == "incomplete: " + "\u00fc" * 100 + "...", rows[0]["state"][:100]
    assert (rows[1]["new"], rows[1]["gone"]) == (1, 0), rows[1]


def test_an_output_directory_without_history_stands_for_what_its_run_wrote(sonde):
    sonde.pipeline("{use: sleepy, options: {delay: 1ms}}", outputs="{use: json, options: {path: found.json}}")
    assert sonde.run().code == 0
    result = sonde.plain("diff", "out", "out/found.json")
    assert (result.code, result.out) == (0, "no changes\n"), str(result)


def test_a_damaged_run_document_is_told_and_not_passed_over(sonde):
    sonde.pipeline("{use: sleepy, options: {delay: 1ms}}", outputs="{use: json, options: {path: found.json}}")
    assert sonde.run().code == 0
    (sonde.out / "run.json").write_text('{"run_id": "r",')
    result = sonde.plain("diff", "out", "out/found.json")
    assert result.code == 2 and result.ids() == ["json-syntax"], str(result)


def test_a_run_document_does_not_choose_files_elsewhere(sonde):
    sonde.pipeline("{use: sleepy, options: {delay: 1ms}}", outputs="{use: json, options: {path: found.json}}")
    assert sonde.run().code == 0
    document = sonde.out / "run.json"
    for elsewhere in ("../secret.json", "/etc/secret.json", "a/../../secret.json"):
        told = json.loads(document.read_text())
        told["outputs"] = [elsewhere]
        document.write_text(json.dumps(told))
        result = sonde.plain("diff", "out", "out/found.json")
        assert result.code == 2 and result.err == (
            f"error[file-unreadable]: out/run.json says that the inventory is {elsewhere}, outside the directory\n"
            "      name that file itself, if it is the one you mean\n"), str(result)


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


def test_trouble_of_diff_is_2_and_never_looks_like_a_change(sonde):
    """Whoever calls it as diff(1) takes 1 for "changed"."""
    (sonde.folder / "one.json").write_text('[{"ip": "127.0.0.1"}]')
    (sonde.folder / "two.json").write_text('[{"ip": "127.0.0.2"}]')
    for new, code in (("one.json", 0), ("two.json", 1)):
        assert sonde.plain("diff", "one.json", new).code == code
        with open("/dev/full", "w") as full:
            done = subprocess.run([os.environ["SONDE"], "diff", "one.json", new], cwd=sonde.folder, stdout=full,
                                  stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 2, done.stderr
