"""Each gate passes on this tree, and fails on a copy in which what it guards is broken. SONDE: the command; SONDE_PLUGINS: the
directory of the shipped plugins."""
import os
import pathlib
import platform
import shutil

import pytest

import gates
from gates import Broken

SONDE, PLUGINS = os.environ["SONDE"], pathlib.Path(os.environ["SONDE_PLUGINS"])
LANGUAGES = ("c", "cxx")
kept = pytest.mark.skipif(not gates.BINARIES.is_dir(), reason=f"nothing was frozen on {platform.machine()}")


@pytest.fixture
def planted(tmp_path):
    """planted(FILE, OLD, NEW, ...): a copy of the headers of today with a text replaced."""
    def plant(name, *pairs):
        include = tmp_path / f"include{len(list(tmp_path.iterdir()))}"
        shutil.copytree(gates.TODAY, include)
        path = include / "sonde" / name
        text = path.read_text()
        for old, new in zip(pairs[::2], pairs[1::2]):
            assert text.count(old) == 1, f"{old!r} is in {name} {text.count(old)} times"
            text = text.replace(old, new)
        path.write_text(text)
        return include
    return plant


# What breaks old plugins. Each is refused by the compiler's own numbers, or by the types.
REWATCH = '   sonde_err (*rewatch)(sonde_ctx *, uint64_t id, uint32_t events); /* 0: pause           [shard] */\n'
UNWATCH = ('   sonde_err (*unwatch)(sonde_ctx *, uint64_t id);                                        /* [shard] */\n')
APPENDED = ("   sonde_err (*document)(sonde_ctx *, const char *name, sonde_str *out);                  /* [setup] */\n",
            "   sonde_err (*document)(sonde_ctx *, const char *name, sonde_str *out);\n"
            "   int (*planted)(sonde_ctx *);\n")
RISEN = ("#define SONDE_ABI_MINOR 0", "#define SONDE_ABI_MINOR 1")
MOVED = {
    "a function moved": ("plugin.h", REWATCH + UNWATCH, UNWATCH + REWATCH),
    "a field inserted": ("plugin.h", "   uint32_t timeout_ms, reserved;", "   uint32_t planted, timeout_ms;"),
    "a number changed": ("plugin.h", "SONDE_E_STALE = -5", "SONDE_E_STALE = -15"),
    "a frozen struct grown": ("plugin.h", "int64_t i; uint64_t u;", "int64_t i; char grown[24]; uint64_t u;"),
    "a table reordered": ("probe.h", "   void (*on_io)(sonde_inst *, uint64_t id, uint64_t user, uint32_t events);",
                          "   void (*first)(void);\n   void (*on_io)(sonde_inst *, uint64_t id, uint64_t user, uint32_t events);"),
}
RETYPED = {
    "a parameter retyped": ("plugin.h", "int64_t   (*now)(sonde_ctx *);", "double   (*now)(sonde_ctx *);"),
    "a parameter added": ("exporter.h", "sonde_err (*flush)(sonde_inst *);", "sonde_err (*flush)(sonde_inst *, int);"),
}


def test_the_headers_of_today_are_frozen():
    gates.layout(gates.TODAY)
    gates.same_tokens(gates.TODAY)
    if gates.RECORDED.is_file():
        gates.same_types(gates.TODAY)
    # The promise of 200 lines, and the directory of the plugins, hold for what is frozen too.
    assert sorted(p.name for p in (gates.HEADERS / "sonde").iterdir()) == ["exporter.h", "plugin.h", "probe.h", "source.h"]


@pytest.mark.parametrize("what", MOVED)
def test_layout_sees(planted, what):
    with pytest.raises(Broken, match="error"):
        gates.layout(planted(*MOVED[what]))


@pytest.mark.parametrize("what", [*MOVED, *RETYPED])
def test_tokens_see(planted, what):
    with pytest.raises(Broken, match="SONDE_ABI_MINOR has not"):
        gates.same_tokens(planted(*{**MOVED, **RETYPED}[what]))


def test_tokens_do_not_see_comments(planted):
    gates.same_tokens(planted("probe.h", "/* descriptor flag: run(), not start() */", "/* another word */"))


@kept  # numbers have no type of their own: layout and tokens see those
@pytest.mark.parametrize("what", [w for w in [*MOVED, *RETYPED] if w != "a number changed"])
def test_types_see(planted, what):
    with pytest.raises(Broken, match="abidiff:"):
        gates.same_types(planted(*{**MOVED, **RETYPED}[what]))


@kept
def test_a_minor_may_append_and_only_a_minor(planted):
    with pytest.raises(Broken):
        gates.same_types(planted("plugin.h", *APPENDED))
    with pytest.raises(Broken):
        gates.same_tokens(planted("plugin.h", *APPENDED))
    with pytest.raises(Broken):
        gates.layout(planted("plugin.h", *APPENDED))
    risen = planted("plugin.h", *APPENDED, *RISEN)
    gates.same_tokens(risen)
    gates.same_types(risen)
    gates.layout(risen)
    for what in ("a function moved", "a field inserted", "a frozen struct grown"):  # whatever the number is
        with pytest.raises(Broken):
            gates.layout(planted(*MOVED[what], *RISEN))


