"""From an empty folder to a running plugin: `sonde plugin new`, build, test, check, run; with the installed SDK alone."""
import pathlib

import pytest

from conftest import CMAKE, exported, run

CTEST = pathlib.Path(CMAKE).with_name("ctest")


@pytest.mark.parametrize("language", ["c", "cpp"])
@pytest.mark.parametrize("kind", ["probe", "exporter", "source"])
def test_from_nothing_to_a_run(installation, tmp_path, kind, language):
    said = installation.command("plugin", "new", kind, "first-light", "--lang", language, work=tmp_path)
    assert "sonde run sample.sonde.yaml --plugin-path build" in said
    assert f"cmake -B build -DCMAKE_PREFIX_PATH={installation.prefix} && cmake --build build" in said
    assert "sonde plugin check build/first-light.so" in said and "warning" not in said
    folder = tmp_path / "first-light"
    assert not [p for p in folder.rglob("*") if p.is_file() and f"my-{kind}" in p.read_text()], "a name was not replaced"
    assert "sonde plugin check build/first-light.so" in (folder / "README.md").read_text()
    assert {"CMakeLists.txt", "README.md", "sample.sonde.yaml", "tests"} <= {p.name for p in folder.iterdir()}

    build = installation.build(folder)
    library = build / "first-light.so"
    assert exported(library) == ["sonde_plugin_v0"]
    # Its own tests: the parts by themselves, and the plugin inside sonde against servers on the loopback network.
    done = run(CTEST, "--test-dir", build, "--output-on-failure", env=installation.environment(folder))
    assert "100% tests passed, 0 tests failed out of 2" in done
    more = ("--set", f"file={folder}/hosts.txt") if kind == "source" else ()
    installation.check(library, *more)

    assert "first-light 1.0.0" in installation.command("describe", "first-light", "--plugin-path", "build", work=folder)
    said = installation.command("validate", "sample.sonde.yaml", "--plugin-path", "build", work=folder)
    assert "valid: 1 stage, 1 output" in said
    # Installed, it is found without a word.
    run(CMAKE, "--install", build)
    installed = installation.prefix / "lib/sonde/plugins-0/first-light.so"
    try:
        assert "first-light" in installation.command("list", work=folder)
    finally:
        installed.unlink()


def test_a_whole_probe_fits_a_page(installation):
    text = (installation.prefix / "share/sonde/template/probe/cpp/plugin.cpp").read_text()
    assert len(text.splitlines()) < 60


def test_nothing_is_overwritten(installation, tmp_path):
    installation.command("plugin", "new", "probe", "tls-cert", work=tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    said = installation.command("plugin", "new", "exporter", "tls-cert", work=tmp_path, ok=(2,))
    assert "error[file-exists]: tls-cert is there already" in said
    assert before == {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    (tmp_path / "file").write_text("mine")
    said = installation.command("plugin", "new", "probe", "other", "--output", "file", work=tmp_path, ok=(2,))
    assert "error[file-exists]" in said and (tmp_path / "file").read_text() == "mine"
    (tmp_path / "fresh.new").mkdir()  # where the project is made before it has its name
    (tmp_path / "fresh.new/plugin.cpp").write_text("mine")
    said = installation.command("plugin", "new", "probe", "fresh", work=tmp_path, ok=(2,))
    assert "error[file-exists]" in said and (tmp_path / "fresh.new/plugin.cpp").read_text() == "mine"


def test_a_directory_named_with_a_slash(installation, tmp_path):
    installation.command("plugin", "new", "probe", "tls-cert", "--output", "here/", work=tmp_path)
    assert (tmp_path / "here/plugin.cpp").is_file() and [p.name for p in tmp_path.iterdir()] == ["here"]


@pytest.mark.parametrize("name", ["Tls", "9lives", "a_b", "../up", "", "x" * 33, "a b"])
def test_bad_names(installation, tmp_path, name):
    said = installation.command("plugin", "new", "probe", name, work=tmp_path, ok=(2,))
    assert "error[plugin-name]" in said and "lower case letters" in said
    assert not list(tmp_path.iterdir())


def test_a_name_that_is_taken(installation, tmp_path):
    said = installation.command("plugin", "new", "probe", "icmp", work=tmp_path)
    assert "warning[plugin-shadowed]: there is a probe 'icmp' already: " in said and "icmp.so" in said
    assert (tmp_path / "icmp/plugin.cpp").is_file()
    assert "warning" not in installation.command("plugin", "new", "exporter", "icmp", "--output", "x", work=tmp_path)
    # What would not be loaded is not begun.
    for kind in ("probe", "source"):
        said = installation.command("plugin", "new", kind, "ports", work=tmp_path, ok=(2,))
        assert f"error[plugin-name]: a {kind} cannot be called 'ports': that is a well-known field" in said
    assert not (tmp_path / "ports").exists()
    installation.command("plugin", "new", "exporter", "ports", work=tmp_path)


def test_without_the_templates(installation, tmp_path):
    # As the package sonde without sonde-sdk.
    moved = tmp_path / "prefix"
    (moved / "bin").mkdir(parents=True)
    (moved / "bin/sonde").write_bytes(installation.sonde.read_bytes())
    (moved / "bin/sonde").chmod(0o755)
    said = run(moved / "bin/sonde", "plugin", "new", "probe", "tls", cwd=tmp_path, ok=(78,))
    assert "error[template-missing]" in said and "sonde-sdk" in said and not (tmp_path / "tls").exists()
