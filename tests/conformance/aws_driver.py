# SPDX-License-Identifier: Apache-2.0
"""Drives the aws_driver program, and what the AWS conformance tests share."""
import base64
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77


def shared_folder(name):
    """The folder of published vectors; without it the test skips, loudly."""
    source = os.environ.get("FRACAS_SOURCE_DIR")
    source = Path(source) if source else Path(__file__).resolve().parents[2]
    for place in (source / ".." / "shared", source / ".." / ".." / "shared"):
        if (place / "aws" / name).is_dir():
            return place / "aws" / name
    print(f"SKIPPED: no ../shared/aws/{name} beside the source tree: nothing was tested")
    sys.exit(SKIPPED)


def b64(data):
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


class Driver:
    def __init__(self, program, models):
        self.process = subprocess.Popen([program, models], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def __call__(self, task, **fields):
        self.process.stdin.write(json.dumps({"do": task} | fields).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"the driver died in {task} of {fields}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def compile_services(services, compiler, output):
    """Compile {name: service-2.json as a dict} into a model file."""
    with tempfile.TemporaryDirectory() as folder:
        for name, model in services.items():
            place = Path(folder, name, "2000-01-01")
            place.mkdir(parents=True)
            (place / "service-2.json").write_text(json.dumps(model))
        subprocess.run([sys.executable, compiler, "--data", folder, str(output)], check=True)
