# SPDX-License-Identifier: Apache-2.0
"""Tests that compare with what the reference has installed go on in its interpreter."""
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

SKIPPED = 77
ROOT = Path(__file__).resolve().parents[2]


def enter(*modules):
    """Returns where all can be imported (boto3 and moto unless named); else starts the program anew,
    or skips it."""
    modules = modules or ("boto3", "moto")
    if all(importlib.util.find_spec(name) for name in modules):
        return
    found = subprocess.run([ROOT / "script/reference"], text=True, capture_output=True,
                           stdin=subprocess.DEVNULL, check=False)
    if found.returncode or os.environ.get("FRACAS_IN_REFERENCE"):
        print("SKIPPED: no %s to compare with:" % " and ".join(modules), found.stderr.strip())
        sys.exit(SKIPPED)
    os.environ["FRACAS_IN_REFERENCE"] = "1"
    python = found.stdout.strip() + "/bin/python"
    os.execv(python, [python, *sys.argv])
