#!/usr/bin/python3
"""Compares what a program prints with the text between two markers of a document; UPDATE_GOLDEN=1 writes it there.

usage: compare_reference.py [--section WORD] DOCUMENT PROGRAM [ARGUMENT...]
WORD begins the line of the first marker; without it the first pair counts that the document has.
"""
import difflib
import os
import subprocess
import sys

MARKERS = (("<!-- reference: generated from the schemas, do not edit -->\n", "<!-- end of reference -->\n"),
           ("<!-- options: generated from the schema, do not edit -->\n", "<!-- end of options -->\n"),
           ("<!-- tests: generated from the table of tests, do not edit -->\n", "<!-- end of tests -->\n"),
           ("<!-- fields: generated from the table of fields, do not edit -->\n", "<!-- end of fields -->\n"))


def main() -> int:
    arguments, section = sys.argv[1:], ""
    if arguments[0] == "--section":
        section, arguments = arguments[1], arguments[2:]
    document, command = arguments[0], arguments[1:]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
    with open(document, encoding="utf-8") as file:
        text = file.read()
    for marker, end_marker in MARKERS:
        if not marker.startswith(f"<!-- {section}"):
            continue
        before, begin, rest = text.partition(marker)
        _, end, after = rest.partition(end_marker)
        if begin and end:
            break
    else:
        print(f"{document} has no such pair of lines: {MARKERS}", file=sys.stderr)
        return 1
    wanted = f"{before}{begin}\n{printed}\n{end}{after}"
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
