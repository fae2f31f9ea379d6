#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs that look green and are not: under --strict none of them exits with 0.

usage: test_strict.py CHAOS
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

CHAOS = os.path.abspath(sys.argv.pop(1))


def process(path, arguments="", **more):
    return {"type": "process", "path": path, "arguments": arguments, **more}


def probe(provider, tolerance, name="p"):
    return {"type": "probe", "name": name, "tolerance": tolerance, "provider": provider}


def hypothesis(*probes):
    return {"steady-state-hypothesis": {"title": "h", "probes": list(probes)}}


def action(path, **more):
    return {"type": "action", "name": path, "provider": process(path), **more}


CALM = hypothesis(probe(process("true"), 0))
JSONPATH = {"type": "jsonpath", "path": "$.a", "target": "stdout", "expect": [1]}
MISSING = {"type": "action", "name": "x", "provider": process("no-such-program")}
SCENARIOS = {  # name: (experiment, options, code)
    "everything worked": ({**CALM, "method": [action("true")], "rollbacks": [action("true")]}, [], 0),
    "the baseline was not met": ({**hypothesis(probe(process("false"), 0)), "method": []}, [], 11),
    "the system deviated": ({**hypothesis(probe(process("test", "! -e gone"), 0)),
                             "method": [{"type": "action", "name": "t",
                                         "provider": process("touch", "gone")}]}, [], 10),
    "an action failed": ({**CALM, "method": [
        {"type": "action", "name": "a", "provider": process("sleep", "9", timeout=0.1)}]}, [], 12),
    "a rollback failed": ({**CALM, "method": [], "rollbacks": [
        {"type": "action", "name": "r", "provider": process("sleep", "9", timeout=0.1)}]}, [], 13),
    "an inverse failed": ({**CALM, "method": [action("true", rollback={
        "provider": process("sleep", "9", timeout=0.1)})]}, [], 13),
    "rollbacks were not played": ({**CALM, "method": [], "rollbacks": [action("true")]},
                                  ["--rollback-strategy", "never"], 13),
    "a background activity raised": ({**CALM, "method": [{**MISSING, "background": True}]},
                                     ["--no-validation"], 12),
    "a tolerance cannot be evaluated": (
        {**hypothesis(probe(process("true"), {"type": "regex", "pattern": "x"})), "method": []},
        ["--no-validation"], 18),
    "the output is no JSON": ({**hypothesis(probe(process("echo", "text"), JSONPATH)),
                               "method": []}, [], 11),
    "a probe timed out": ({**hypothesis(probe(process("sleep", "9", timeout=0.1), 0)),
                           "method": []}, [], 18),
    "the hypothesis is empty": ({"method": [action("true")]}, [], 19),
    "it was a dry run": ({**CALM, "method": [action("true")]}, ["--dry", "actions"], 19),
    "nothing was checked after the method": ({**CALM, "method": [action("true")]},
                                             ["--hypothesis-strategy", "before-method-only"], 19),
    "a bound of a tolerance has another type": (
        {**hypothesis(probe(process("true"), {"type": "range", "range": [1, "x"],
                                              "target": "status"})), "method": []},
        ["--no-validation"], 11),
    "the experiment is not valid": ({"method": [{"type": "action"}]}, [], 17),
}


