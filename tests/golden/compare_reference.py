#!/usr/bin/python3
"""Compares what a program prints with the text between two markers of a document; UPDATE_GOLDEN=1 writes it there.

usage: compare_reference.py DOCUMENT PROGRAM [ARGUMENT...]
"""
import difflib
import os
import subprocess
import sys

BEGIN = "<!-- reference: generated from the schemas, do not edit -->\n"
END = "<!-- end of reference -->\n"


def main() -> int:
    document, command = sys.argv[1], sys.argv[2:]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
    with open(document, encoding="utf-8") as file:
        text = file.read()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        print(f"{document} has not both of the lines\n{BEGIN}{END}", file=sys.stderr)
        return 1
    wanted = f"{before}{BEGIN}\n{printed}\n{END}{after}"
    if wanted == text:
        return 0
    if os.environ.get("UPDATE_GOLDEN") == "1":
        with open(document, "w", encoding="utf-8") as file:
            file.write(wanted)
        return 0
    sys.stdout.writelines(difflib.unified_diff(text.splitlines(True), wanted.splitlines(True), document, "generated"))
    print("the document differs from the schemas; UPDATE_GOLDEN=1 rewrites it", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
