"""`sonde create`: what it writes validates, states the defaults of the schemas, and overwrites nothing."""
import json

import pytest
import yaml


def plugins(sonde, kind):
    return [p for p in json.loads(sonde.call("list", "--format", "json").out)["plugins"] if p["kind"] == kind]


def defaults(sonde, plugin, kind):
    described, = [p for p in json.loads(sonde.call("describe", plugin, "--format", "json").out) if p["kind"] == kind]
    return {name: option["default"] for name, option in described["options_schema"].get("properties", {}).items()
            if "default" in option and option.get("x-sonde") != "secret"}


def plain(value):
    """Ports may be written either way, and a dollar sign of a default is doubled in a file."""
    return (",".join(map(str, value)) if isinstance(value, list) else str(value)).replace("$$", "$")


def test_every_plugin_with_its_defaults(sonde):
    for kind, key, what in (("probe", "stages", "{}/json"), ("exporter", "outputs", "icmp/{}")):
        for plugin in plugins(sonde, kind):
            before = "writer," if plugin["id"] == "reader" else ""  # which needs a field that somebody must write
            result = sonde.call("create", before + what.format(plugin["id"]))
            assert result.code == 0, str(result)
            (sonde.folder / "made.sonde.yaml").write_text(result.out)
            valid = sonde.call("validate", "made.sonde.yaml", DEMANDING_COMMUNITY="x")
            assert valid.code == 0, f"{result.out}\n{valid}"
            options = yaml.safe_load(result.out)[key][-1].get("options") or {}
            for name, default in defaults(sonde, plugin["id"], kind).items():
                assert plain(options[name]) == plain(default), f"{plugin['id']}.{name}"
            for line in result.out.splitlines():
                assert len(line) <= 110, line


def test_descriptions_are_comments(sonde):
    out = sonde.call("create", "icmp/json").out
    assert "      # octets of payload in a request (a whole number from 16 to 1472)\n      size: 32\n" in out
    assert "    optional: true\n" in out, "raw sockets are not allowed everywhere"


def test_an_option_that_must_be_given_has_a_place(sonde):
    out = sonde.call("create", "null/fixture-lines").out
    assert "; must be given\n      path: change-me\n" in out


def test_what_has_no_default_is_of_its_kind(sonde):
    out = sonde.call("create", "demanding/json").out
    (sonde.folder / "made.sonde.yaml").write_text(out)
    unset = sonde.call("validate", "made.sonde.yaml")
    assert unset.code == 78 and unset.ids() == ["unset-variable"] and "DEMANDING_COMMUNITY" in unset.err, str(unset)
    assert sonde.call("validate", "made.sonde.yaml", DEMANDING_COMMUNITY="x").code == 0, out
    options = yaml.safe_load(out)["stages"][0]["options"]
    assert options == {"flag": False, "number": 5, "real": 1, "word": "change-me", "choice": "no", "wait": "1500µs",
                       "size": "4KiB", "ports": "22,80", "net": "192.168.1.0/24", "file": "change-me",
                       "community": "${DEMANDING_COMMUNITY:?set it in .env}", "server": "127.0.0.1", "list": [],
                       "below": {"name": "change-me"}, "dollar": "a $$b: 'c' # d", "digits": "1e3"}
    assert "      # optional:\n        # Inside (text)\n        # free:\n" in out


def test_no_secret_is_written_in_clear(sonde):
    out = sonde.call("create", "demanding/json").out
    assert '      # kept: "${DEMANDING_KEPT:?set it in .env}"\n' in out and ": public" not in out
    shown = sonde.call("describe", "demanding").out
    assert '      # kept: "${DEMANDING_KEPT:?set it in .env}"\n' in shown and "public" not in shown


def test_two_outputs_with_one_default_path(sonde):
    out = yaml.safe_load(sonde.call("create", "icmp/json,csv").out)
    assert [o["options"]["path"] for o in out["outputs"]] == ["inventory.json", "inventory.csv"]


def test_a_file_is_written_once(sonde):
    assert sonde.call("create", "icmp/json", "--output", "lan.sonde.yaml").out == ""
    text = (sonde.folder / "lan.sonde.yaml").read_text()
    again = sonde.call("create", "rdns/json", "-o", "lan.sonde.yaml")
    assert again.code == 2 and again.ids() == ["file-exists"], str(again)
    assert (sonde.folder / "lan.sonde.yaml").read_text() == text
    assert sonde.call("create", "rdns/json", "-o", "no/such/dir.yaml").ids() == ["output-unwritable"]


@pytest.mark.parametrize("what, ids", [("icmp", ["bad-argument"]), ("/json", ["bad-argument"]), ("icmp/", ["bad-argument"]),
                                       ("icmp/json/csv", ["bad-argument"]), ("icmp,icmp/json", ["bad-argument"]),
                                       ("json/icmp", ["plugin-missing", "plugin-missing"])])
def test_what_it_cannot_write(sonde, what, ids):
    result = sonde.call("create", what)
    assert result.code != 0 and result.ids() == ids and result.out == "", str(result)
