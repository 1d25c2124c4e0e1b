"""Bad input: one message with its id and what to do, the documented exit code, and no output file touched."""
import shutil

import pytest
from conftest import BAD_FIXTURES, FIXTURES, ROOT_WITHOUT_ACCOUNTS, WITHOUT_RIGHTS

LINES = "{use: fixture-lines, options: {path: lines.txt}}"
OLD = "of the run before\n"


def stand_of(folder):
    return {str(path.relative_to(folder)): (path.read_bytes() if path.is_file() else None, path.lstat().st_mtime_ns)
            for path in folder.rglob("*")}


def refused(sonde, code, message, *words, remedy, **more):
    """`sonde run` says this, and the results of the run before stay what they were."""
    sonde.out.mkdir(exist_ok=True)
    for name in ("lines.txt", "run.json"):
        (sonde.out / name).write_text(OLD)
    before = stand_of(sonde.folder)
    result = sonde.run(*words, **more)
    assert result.code == code and result.ids() == [message], str(result)
    assert remedy in result.err, str(result)
    assert stand_of(sonde.folder) == before, str(result)


@pytest.mark.parametrize("text, message, remedy", [
    ("version: 1\nstages: [{use: [}\n", "yaml-syntax", "write ] where it ends"),
    ("version: 2\n", "bad-version", "this sonde reads version 1"),
    ("version: 1\ntargets: [127.0.0.1]\nstages: [{use: sleepy, opions: {}}]\n", "unknown-key", "did you mean 'options'?"),
    ("version: 1\ntargets: [127.0.0.1]\nstages: [{use: sleepy, options: {dely: 1s}}]\n", "unknown-option",
     "did you mean 'delay'?"),
    ("version: 1\ntargets: [127.0.0.1]\nstages: [{use: sleepy, options: {delay: soon}}]\n", "bad-duration", "800ms"),
    ("version: 1\ntargets: [127.0.0.256]\nstages: [{use: sleepy}]\n", "bad-address", "from 0 to 255"),
    ("version: 1\ntargets: [192.0.2.1, 8.8.8.8]\nexclude: [192.0.2.1]\nstages: [{use: sleepy}]\n", "public-target",
     "allow_public: true"),
    ("version: 1\ntargets: [\"@none.txt\"]\nstages: [{use: sleepy}]\n", "file-unreadable", "none.txt"),
    ("version: 1\ntargets: [127.0.0.1]\nstages: [{use: slepy}]\n", "plugin-missing", "did you mean 'sleepy'?"),
    ("version: 1\ntargets: [127.0.0.1]\nstages: [{use: rdns, options: {servers: [dns.example]}}]\n", "bad-address",
     "IPv6"),
    ("version: 1\ntargets: [127.0.0.1]\nstages: [{use: rdns, options: {servers: [\"127.0.0.1:99999\"]}}]\n", "bad-port",
     "192.168.1.1:53"),
])
def test_pipeline_files(sonde, text, message, remedy):
    (sonde.folder / "lan.sonde.yaml").write_text(text)
    refused(sonde, 78, message, remedy=remedy)


def test_no_pipeline_file(sonde):
    refused(sonde, 78, "file-unreadable", remedy="check the path and its permissions")


@pytest.mark.parametrize("words, message", [
    (["--frobnicate"], "bad-argument"), (["--seed", "-1"], "bad-seed"), (["--shard", "0/2"], "bad-shard"),
    (["--format", "xml"], "bad-argument"), (["--log-level", "loud"], "bad-argument"),
    (["--set", "sleepy.delay"], "bad-argument"), (["--set", "slepy.delay=1s"], "unknown-stage"),
    (["--only", "127.0.0.9"], "not-a-target"),
    (["--only", "127.0.0.0/8"], "bad-argument"), (["--env-file", "a", "--no-env-file"], "bad-argument"),
])
def test_arguments(sonde, words, message):
    sonde.pipeline("{use: sleepy}")
    remedy = {"bad-argument": "--", "bad-seed": "0 to", "bad-shard": "2/4", "unknown-stage": "did you mean 'sleepy'?",
              "not-a-target": "--target"}[message]
    # What --set names belongs to the pipeline, as any other mistake in it.
    refused(sonde, 78 if message == "unknown-stage" else 2, message, *words, remedy=remedy)


@pytest.mark.parametrize("name, message, found, remedy", [
    ("broken-truncated", "plugin-truncated", "ends after 4096 bytes", "install the plugin again"),
    ("broken-format", "plugin-not-elf", "a text file", "install the plugin again"),
    ("broken-major", "plugin-abi", "ABI 9", "rebuild the plugin"),
    ("broken-minor", "plugin-abi", "0.7", "rebuild the plugin"),
    ("broken-symbol", "plugin-symbol", "a library without one", "remove it from the plugin directory"),
    ("broken-stride", "plugin-broken", "broken-stride", "install a repaired version"),
    ("broken-schema", "plugin-schema", "broken-schema", "plugin"),
])
def test_plugin_files(sonde, name, message, found, remedy):
    sonde.pipeline(f"{{use: {name}}}", outputs="{use: json, options: {path: lines.txt}}")
    refused(sonde, 78, message, plugins=BAD_FIXTURES, remedy=remedy)
    result = sonde.run(plugins=BAD_FIXTURES)
    assert f"{name}.so" in result.err and "expected" in result.err and "found" in result.err and found in result.err


