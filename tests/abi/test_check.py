"""`sonde plugin check` passes what keeps to the contract, and finds each way to break it: by the right test, and by no
other. A fixture is a file of tests/abi/broken built with BREAK_NAME."""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

SONDE = os.environ["SONDE"]
BROKEN = pathlib.Path(os.environ["SONDE_BROKEN"])
PLUGINS = pathlib.Path(os.environ["SONDE_PLUGINS"])
FIXTURES = pathlib.Path(os.environ["SONDE_FIXTURES"])
BAD = pathlib.Path(os.environ["SONDE_BAD_FIXTURES"])
SANITIZED = os.environ.get("SONDE_SANITIZE", "") != ""
SOURCES = {"probe": ["library", "life", "tasks", "fields", "network", "threads"], "blocking": ["blocking"],
           "datagram": ["datagram"], "exporter": ["exporter"], "source": ["source"]}
SLOWER = 3 if SANITIZED else 1  # by which the check multiplies its time limits
BAD_STATUS = {"fail", "crash", "timeout", "warn"}


def check(library, *arguments):
    """The exit code and the report."""
    done = subprocess.run([SONDE, "plugin", "check", "--json", str(library), *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    assert done.returncode in (0, 1), done.stderr.decode()
    return done.returncode, json.loads(done.stdout)


def found(report):
    return {r["test"]: r["status"] for r in report["results"] if r["status"] in BAD_STATUS}


# What finds each broken fixture: the tests that must fail, and how. "more" narrows the check where a fixture is slow.
EXPECTED = {
    "probe-constructor-crashes": {"load-now": "crash"},
    "probe-constructor-opens": {"entry-pure": "fail"},
    "probe-endless": {"entry-pure": "fail"},
    "probe-more-symbols": {"one-symbol": "fail"},
    "probe-foreign-symbol": {"own-symbols": "fail"},
    "probe-descriptor": {"descriptor-valid": "fail"},
    "probe-field-name": {"fields-valid": "fail"},
    "probe-well-known-field": {"fields-valid": "fail"},
    "probe-schema": {"schema-valid": "fail"},
    "probe-help": {"schema-help": "warn"},
    "probe-task-time": {"task-time": "warn"},
    "probe-table": {"tables-complete": "fail"},
    "probe-needs": {"answers": "fail"},
    "probe-create": {"create": "fail"},
    "probe-create-crashes": {"create": "crash"},
    "probe-create-exits": {"create": "crash"},
    "probe-create-raw": {"create": "fail"},
    "probe-daemon": {"create": "crash"},
    "probe-leaks-fd": {"create-destroy": "fail"},
    "probe-leaks-memory": {"create-destroy": "fail"},
    "probe-thread-leak": {"create-destroy": "fail", "thread-tags": "fail"},
    "probe-create-leak": {"create-refused": "fail"},
    "probe-create-silent": {"create-refused": "fail"},
    "probe-long-option": {"option-values": "crash"},
    "probe-start-crashes": {"answers": "crash"},
    "probe-start-fails": {"answers": "fail"},
    "probe-writes-anywhere": {"answers": "crash"},
    "probe-closes-others": {"create": "crash"},
    "probe-double-done": {"done-once": "fail"},
    "probe-asked-nothing": {"answers": "fail"},
    "probe-put-nothing": {"answers": "fail"},
    "probe-put-after-done": {"stale-task": "fail"},
    # It also loses the tasks that it was short for.
    "probe-partial": {"partial-start": "fail", "dial-again": "fail"},
    "probe-too-many": {"partial-start": "fail", "dial-again": "fail"},
    "probe-thread-calls": {"thread-tags": "fail"},
    "probe-thread-hidden": {"thread-tags": "fail"},
    "probe-option-late": {"thread-tags": "fail"},
    "probe-wrong-type": {"record-types": "fail"},
    "probe-undeclared-field": {"record-types": "fail"},
    "probe-not-alive": {"record-types": "fail"},
    "probe-never-alive": {"alive": "fail"},
    "probe-refused-not-alive": {"alive": "fail"},
    "probe-always-alive": {"alive": "fail"},
    "probe-required": {"record-types": "fail"},
    "probe-port-zero": {"host-calls": "fail"},
    "probe-own-socket": {"own-sockets": "fail"},
    "probe-blocks": {"no-block": "fail"},
    "probe-prints": {"process-manners": "fail"},
    "probe-locale": {"process-manners": "fail"},
    "probe-signals": {"process-manners": "fail"},
    "probe-directory": {"process-manners": "fail"},
    "probe-unknown-event": {"unknown-future": "fail"},
    # Several instances have smaller batches.
    "probe-batches": {"batch-invariant": "fail", "many-instances": "fail"},
    "probe-batches-mostly": {"batch-invariant": "fail"},
    "probe-static-state": {"many-instances": "fail"},
    "probe-random": {"determinism": "warn"},
    "probe-random-sometimes": {"determinism": "warn"},
    "probe-late-done": {"cancel-anywhere": "fail"},
    "probe-cancel-leak": {"cancel-storm": "fail"},
    "probe-task-leak": {"task-memory": "fail"},
    "probe-again-is-silence": {"dial-again": "fail"},
    "probe-polls-dial": {"dial-again": "fail"},
    "probe-denied-again": {"denied": "fail"},
    "probe-denied-negative": {"denied": "fail"},
    "probe-silence-is-no": {"peer-silent": "fail"},
    "probe-connected-is-yes": {"peer-silent": "fail"},
    "datagram-silence-is-no": {"peer-silent": "fail"},
    "datagram-resend": {"paced": "fail"},
    "datagram-raw-packet": {"paced": "fail"},
    "datagram-future": {"reported-loss": "fail"},
    "datagram-never-arrived": {"reported-loss": "fail"},
    "datagram-silence-unasked": {"reported-loss": "fail"},
    "datagram-doubt-untold": {"reported-loss": "fail"},
    "datagram-asks-for-ever": {"reported-loss": "fail"},
    "datagram-asks-no-more": {"reported-loss": "fail"},
    "probe-refused-is-error": {"peer-refuse": "fail"},
    "probe-reset-is-error": {"peer-reset": "fail"},
    "probe-close-is-error": {"peer-close": "fail"},
    "probe-short-is-error": {"peer-drip": "fail"},
    "probe-flood": {"peer-flood": "fail"},
    "probe-garbage-crashes": {"peer-garbage": "crash"},
    "probe-watch-left": {"exit-clean": "fail"},
    "probe-timer-left": {"exit-clean": "fail"},
    "probe-at-exit": {"exit-clean": "crash"},
    "blocking-no-done": {"done-once": "fail"},
    "blocking-double-done": {"done-once": "fail"},
    "blocking-own-socket": {"own-sockets": "fail"},
    "exporter-no-reason": {"export": "fail"},
    "exporter-long-value": {"export-values": "fail"},
    "exporter-call-marks": {"export-batches": "fail"},
    "exporter-abort": {"export-abort": "fail"},
    "exporter-full": {"export-full": "fail"},
    "exporter-early": {"export-kill": "fail"},
    # No file beside: each of the three ways to end badly shows it.
    "exporter-in-place": {"export-abort": "fail", "export-full": "fail", "export-kill": "fail"},
    "exporter-stale-record": {"stale-task": "fail"},
    "exporter-field-index": {"record-types": "fail"},
    "source-fails": {"pull": "fail"},
    "source-prefix": {"pull": "fail"},
    "source-calls": {"pull-batches": "fail"},
    "source-behind": {"partial-start": "fail"},
}
# These take their time wherever they run: only what finds them is asked.
SLOW = {
    "probe-constructor-hangs": ({"load-now": "timeout"}, ["--time-limit", "2"]),
    "probe-constructor-reckons": ({"load-time": "warn"}, ["--only", "load-time"]),
    "probe-create-hangs": ({"create": "timeout"}, ["--time-limit", "2", "--only", "create$"]),
    "probe-reckons": ({"no-block": "fail"}, ["--only", "no-block", "--time-limit", "60"]),
    "probe-closes-and-hangs": ({"create": "timeout"}, ["--time-limit", "2"]),
    "probe-hangs-in-silence": ({"done-once": "timeout"}, ["--time-limit", "2"]),
    "blocking-deadline": ({"deadline": "timeout"}, ["--time-limit", "4", "--only", "deadline"]),
}
if SANITIZED:  # a sanitizer makes everything slow, so times are not judged
    del SLOW["probe-constructor-reckons"]
    for leak in ("probe-cancel-leak", "probe-task-leak"):  # and LeakSanitizer ends the process with its own exit code
        EXPECTED[leak]["exit-clean"] = "crash"
CASES = [(name, tests, []) for name, tests in EXPECTED.items()]
CASES += [(name, tests, more) for name, (tests, more) in SLOW.items()]


GOOD = [(BROKEN / f"{s}-nothing.so", []) for s in SOURCES] + [(BROKEN / "probe-nothing-to-ask.so", [])]
GOOD += [(PLUGINS / f"{p}.so", []) for p in ("arp-oui", "icmp", "snmp", "tcp-banner", "tcp-syn", "json", "csv")]
GOOD += [(PLUGINS / "rdns.so", ["--set", "servers=127.0.0.1"]), (FIXTURES / "fixture-source.so", []),
         (FIXTURES / "null.so", []), (FIXTURES / "writer.so", []), (PLUGINS / "nmap-xml.so", ["--kind", "probe"])]


@pytest.fixture(scope="session")
def checks():
    """All of them begun, a few at a time: some wait more than they work. By library."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        work = [(BROKEN / f"{name}.so", more) for name, _, more in CASES] + GOOD
        yield {library: pool.submit(check, library, *more) for library, more in work}


@pytest.mark.parametrize("name, tests, more", CASES, ids=[c[0] for c in CASES])
def test_a_broken_plugin_is_found_by_its_test_alone(checks, name, tests, more):
    code, report = checks[BROKEN / f"{name}.so"].result()
    assert found(report) == tests, json.dumps(report, indent=1)
    assert code == (0 if set(tests.values()) == {"warn"} else 1)
    assert report["passed"] == (code == 0)
    for result in report["results"]:
        if result["test"] in tests:
            assert result["why"] and result["remedy"]


def test_every_way_to_break_a_fixture_is_expected_somewhere():
    ways = set()
    for source, files in SOURCES.items():
        for file in files:
            text = (pathlib.Path(__file__).parent / "broken" / f"{file}.c").read_text()
            ways |= {f"{source}-{w.lower().replace('_', '-')}" for w in re.findall(r"BREAK_([A-Z_]+[A-Z])", text)}
    known = {c[0] for c in CASES} | ({"probe-constructor-reckons"} if SANITIZED else set())
    assert ways == known | {"probe-nothing-to-ask"}  # which breaks nothing


def test_every_test_has_a_fixture_that_fails_it():
    listed = subprocess.run([SONDE, "plugin", "check", "--list"], stdout=subprocess.PIPE, check=True, timeout=60)
    tests = set(re.findall(r"^\| `([a-z-]+)`", listed.stdout.decode(), re.M))
    failed = {test for _, expected, _ in CASES for test in expected} | ({"load-time"} if SANITIZED else set())
    assert tests == failed


@pytest.mark.parametrize("library, more", GOOD, ids=[g[0].stem for g in GOOD])
def test_what_keeps_to_the_contract_passes(checks, library, more):
    code, report = checks[library].result()
    assert found(report) == {}, json.dumps(report, indent=1)
    assert code == 0


def test_only_and_the_tests_that_it_needs():
    _, report = check(BROKEN / "probe-nothing.so", "--only", "^peer-(drip|flood)$")
    assert [r["test"] for r in report["results"]] == ["peer-drip", "peer-flood"]


def test_a_refused_plugin_does_not_pass_for_another_kind():
    code, report = check(BROKEN / "probe-descriptor.so", "--kind", "probe")
    assert code == 1 and found(report) == {"descriptor-valid": "fail"}


def test_what_a_test_needed_and_did_not_get_is_told():
    _, report = check(BROKEN / "probe-create.so", "--only", "peer-drip")
    assert [(r["test"], r["status"]) for r in report["results"]] == [("create", "fail"), ("peer-drip", "skip")]


def test_text_has_a_verdict_a_line_and_a_remedy_a_failure():
    done = subprocess.run([SONDE, "plugin", "check", str(BROKEN / "probe-double-done.so"), "--only", "done-once"],
                          stdout=subprocess.PIPE, timeout=60)
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 1
    assert lines[0] == "probe"
    assert re.fullmatch(r"  fail +done-once +done\(\) twice for one task, the second in on_io\(\).*", lines[1])
    assert lines[2].split() == ("remedy: forget a task when you call done(); settle all of them before run() returns; "
                                "in C++: run() returns or co_returns its outcome and never calls task.done() as well").split()
    assert lines[3] == "0 pass, 1 fail (--seed 1)"


def test_no_line_of_the_text_ends_in_blanks():
    done = subprocess.run([SONDE, "plugin", "check", str(BROKEN / "probe-double-done.so"), "--only", "load-now"],
                          stdout=subprocess.PIPE, timeout=60)
    lines = done.stdout.decode().splitlines()
    assert any(line.endswith("load-now") for line in lines) and lines == [line.rstrip() for line in lines]


def test_a_hang_is_told_once_and_costs_one_time_limit():
    begun = time.monotonic()
    code, report = check(BROKEN / "probe-hangs-in-silence.so", "--time-limit", "3")
    assert code == 1 and time.monotonic() - begun < 30 * SLOWER
    told = [r for r in report["results"] if r["status"] == "timeout"]
    assert [r["test"] for r in told] == ["done-once"]
    assert told[0]["why"] == f"it did not come back in cancel() within {3 * SLOWER} s"
    assert "find the loop or the wait" in told[0]["remedy"]
    others = [r for r in report["results"] if r.get("why") == "not judged: it hangs (see done-once)"]
    assert len(others) > 20 and {r["status"] for r in others} == {"skip"}


def test_a_library_that_hangs_while_it_is_loaded_costs_one_time_limit():
    begun = time.monotonic()
    _, report = check(BROKEN / "probe-constructor-hangs.so", "--time-limit", "8")
    assert time.monotonic() - begun < 15.9 * SLOWER, "two time limits"
    assert report["results"][0]["why"] == f"it did not come back in its static constructors within {8 * SLOWER} s"


def test_who_waits_for_a_child_that_has_closed_its_pipe_does_not_spin():
    before = os.times()
    check(BROKEN / "probe-closes-and-hangs.so", "--time-limit", "5", "--only", "create$")
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < (2 if SANITIZED else 0.5), "a spin takes as much of the processor as there is"


def test_no_exit_code_of_a_plugin_is_one_of_the_check():
    _, report = check(BROKEN / "probe-create-exits.so", "--only", "^create$")
    assert report["results"][0]["why"].startswith("it ended the process with exit code 121 in create()")


def test_a_verdict_that_a_plugin_writes_is_none():
    _, report = check(BROKEN / "probe-writes-anywhere.so", "--only", "^answers$")
    assert report["results"][0]["why"].startswith("it ended the process with exit code 0 in start()")


def test_a_plugin_that_closes_what_is_not_its_own_is_told_so():
    _, report = check(BROKEN / "probe-closes-others.so", "--only", "^create$")
    assert "closed a descriptor that is not its own" in report["results"][0]["why"]


def test_no_process_of_a_plugin_outlives_the_check():
    check(BROKEN / "probe-daemon.so", "--only", "^create$")
    alive = [p for p in pathlib.Path("/proc").glob("[0-9]*/cmdline") if b"sleep-of-sonde-check" in read(p)]
    assert alive == []


def read(path):
    try:
        return path.read_bytes()
    except OSError:  # it has ended
        return b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_check_leaves_nothing_behind(tmp_path, number):
    done = subprocess.Popen([SONDE, "plugin", "check", str(BROKEN / "probe-create-hangs.so")], stdout=subprocess.PIPE,
                            env=os.environ | {"TMPDIR": str(tmp_path)})
    until = time.monotonic() + 20
    while not list(tmp_path.glob("sonde-check-*/create-0")) and time.monotonic() < until:
        time.sleep(0.05)
    assert list(tmp_path.glob("sonde-check-*/create-0"))
    done.send_signal(number)
    out, _ = done.communicate(timeout=20)
    assert done.returncode == -number and out == b""
    assert list(tmp_path.iterdir()) == []


def test_nohup_is_kept(tmp_path):
    done = subprocess.Popen(["nohup", SONDE, "plugin", "check", str(BROKEN / "probe-create-hangs.so"), "--time-limit",
                             "3", "--only", "^create$"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=os.environ | {"TMPDIR": str(tmp_path)})
    until = time.monotonic() + 20
    while not list(tmp_path.glob("sonde-check-*")) and time.monotonic() < until:
        time.sleep(0.05)
    done.send_signal(signal.SIGHUP)
    out, _ = done.communicate(timeout=60 * SLOWER)
    assert done.returncode == 1 and b"did not come back in create()" in out


@pytest.mark.skipif(os.geteuid() != 0, reason="only root loses a capability by it")
def test_root_without_net_admin_still_gets_a_loopback():
    done = subprocess.run(["setpriv", "--bounding-set", "-net_admin", "--inh-caps", "-net_admin", SONDE, "plugin", "check",
                           str(BROKEN / "probe-nothing.so"), "--only", "^answers$"], stdout=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, done


def test_a_blocking_probe_is_not_asked_about_start():
    _, report = check(BROKEN / "blocking-nothing.so", "--only", "^(partial-start|answers)$")
    assert [r["test"] for r in report["results"]] == ["answers"]


def test_the_remedy_of_a_well_known_field_is_not_another_name():
    _, report = check(BROKEN / "probe-well-known-field.so", "--only", "^fields-valid$")
    assert "hostname" in report["results"][0]["why"]
    assert "a well-known one has the type and shape of `sonde schema record`" in report["results"][0]["remedy"]


def test_what_the_descriptor_does_not_need_is_named():
    for library, call in (("probe-needs", "dial(), in start()"), ("probe-create-raw", "raw(), in create()")):
        _, report = check(BROKEN / f"{library}.so", "--only", "^(create|answers)$")
        why = next(r["why"] for r in report["results"] if r["status"] == "fail")
        assert why.startswith(call) and "the descriptor's needs lack SONDE_NEED_" in why


def test_of_a_directory_each_library_is_checked(tmp_path):
    for name, source in (("a", FIXTURES / "null.so"), ("b", BROKEN / "probe-never-alive.so")):
        shutil.copy(source, tmp_path / f"{name}.so")
        os.chmod(tmp_path / f"{name}.so", 0o644)
    (tmp_path / "c.so").write_text("this is no library")
    (tmp_path / "readme.txt").write_text("nor is this")
    code, report = check(tmp_path, "--only", "^(load-now|alive)$")
    assert code == 1 and report["directory"] == str(tmp_path) and not report["passed"]
    assert [(pathlib.Path(r["file"]).name, found(r)) for r in report["libraries"]] == [
        ("a.so", {}), ("b.so", {"alive": "fail"}), ("c.so", {"load-now": "fail"})]
    text = subprocess.run([SONDE, "plugin", "check", str(tmp_path), "--only", "^load-now$"], stdout=subprocess.PIPE,
                          timeout=60).stdout.decode()
    assert [line for line in text.splitlines() if line.startswith("== ")] == [f"== {tmp_path}/{n}.so" for n in "abc"]


def test_a_directory_without_libraries_is_a_usage_error(tmp_path):
    done = subprocess.run([SONDE, "plugin", "check", str(tmp_path)], stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 2 and b"no library (*.so) is in" in done.stderr


@pytest.mark.parametrize("arguments", [["no-such.so"], ["X", "--only", "("], ["X", "--only", "no-such-test"],
                                       ["X", "--kind", "exporter"], ["X", "--set", "nonsense"],
                                       ["X", "--set", "no_such_option=1"], []])
def test_usage_errors(arguments):
    arguments = [str(BROKEN / "probe-nothing.so") if a == "X" else a for a in arguments]
    done = subprocess.run([SONDE, "plugin", "check", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)
    assert done.returncode == 2
    assert b"error[" in done.stderr


@pytest.fixture
def mixed(tmp_path):
    """A directory with a good library between a crashing, a hanging and a foreign one."""
    for name, source in (("good", FIXTURES / "null.so"), ("crashes", BROKEN / "probe-constructor-crashes.so"),
                         ("hangs", BROKEN / "probe-constructor-hangs.so"), ("major", BAD / "broken-major.so")):
        shutil.copy(source, tmp_path / f"{name}.so")
        os.chmod(tmp_path / f"{name}.so", 0o644)
    return tmp_path


def test_what_this_machine_cannot_do_is_neither_a_pass_nor_a_fault_of_the_plugin():
    done = subprocess.run(["prlimit", "--nofile=5:5", SONDE, "plugin", "check", str(BROKEN / "probe-nothing.so")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 2 and b"error[resources]" in done.stderr and b"ulimit -n" in done.stderr, done
    assert done.stdout == b""


def only_from(directory):
    env = {k: v for k, v in os.environ.items() if k != "SONDE_PLUGIN_PATH"} | {"SONDE_PLUGIN_PATH": str(directory)}
    # AddressSanitizer would make an exit of a crash.
    return env | {"ASAN_OPTIONS": env.get("ASAN_OPTIONS", "") + ":handle_segv=0"}


def test_list_names_the_good_and_what_is_wrong_with_each_bad_one(mixed):
    done = subprocess.run([SONDE, "list", "--format", "json"], env=only_from(mixed), stdout=subprocess.PIPE,
                          timeout=120)
    listed = json.loads(done.stdout)
    good = {pathlib.Path(p["library"]).name: p["id"] for p in listed["plugins"] if p["library"].startswith(str(mixed))}
    refused = {pathlib.Path(r["file"]).name: r["why"] for r in listed["refused"] if r["file"].startswith(str(mixed))}
    assert good == {"good.so": "null"}
    assert "died of Segmentation fault" in refused.pop("crashes.so")
    assert "did not come back" in refused.pop("hangs.so")
    assert "ABI 9" in refused.pop("major.so")
    assert refused == {}


def test_describe_shows_the_good_and_says_why_not_the_bad(mixed):
    (mixed / "hangs.so").unlink()  # once is enough
    good = subprocess.run([SONDE, "describe", "null"], env=only_from(mixed), stdout=subprocess.PIPE, timeout=120)
    assert good.returncode == 0 and good.stdout.startswith(b"null ")
    bad = subprocess.run([SONDE, "describe", "crashes"], env=only_from(mixed), stderr=subprocess.PIPE, timeout=120)
    assert bad.returncode == 78
    assert b"error[plugin-broken]" in bad.stderr and b"died of Segmentation fault" in bad.stderr