class Strict(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="strict-")
        self.addCleanup(folder.cleanup)
        self.place = Path(folder.name)
        self.env = {**os.environ, "HOME": str(self.place), "XDG_STATE_HOME": str(self.place / "s")}

    def run_chaos(self, experiment, *options):
        whole = {"title": "t", "description": "d", **experiment}
        (self.place / "e.json").write_text(json.dumps(whole))
        return subprocess.run([CHAOS, "--no-log-file", "run", *options, "e.json"], cwd=self.place,
                              env=self.env, capture_output=True, text=True, timeout=60, check=False)

    def test_each_way_to_fall_short_has_its_code(self):
        for name, (experiment, options, code) in SCENARIOS.items():
            with self.subTest(name):
                (self.place / "gone").unlink(missing_ok=True)
                done = self.run_chaos(experiment, "--strict", *options)
                self.assertEqual(done.returncode, code, done.stderr)

    def test_a_note_names_the_code_that_strict_would_have_given(self):
        for name, (experiment, options, code) in SCENARIOS.items():
            with self.subTest(name):
                (self.place / "gone").unlink(missing_ok=True)
                done = self.run_chaos(experiment, *options)
                if done.returncode == 0 and code:
                    self.assertRegex(done.stderr, rf"note: .*--strict would make it {code} \(")
                if code == 0:
                    self.assertNotIn("note:", done.stderr)

    def test_the_runtime_block_asks_for_it_too(self):
        experiment = {"method": [], "runtime": {"strict": True}}
        self.assertEqual(self.run_chaos(experiment).returncode, 19)

    def test_the_settings_ask_for_it_unless_the_experiment_says_otherwise(self):
        (self.place / ".chaostoolkit").mkdir()
        (self.place / ".chaostoolkit/settings.yaml").write_text("runtime:\n  strict: true\n")
        self.assertEqual(self.run_chaos({"method": []}).returncode, 19)
        self.assertEqual(self.run_chaos({"method": [], "runtime": {"strict": False}}).returncode, 0)

    def test_the_report_for_programs_tells_it(self):
        for name, (experiment, options, code) in SCENARIOS.items():
            with self.subTest(name):
                (self.place / "gone").unlink(missing_ok=True)
                done = self.run_chaos(experiment, "--strict", "--output", "agent", *options)
                report = json.loads(done.stdout)
                self.assertEqual((report["strict"]["code"], report["exit_code"]), (code, code))
                plain = self.run_chaos(experiment, "--output", "agent", *options)
                self.assertNotIn("strict", json.loads(plain.stdout))

    def test_nine_of_ten_samples_unmet_are_no_pass(self):
        sample = 'n=$(cat n); echo $((n + 1)) > n; test $((n % 10)) = 0'
        (self.place / "n").write_text("0")
        state = hypothesis(probe(process("sh", ["-c", sample]), 0))
        method = [{**action("true"), "pauses": {"after": 0.5}}]
        done = self.run_chaos({**state, "method": method}, "--strict", "--hypothesis-strategy",
                              "during-method-only", "--hypothesis-frequency", "0.01")
        self.assertEqual(done.returncode, 14, done.stderr)
        during = json.loads((self.place / "journal.json").read_text())["steady_states"]["during"]
        self.assertGreater(len(during), 1)

    def test_a_sigterm_that_an_activity_swallows_interrupts_all_the_same(self):
        (self.place / "deaf.py").write_text(
            "import pathlib, time\n"
            "def deaf():\n"
            "    pathlib.Path('begun').touch()\n"
            "    try:\n"
            "        time.sleep(60)\n"
            "    except BaseException:\n"
            "        return 'fine'\n")
        self.env |= {"PYTHONPATH": str(self.place), "CHAOS_PYTHON": sys.executable}
        (self.place / "e.json").write_text(json.dumps({"title": "t", "description": "d", **CALM, "method": [
            {"type": "action", "name": "deaf", "provider": {
                "type": "python", "module": "deaf", "func": "deaf"}}]}))
        with subprocess.Popen([CHAOS, "--no-log-file", "run", "--strict", "e.json"], cwd=self.place,
                              env=self.env, stderr=subprocess.DEVNULL) as run:
            deadline = time.monotonic() + 20
            while not (self.place / "begun").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(timeout=20), 15)

    def test_a_deviation_during_the_method_alone_has_its_code(self):
        flaky = hypothesis(probe(process("test", "! -e gone"), 0))
        method = [{"type": "action", "name": name, "provider": process(path, "gone"),
                   "pauses": {"after": 0.3}} for name, path in (("on", "touch"), ("off", "rm"))]
        done = self.run_chaos({**flaky, "method": method}, "--strict", "--hypothesis-strategy",
                              "continuously", "--hypothesis-frequency", "0.02")
        self.assertEqual(done.returncode, 14, done.stderr)

    def test_an_interrupted_run_has_its_code(self):
        (self.place / "e.json").write_text(json.dumps({
            "title": "t", "description": "d", "method": [
                {"type": "action", "name": "a", "provider": process("touch", "begun"),
                 "pauses": {"after": 60}}]}))
        with subprocess.Popen([CHAOS, "--no-log-file", "run", "--strict", "e.json"], cwd=self.place,
                              env=self.env, stderr=subprocess.DEVNULL) as run:
            deadline = time.monotonic() + 20
            while not (self.place / "begun").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            run.send_signal(signal.SIGTERM)
            self.assertEqual(run.wait(timeout=20), 15)


if __name__ == "__main__":
    unittest.main()
