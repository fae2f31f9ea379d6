#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The keys of every test that speaks AWS (canary.env), and the sweep for them.

The secret and the token may be in nothing that is written: log, journal, write-ahead log, events file,
core, output. A presigned address has the token in it, and is all that may. The access key id is no
secret: the protocol sends it, and a service may repeat it in what it says.

A canary is looked for by its longest run of letters and digits, which URL, JSON and shell leave as it
is; and by that in base64, at any place of a group of three, and in hexadecimal.

usage: canary.py [--meson-log] FILE-OR-FOLDER|-...

Exits with 1 when one is found. With --meson-log the file is meson's testlog.json, of which the outputs
are looked through: the environment is in it too, since meson writes that down itself.
"""
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

KEYS = dict(line.split("=", 1) for line in
            Path(__file__).with_name("canary.env").read_text().splitlines()
            if not line.startswith("#"))
KEY_ID = KEYS["AWS_ACCESS_KEY_ID"]
SECRET = KEYS["AWS_SECRET_ACCESS_KEY"]
TOKEN = KEYS["AWS_SESSION_TOKEN"]
# As secrets of an experiment, and as arguments of boto3.
AS_SECRETS = {name.lower(): value for name, value in KEYS.items()}


def environment(**more):
    """That of env.sh: the caller's but for AWS and chaos, with the canaries, and no way out."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("AWS_", "CHAOS_"))}
    return env | KEYS | {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "no_proxy": "127.0.0.1,localhost"} | more


def core_of(secret):
    return max(re.findall("[A-Za-z0-9]+", secret), key=len)


def needles(core):
    raw = core.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for before in range(3):
        code = base64.b64encode(b"\0" * before + raw)
        yield code[(before * 8 + 5) // 6 + (before > 0):len(code) - 4]


NEEDLES = [(name, needle) for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
           for needle in needles(core_of(KEYS[name]))]


def files_of(path):
    if path.is_file():
        return [path]
    return sorted(p for p in path.rglob("*") if p.is_file() and not p.is_symlink())


def sweep(*what, but=(), presigned=False):
    """Fails when a canary is in one of the files, folders (Path), texts or bytes. `but`: files that
    were given to the program with keys in them. `presigned`: the token may be there."""
    for item in what:
        contents = ([(str(path), path.read_bytes()) for path in files_of(item) if path not in but]
                    if isinstance(item, Path) else
                    [("an output", item.encode() if isinstance(item, str) else item or b"")])
        for where, content in contents:
            for name, needle in NEEDLES:
                at = content.find(needle)
                if at >= 0 and not (presigned and name == "AWS_SESSION_TOKEN"):
                    around = content[max(0, at - 60):at].decode(errors="replace")
                    raise AssertionError(f"{name} is in {where}, after {around!r}")


class Folder(tempfile.TemporaryDirectory):
    """A temporary folder that is swept before it goes, but for the files `inputs` in it, which are
    given to the program with keys in them."""

    def __init__(self, *inputs):
        super().__init__(prefix="fracas-aws-")
        self.path = Path(self.name)
        self.inputs = {self.path / name for name in inputs}

    def __exit__(self, *error):
        self.cleanup()

    def cleanup(self):
        try:
            if self.path.exists():
                sweep(self.path, but=self.inputs)
        finally:
            super().cleanup()


def run(words, presigned=False, **options):
    """subprocess.run(), whose outputs are swept."""
    done = subprocess.run(words, check=options.pop("check", False), **options)
    sweep(done.stdout or "", done.stderr or "", presigned=presigned)
    return done


def outputs_of_meson(path):
    for line in path.read_text().splitlines():
        test = json.loads(line)
        yield test.get("stdout", "")
        yield test.get("stderr", "")


def main(words):
    try:
        if words[0] == "--meson-log":
            sweep(*outputs_of_meson(Path(words[1])))
            return 0
        sweep(*(sys.stdin.buffer.read() if word == "-" else Path(word) for word in words))
    except AssertionError as found:
        print(found)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
