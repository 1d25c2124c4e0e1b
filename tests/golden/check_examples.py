#!/usr/bin/python3
"""Holds every pipeline that people are shown to what the command and the editors' schema accept.

usage: check_examples.py SONDE TREE

The shipped pipelines, the plugins' samples, and each whole pipeline in a ```yaml block of the documentation must
pass `sonde validate` and the schema that `sonde schema pipeline` prints, and each other one must be YAML; files of golden cases with mistakes that a
schema can see must be refused by it.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import jsonschema
import yaml

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NO_COLOR": "1"}
REPORT = ("<nmaprun scanner='nmap'><host><status state='up' reason='echo-reply'/>"
          "<address addr='192.168.1.1' addrtype='ipv4'/></host></nmaprun>")
WRONG = ("five-mistakes/lan", "shape/lan", "shape/no-version", "options/lan")


def examples(tree: pathlib.Path) -> dict[str, str]:
    found = {}
    for pattern in ("pipelines/*.sonde.yaml", "plugins/*/sample.sonde.yaml"):
        for path in sorted(tree.glob(pattern)):
            found[str(path.relative_to(tree))] = path.read_text(encoding="utf-8")
    for path in [tree / "README.md", *sorted(tree.glob("docs/*.md")), *sorted(tree.glob("plugins/*/README.md"))]:
        blocks = re.findall(r"^```yaml\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
        for number, block in enumerate(blocks, 1):
            # Whatever it is of, it is YAML.
            list(yaml.safe_load_all(block))
            # A part of a pipeline shows one thing and is none by itself.
            if re.search(r"^version:", block, re.MULTILINE) and re.search(r"^stages:", block, re.MULTILINE):
                found[f"{path.relative_to(tree)}, block {number}"] = block
    return found


def validate(sonde: str, text: str) -> str:
    """What `sonde validate` has against it; empty when nothing."""
    with tempfile.TemporaryDirectory(prefix="sonde-example-") as folder:
        for name in re.findall(r'"@([\w.-]+)"', text):
            pathlib.Path(folder, name).write_text("192.168.1.1\n", encoding="utf-8")
        for name in set(re.findall(r"[\w-]+\.xml\b", text)):  # a source reads its report to know its targets
            pathlib.Path(folder, name).write_text(REPORT, encoding="utf-8")
        pathlib.Path(folder, "example.sonde.yaml").write_text(text, encoding="utf-8")
        done = subprocess.run([sonde, "validate", "--allow-unset-env", "example.sonde.yaml"], cwd=folder,
                              env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=60, check=False)
    return "" if done.returncode == 0 else done.stdout.decode("utf-8", "backslashreplace")


def main() -> int:
    sonde, tree = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2])
    schema = json.loads(subprocess.run([sonde, "schema", "pipeline"], env=ENVIRONMENT, stdout=subprocess.PIPE,
                                       timeout=60, check=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    editor = jsonschema.Draft7Validator(schema)
    wrong = []
    shown = examples(tree)
    shown["golden case 'valid'"] = (tree / "tests/golden/valid/lan.sonde.yaml").read_text(encoding="utf-8")
    for name, text in shown.items():
        if complaint := validate(sonde, text):
            wrong.append(f"{name}: refused by the command:\n{complaint}")
        for error in editor.iter_errors(yaml.safe_load(text)):
            wrong.append(f"{name}: refused by the schema: {error.json_path}: {error.message}")
    for case in WRONG:
        text = (tree / f"tests/golden/{case}.sonde.yaml").read_text(encoding="utf-8")
        if editor.is_valid(yaml.safe_load(text)):
            wrong.append(f"golden case {case}: accepted by the schema")
    print(f"{len(shown)} examples")
    print("\n".join(wrong))
    return 1 if wrong or len(shown) < 4 else 0


if __name__ == "__main__":
    sys.exit(main())
