#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""chaos history, show and diff, after real runs.

usage: test_history.py CHAOS [unittest arguments]
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


def action(name, word, **more):
    return {"type": "action", "name": name,
            "provider": {"type": "process", "path": "echo", "arguments": [word]}, **more}


class History(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="history-")
        self.addCleanup(folder.cleanup)
        self.place = Path(folder.name)
        self.runs = self.place / "state/chaos/runs"
        self.env = {**os.environ, "HOME": str(self.place), "XDG_STATE_HOME": str(self.place / "state")}

    def chaos(self, *words, code=0):
        done = subprocess.run([CHAOS, "--no-log-file", *words], cwd=self.place, env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout + done.stderr if code else done.stdout

    def write(self, word, **more):
        (self.place / "e.json").write_text(json.dumps({
            "title": f"say {word}", "description": "d", "method": [
                action("greet", word, rollback=action("take it back", "back"))],
            **more}))

    def play(self, word, *words, **more):
        self.write(word, **more)
        self.chaos("run", *words, "e.json")

    def listed(self):
        return json.loads(self.chaos("history", "--json"))

    def test_runs_are_listed_shown_and_compared(self):
        self.assertIn("There are no runs yet", self.chaos("history"))
        self.assertEqual(self.listed(), [])
        self.play("one")
        self.play("two")
        runs = self.listed()
        self.assertEqual([run["title"] for run in runs], ["say one", "say two"])
        self.assertEqual({run["state"] for run in runs}, {"closed"})
        self.assertEqual(runs[0]["outcome"], "inconclusive")
        table = self.chaos("history").splitlines()
        self.assertRegex(table[0], "^RUN +OUTCOME +DURATION +TITLE$")
        self.assertRegex(table[1], rf"^{runs[0]['run']} inconclusive +[\d.]+ s +say one$")
        self.assertEqual(len(self.chaos("history", "--last", "1").splitlines()), 2)
        shown = self.chaos("show", "last-1")
        self.assertRegex(shown, rf"run +{runs[0]['run']}\ntitle +say one\n")
        self.assertRegex(shown, r"Method\n  succeeded +[\d.]+ s  greet\n")
        self.assertRegex(shown, r"Rollbacks\n  succeeded +[\d.]+ s  take it back, the inverse of greet\n")
        self.assertEqual(json.loads(self.chaos("show", "--json", "last")),
                         json.loads((self.place / "journal.json").read_text()))
        found = self.chaos("diff", "last-1", "last", code=1)
        self.assertIn('method > greet > output > stdout\n  - "one\\n"\n  + "two\\n"\n', found)
        self.assertEqual(self.chaos("diff", "last", "journal.json"), "")
        self.assertEqual(json.loads(self.chaos("diff", "--json", "last", "last")), [])

    def test_the_index_may_be_lost(self):
        self.play("one")
        before = self.listed()
        (self.runs / ".index.ndjson").unlink()
        self.assertEqual(self.listed(), before)
        (self.runs / ".index.ndjson").write_bytes(b"\0\xff{\n" * 100)
        self.assertEqual(self.listed(), before)

    def test_a_run_that_was_killed_shows_what_is_due(self):
        self.write("one")
        experiment = json.loads((self.place / "e.json").read_text())
        experiment["method"].append({"type": "action", "name": "wait", "provider": {
            "type": "process", "path": "sh", "arguments": ["-c", "touch begun; sleep 60"]}})
        (self.place / "e.json").write_text(json.dumps(experiment))
        with subprocess.Popen([CHAOS, "--no-log-file", "run", "e.json"], cwd=self.place, env=self.env,
                              stderr=subprocess.DEVNULL) as run:
            deadline = time.monotonic() + 20
            while not (self.place / "begun").exists() and time.monotonic() < deadline:
                time.sleep(0.01)
            self.assertIn(" running ", self.chaos("history"))
            for pid in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split():
                if Path(f"/proc/{pid}/comm").read_text().startswith("chaos-guard"):
                    os.kill(int(pid), signal.SIGKILL)
            run.kill()
        self.assertIn(" not closed ", self.chaos("history"))
        shown = self.chaos("show", "last")
        self.assertRegex(shown, "state +not closed: see 'chaos recover'\n")
        self.assertRegex(shown, "due +take it back\n")
        self.assertRegex(shown, "not ended +- +wait\n")
        self.chaos("recover", "last", code=1)
        self.chaos("recover", "--all")
        self.assertEqual(self.listed()[0]["outcome"], "interrupted")
        self.assertRegex(self.chaos("show", "last"), "because +the process of the run died")

    def test_ids_are_completed(self):
        self.play("one")
        run = self.listed()[0]["run"]
        for words in (["show"], ["diff"], ["diff", "last"], ["recover"]):
            self.assertIn(f"{run}\tsay one\n", self.chaos("complete", *words, run[:4]))
        self.assertNotIn(run, self.chaos("complete", "show", "x"))

    def test_what_cannot_be_had_is_said_in_one_line(self):
        self.play("one")
        self.play("two")
        for words, code, text in (
                (["show", "nothing"], 1, "there is no run 'nothing': 'chaos history' lists"),
                (["show", "20"], 1, "several runs have '20' in their id"),
                (["show", "e.json"], 1, "'e.json' is not the journal of a run"),
                (["diff", "last", "nothing"], 2, "there is no run 'nothing'"),
                (["diff", "last"], 2, "Missing argument"),
                (["history", "--last", "0"], 2, "it must be 1 or more"),
                (["history", "--last", "1.5"], 2, "it must be 1 or more")):
            with self.subTest(words):
                self.assertIn(text, self.chaos(*words, code=code))

    def test_the_settings_say_how_many_are_kept(self):
        (self.place / "s.yaml").write_text("history: {runs: 2}\n")
        self.write("one")
        for _ in range(4):
            self.chaos("--settings", "s.yaml", "run", "e.json")
        self.assertEqual(len(self.listed()), 2)


if __name__ == "__main__":
    unittest.main()