def test_two_plugins_of_one_id_and_kind(sonde):
    sonde.pipeline("{use: twin}", outputs="{use: json, options: {path: lines.txt}}")
    refused(sonde, 78, "duplicate-plugin", plugins=BAD_FIXTURES / "duplicate", remedy="remove one of the two files")


def plugins_of(sonde):
    """A directory of plugins that a test may spoil."""
    plugins = sonde.folder / "plugins"
    plugins.mkdir(mode=0o755)
    for name in ("sleepy.so", "fixture-lines.so"):
        shutil.copy(FIXTURES / name, plugins)
    return plugins


def test_a_plugin_that_others_can_change(sonde):
    sonde.pipeline("{use: sleepy}")
    plugins = plugins_of(sonde)
    (plugins / "sleepy.so").chmod(0o666)
    refused(sonde, 78, "plugin-permissions", plugins=plugins, remedy=f"chmod o-w {plugins}/sleepy.so")


def test_as_root_nobody_else_may_change_any_part_of_the_path(sonde):
    sonde.pipeline("{use: sleepy}", outputs="{use: json, options: {path: lines.txt}}")
    plugins = plugins_of(sonde)
    plugins.chmod(0o775)
    assert sonde.call("validate", "lan.sonde.yaml", plugins=plugins, before=WITHOUT_RIGHTS).code == 0
    result = sonde.run(plugins=plugins, before=ROOT_WITHOUT_ACCOUNTS)
    assert result.code == 78 and result.ids() == ["plugin-permissions"], f"one directory, told once: {result}"
    assert "or run sonde as an ordinary user" in result.err
    assert not sonde.out.exists()
    listed = sonde.call("list", plugins=plugins, before=ROOT_WITHOUT_ACCOUNTS).err
    assert listed.count(f"found {plugins} has mode 0775") == 1, listed
    assert "      the same is wrong with 1 other file: sleepy.so\n" in listed


@pytest.mark.parametrize("content, why", [
    (None, "No such file or directory"), ("", "the file is empty"), ("garbage\n", "line 1"),
])
def test_oui_files(sonde, content, why):
    if content is not None:
        (sonde.folder / "oui.csv").write_text(content)
    sonde.pipeline("{use: arp-oui, options: {oui_files: [oui.csv]}}")
    refused(sonde, 78, "stage-config", remedy="sonde describe arp-oui")
    assert why in sonde.run().err


def test_output_directories(sonde):
    sonde.pipeline("{use: sleepy}")
    (sonde.folder / "file").write_text(OLD)
    for directory in ("file", "file/below", "/proc/sonde"):
        refused(sonde, 74, "output-unwritable", "--output", directory, remedy="Check that the directory can be made")


def test_an_output_that_is_a_directory(sonde):
    (sonde.out / "results").mkdir(parents=True)
    sonde.pipeline("{use: sleepy}", outputs="{use: json, options: {path: results}}")
    refused(sonde, 74, "output-unwritable", remedy="takes the name of a file")
    assert not list(sonde.out.glob("journal/*")), "a run that was refused left a journal"


def test_a_missing_privilege(sonde):
    sonde.pipeline("{use: icmp}")
    refused(sonde, 77, "needs-raw-socket", before=WITHOUT_RIGHTS, remedy="CAP_NET_RAW")
    # One line what, one line what to do.
    told = sonde.run(before=WITHOUT_RIGHTS).err.splitlines()
    assert told[0].endswith("error[needs-raw-socket]: stage 'icmp': neither raw nor ping sockets are allowed")
    assert told[2].endswith("^ expected CAP_NET_RAW, root, or a group of this user within net.ipv4.ping_group_range "
                            "(sonde doctor), or `optional: true` to go on without")
    assert len(told) == 3


def test_becoming_another_user_needs_root(sonde):
    sonde.pipeline("{use: sleepy}")
    refused(sonde, 77, "privileges", "--user", "nobody", before=WITHOUT_RIGHTS,
            remedy="run as root, or leave --user out")


def test_too_few_descriptors(sonde):
    """Somewhere below the first that suffices there is one at which the plugins load and an event loop does not open."""
    sonde.pipeline("{use: sleepy}")
    results = [sonde.run("--set", "limits.shards=4", before=("prlimit", f"--nofile={most}:{most}"))
               for most in range(4, 24)]
    short = [result for result in results if "resources" in result.ids()]
    assert short and all(result.code == 1 for result in short), "\n".join(map(str, results))
    assert all(result.code == 0 or result.ids() for result in results), "\n".join(map(str, results))
    assert "ulimit -n" in short[0].err
