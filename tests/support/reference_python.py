# SPDX-License-Identifier: Apache-2.0
"""Tests that compare with boto3 and moto go on in the interpreter of the reference, which has them."""
import os
import subprocess
import sys
from pathlib import Path

SKIPPED = 77
ROOT = Path(__file__).resolve().parents[2]


def enter():
    """Returns where both can be imported; else starts the program anew, or skips it."""
    try:
        import boto3  # noqa: F401
        import moto  # noqa: F401
        return
    except ImportError:
        pass
    found = subprocess.run([ROOT / "script/reference"], text=True, capture_output=True,
                           stdin=subprocess.DEVNULL, check=False)
    if found.returncode or os.environ.get("FRACAS_IN_REFERENCE"):
        print("SKIPPED: no boto3 and moto to compare with:", found.stderr.strip())
        sys.exit(SKIPPED)
    os.environ["FRACAS_IN_REFERENCE"] = "1"
    python = found.stdout.strip() + "/bin/python"
    os.execv(python, [python, *sys.argv])
