#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The sweep for the keys of the AWS tests finds a planted one, in every form that it claims to know.

usage: test_sweep.py [unittest arguments]
"""
import base64
import json
import os
import subprocess
import sys
import unittest
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import canary  # noqa: E402

FORMS = {
    "plain": lambda s: s.encode(),
    "url": lambda s: urllib.parse.quote(s, safe="").encode(),
    "json": lambda s: json.dumps({"a": s}).replace("/", "\\/").encode(),
    "hex": lambda s: s.encode().hex().encode(),
    "upper-case hex": lambda s: s.encode().hex().upper().encode(),
    **{f"base64 after {n}": lambda s, n=n: base64.b64encode(b"x" * n + s.encode() + b"yz")
       for n in range(3)},
}


def planted():
    for name in ("SECRET", "TOKEN"):
        for form, write in FORMS.items():
            yield name, form, b"\0before " + write(getattr(canary, name)) + b" after\xff"


class Sweep(unittest.TestCase):
    def test_a_planted_secret_is_found_in_every_form(self):
        for name, form, content in planted():
            with self.subTest(name=name, form=form), self.assertRaisesRegex(AssertionError, "is in"):
                canary.sweep(content)

    def test_a_folder_is_swept_before_it_goes(self):
        for name, form, content in planted():
            with self.subTest(name=name, form=form):
                folder = canary.Folder()
                deep = folder.path / "runs" / "1"
                deep.mkdir(parents=True)
                (deep / "core").write_bytes(content)
                self.assertRaises(AssertionError, folder.cleanup)
                self.assertFalse(folder.path.exists())

    def test_what_a_program_prints_is_swept(self):
        for stream in ("stdout", "stderr"):
            with self.assertRaises(AssertionError):
                canary.run([sys.executable, "-c", f"import os, sys; print(os.environ['K'], file=sys.{stream})"],
                           env={**os.environ, "K": canary.SECRET}, capture_output=True)

    def test_the_access_key_id_may_be_seen_and_inputs_may_hold_keys(self):
        with canary.Folder() as name:
            (Path(name) / "log").write_text(canary.KEY_ID)
        folder = canary.Folder("credentials")
        (folder.path / "credentials").write_text(canary.SECRET)
        folder.cleanup()

    def test_the_outputs_of_meson_s_log_are_swept_and_its_environment_is_not(self):
        with LogFolder({"name": "t", "env": canary.KEYS, "stdout": "fine"}) as clean, \
                LogFolder({"name": "t", "env": {}, "stderr": canary.TOKEN}) as dirty:
            self.assertEqual([self.program("--meson-log", clean.log),
                              self.program("--meson-log", dirty.log)], [0, 1])

    def test_the_program_reads_its_input(self):
        self.assertEqual([self.program("-", given=text) for text in ("fine", canary.SECRET)], [0, 1])

    @staticmethod
    def program(*words, given=""):
        return subprocess.run([sys.executable, ROOT / "tests/support/canary.py", *words], input=given,
                              text=True, capture_output=True, check=False).returncode

    def test_all_three_ways_to_the_environment_have_the_same_keys(self):
        told = subprocess.run(["bash", "-c", ". tests/support/env.sh; env"], cwd=ROOT, text=True,
                              capture_output=True, check=True).stdout.splitlines()
        for name, value in canary.KEYS.items():
            self.assertIn(f"{name}={value}", told)
            self.assertEqual(canary.environment()[name], value)
            self.assertEqual(os.environ.get(name), value)  # meson, or whoever sourced env.sh


class LogFolder(canary.Folder):
    def __init__(self, test):
        super().__init__("testlog.json")
        self.log = self.path / "testlog.json"
        self.log.write_text(json.dumps(test) + "\n")

    def __enter__(self):
        return self


if __name__ == "__main__":
    unittest.main()