@pytest.mark.parametrize("language", LANGUAGES)
def test_old_plugins_run_on_todays_core(language):
    gates.old_plugin_on_todays_core(SONDE, language)


@pytest.mark.parametrize("what", ["a function moved", "a number changed", "a table reordered"])
def test_a_core_that_means_something_else_is_noticed(planted, what):
    # As if the core had changed: the two sides were compiled with different headers.
    with pytest.raises(Broken):
        gates.old_plugin_on_todays_core(SONDE, "c", planted(*MOVED[what]))


@kept
@pytest.mark.parametrize("name", gates.NAMES)
def test_kept_binaries_run_on_todays_core(name):
    gates.kept_binary_on_todays_core(SONDE, name)
    gates.one_symbol(gates.BINARIES / f"{name}.so")


@kept
def test_a_kept_binary_that_does_not_run_is_noticed(planted, tmp_path):
    with pytest.raises(Broken, match="there is no"):
        gates.kept_binary_on_todays_core(SONDE, "fixture-c", tmp_path)
    shutil.copy(gates.BINARIES / "fixture-c.so", tmp_path)
    with open(tmp_path / "fixture-c.so", "r+b") as file:
        file.truncate(8192)
    with pytest.raises(Broken, match="plugin-missing"):
        gates.kept_binary_on_todays_core(SONDE, "fixture-c", tmp_path)
    gates.build_fixture(planted(*MOVED["a function moved"]), "c", tmp_path / "fixture-c.so")
    with pytest.raises(Broken):
        gates.kept_binary_on_todays_core(SONDE, "fixture-c", tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_todays_plugins_run_on_a_host_of_the_frozen_size(language):
    gates.todays_plugin_on_old_host(SONDE, language)


def test_a_call_past_the_end_of_an_old_host_is_noticed(planted, tmp_path):
    include = planted("plugin.h", *APPENDED)
    text = (gates.HERE / "fixture.c").read_text()
    place = '  say(self, " list=%u"'
    assert text.count(place) == 1
    careless, careful = tmp_path / "careless.c", tmp_path / "careful.c"
    careless.write_text(text.replace(place, "  if (h->planted) abort();\n" + place))
    careful.write_text(text.replace(place, "  if (SONDE_HAS(h, planted)) abort();\n" + place))
    with pytest.raises(Broken, match="SIGSEGV|SIGBUS"):
        gates.todays_plugin_on_old_host(SONDE, "c", include, careless)
    gates.todays_plugin_on_old_host(SONDE, "c", include, careful)


@pytest.mark.parametrize("plugin, stage, output", [
    ("tcp-banner", "{use: tcp-banner, options: {ports: %d}}", "json"),
    ("rdns", "{use: rdns, deadline: 300ms, options: {servers: ['127.0.0.1:%d'], tries: 1, timeout: 100ms}}", "json"),
    ("icmp", "{use: icmp, optional: true, options: {timeout: 50ms}}", "json"),
    ("json", "{use: tcp-banner, options: {ports: %d}}", "json"),
    ("csv", "{use: tcp-banner, options: {ports: %d}}", "csv"),
])
def test_shipped_plugins_run_on_a_host_of_the_frozen_size(tmp_path, plugin, stage, output):
    with gates.Echo() as port:
        stage = stage % port if "%d" in stage else stage
        (tmp_path / "lan.sonde.yaml").write_text(f"version: 1\ntargets: ['127.0.0.1']\nstages: [{stage}]\n"
                                                 f"outputs: [{{use: {output}, options: {{hosts: all}}}}]\n")
        (tmp_path / "front").mkdir()
        shutil.move(gates.build_front(tmp_path), tmp_path / "front" / f"{plugin}.so")
        environment = {"PATH": "/usr/bin:/bin", "SONDE_BEHIND": str(PLUGINS / f"{plugin}.so")}
        said = gates.must(SONDE, "describe", plugin, "--plugin-path", "front", cwd=tmp_path, env=environment)
        assert f"{tmp_path}/front/{plugin}.so" in said, "it is the front that is used"
        gates.must(SONDE, "run", "lan.sonde.yaml", "--quiet", "--plugin-path", "front", "--output", "out", cwd=tmp_path,
                   env=environment)
        assert "127.0.0.1" in (tmp_path / "out" / f"inventory.{output}").read_text()


def test_one_symbol(tmp_path):
    gates.one_symbol(*PLUGINS.glob("*.so"))
    (tmp_path / "two.c").write_text("const void *sonde_plugin_v0(unsigned i) { return 0; }\nint second(void) { return 1; }\n")
    gates.must(gates.CC, "-shared", "-fPIC", "-w", "-o", tmp_path / "two.so", tmp_path / "two.c")
    with pytest.raises(Broken, match="second"):
        gates.one_symbol(tmp_path / "two.so")
    # The same by the script that looks at all that is shipped.
    script = gates.HERE.parent / "check_libraries.sh"
    shutil.copytree(PLUGINS, tmp_path / "plugins")
    gates.must("sh", script, gates.TODAY, tmp_path / "plugins")
    shutil.copy(tmp_path / "two.so", tmp_path / "plugins")
    code, out = gates.call("sh", script, gates.TODAY, tmp_path / "plugins")
    assert code == 1 and "two.so exports: " in out and "second" in out
