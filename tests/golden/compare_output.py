#!/usr/bin/python3
"""Compares what a program prints with a file; UPDATE_GOLDEN=1 writes the file.

usage: compare_output.py FILE PROGRAM [ARGUMENT...]
"""
import difflib
import os
import pathlib
import subprocess
import sys


def main() -> int:
    file, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
    printed = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
    if os.environ.get("UPDATE_GOLDEN") == "1":
        file.write_text(printed, encoding="utf-8")
        return 0
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if text == printed:
        return 0
    sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), printed.splitlines(True), str(file), "printed"))
    print("the file differs; UPDATE_GOLDEN=1 rewrites it", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
