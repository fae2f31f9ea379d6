#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples of the pages are valid: each fenced block of documentation that is marked as an
experiment, an activity or a tolerance passes `chaos validate`.

usage: test_docs_examples.py [CHAOS]
"""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(json|yaml) (experiment|activity|tolerance)\n(.*?)^```$", re.M | re.S)


def wrap(kind, value):
    """An experiment around a part of one."""
    experiment = {"title": "an example", "description": "of a page", "method": []}
    if kind == "activity" and "tolerance" not in value:
        experiment["method"] = [value]
        return experiment
    if kind == "tolerance":
        provider = {"type": "process", "path": "true"}
        value = {"type": "probe", "name": "p", "tolerance": value, "provider": provider}
    experiment["steady-state-hypothesis"] = {"title": "h", "probes": [value]}
    return experiment


def validate(chaos, folder, language, kind, text):
    path = Path(folder, "example." + language)
    path.write_text(text if kind == "experiment" else json.dumps(wrap(kind, json.loads(text))))
    return subprocess.run([chaos, "--no-log-file", "validate", str(path)], capture_output=True,
                          text=True, timeout=60)


def main():
    chaos = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/chaos")
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    count = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for page in pages:
            text = page.read_text()
            for block in BLOCK.finditer(text):
                line = text.count("\n", 0, block.start()) + 1
                done = validate(chaos, folder, *block.groups())
                count += 1
                if done.returncode != 0:
                    failed += 1
                    print(f"{page.relative_to(ROOT)}, line {line}: {done.stderr.strip()}")
    print(f"{count} examples, {failed} not valid")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
