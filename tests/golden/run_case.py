#!/usr/bin/python3
"""Runs one golden case: a folder of input files with `cmd`, `expected.out` and `expected.code`.

usage: run_case.py SONDE CASE_FOLDER

`cmd` holds one command line per line, without the word sonde; lines that begin with # are comments, NAME=value words in
front of a command are its environment. The commands run in a copy of the folder, with an environment that has nothing
but what is needed. expected.out is what they print on both streams, each command behind a line "$ sonde ...";
expected.code is their exit codes, one a line. UPDATE_GOLDEN=1 writes both.
"""
import difflib
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile


def run_line(sonde: str, line: str, folder: str) -> tuple[str, int]:
    words = shlex.split(line)
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1"}
    while words and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*=.*", words[0], re.DOTALL):
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    # Sanitizers are told about through the environment, and nothing else of it may decide a result.
    environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    done = subprocess.run([sonde, *words], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
    text = done.stdout.decode("utf-8", "backslashreplace")
    # What depends on this machine gets a name instead.
    text = text.replace(folder, "FOLDER").replace(os.path.dirname(os.path.dirname(sonde)), "PREFIX")
    return f"$ sonde {line}\n{text}", done.returncode


def differences(expected: pathlib.Path, found: str) -> list[str]:
    before = expected.read_text(encoding="utf-8") if expected.exists() else ""
    return list(difflib.unified_diff(before.splitlines(True), found.splitlines(True), str(expected), "found"))


def main() -> int:
    sonde, case = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    lines = [line.strip() for line in (case / "cmd").read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        print(f"{case}/cmd names no command", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="sonde-golden-") as base:
        folder = os.path.join(os.path.realpath(base), "case")
        shutil.copytree(case, folder, ignore=shutil.ignore_patterns("cmd", "expected.*"))
        results = [run_line(sonde, line, folder) for line in lines]
        leftovers = sorted(set(os.listdir(folder)) - set(os.listdir(case)))
    output = "".join(text for text, _ in results)
    codes = "".join(f"{code}\n" for _, code in results)
    if leftovers:
        # What is refused must leave nothing behind; a command that writes belongs into a test of its own.
        print(f"{case.name}: files were made: {', '.join(leftovers)}", file=sys.stderr)
        return 1
    if os.environ.get("UPDATE_GOLDEN") == "1":
        (case / "expected.out").write_text(output, encoding="utf-8")
        (case / "expected.code").write_text(codes, encoding="utf-8")
        return 0
    wrong = differences(case / "expected.out", output) + differences(case / "expected.code", codes)
    sys.stdout.writelines(wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
