#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""chaos recover: what it plays, what it refuses, and what it says.

usage: test_recover.py CHAOS
"""
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

CHAOS = os.path.abspath(sys.argv.pop(1))


def action(name, place):
    undo = place / f"undo-{name}"
    undo.write_text(f"#!/bin/sh\nrm -f {place}/world/{name}\necho {name} $1 >> {place}/undone\n")
    undo.chmod(0o755)
    return {"type": "action", "name": name,
            "provider": {"type": "process", "path": "touch", "arguments": f"{place}/world/{name}"},
            "rollback": {"provider": {"type": "process", "path": str(undo)}}}


def heed_signals():
    """Those who started the tests may ignore some, as nohup does."""
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


class Recover(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="recover-")
        self.addCleanup(folder.cleanup)
        self.place = Path(folder.name)
        (self.place / "world").mkdir()
        self.env = {**os.environ, "HOME": str(self.place), "XDG_STATE_HOME": str(self.place / "state")}

    def write(self, **more):
        experiment = {"title": "t", "description": "d", "method": [
            action("a", self.place), action("b", self.place),
            # an action: what it starts is killed by a recovery
            {"type": "action", "name": "wait", "provider": {"type": "process", "path": "sleep",
                                                            "arguments": "60"}}], **more}
        (self.place / "experiment.json").write_text(json.dumps(experiment))

    def chaos(self, *words, **more):
        return subprocess.run([CHAOS, "--no-log-file", *words], cwd=self.place, env=self.env,
                              capture_output=True, text=True, timeout=60, check=False, **more)

    def start(self, *words):
        """A run that waits in its method; its guardian, and the folder of its log."""
        run = subprocess.Popen([CHAOS, "--no-log-file", "run", *words, "experiment.json"],
                               cwd=self.place, env=self.env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               preexec_fn=heed_signals)
        self.addCleanup(run.wait)
        self.addCleanup(run.terminate)  # graceful: nothing may outlive the test
        self.until(lambda: '"wait"' in self.log_text() and "method-started" in self.log_text()
                   and self.log_text().count("activity-completed") == 2
                   and self.log_text().count("activity-started") == 3)
        guardian = next(int(pid) for pid in
                        Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
                        if Path(f"/proc/{pid}/comm").read_text().startswith("chaos-guard"))
        return run, guardian, next((self.place / "state/chaos/runs").iterdir())

    def killed(self, *words):
        """A run whose guardian died with it: the folder of its log."""
        self.write()
        run, guardian, folder = self.start(*words)
        os.kill(guardian, signal.SIGKILL)
        run.kill()
        run.wait()
        return folder

    def log_text(self):
        return "".join(path.read_text(errors="replace")
                       for path in self.place.glob("state/chaos/runs/*/events.ndjson"))

    def until(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it did not happen")
            time.sleep(0.01)

    def marks(self):
        return sorted(path.name for path in (self.place / "world").iterdir())

    def undone(self):
        path = self.place / "undone"
        return path.read_text().split() if path.exists() else []

    def journal(self):
        return json.loads((self.place / "journal.json").read_text())

    def test_the_guardian_puts_the_world_back_when_the_run_is_killed(self):
        self.write()
        run, _, folder = self.start()
        run.kill()
        self.until(lambda: "log-closed" in self.log_text())
        self.assertEqual(self.undone(), ["b", "a"])
        self.assertEqual(self.journal()["status"], "interrupted")
        self.assertEqual(self.journal()["interruption"]["name"], "SIGKILL")
        self.assertTrue((folder / "journal.json").exists())

    def test_the_guardian_reports_on_the_terminal_of_the_run(self):
        self.write()
        master, slave = os.openpty()
        self.addCleanup(os.close, master)
        run = subprocess.Popen([CHAOS, "--no-log-file", "run", "experiment.json"], cwd=self.place,
                               env=self.env, stdin=slave, stdout=slave, stderr=slave)
        self.addCleanup(run.wait)
        self.addCleanup(run.kill)
        shown = b""

        def read_on():
            nonlocal shown
            if select.select([master], [], [], 0)[0]:
                shown += os.read(master, 65536)
        self.until(lambda: read_on() or self.log_text().count("activity-started") == 3)
        run.kill()
        run.wait()
        self.until(lambda: read_on() or b"is recovered" in shown)
        os.close(slave)
        self.assertRegex(shown.decode(), r"The process of run \S+ died: its guardian takes over")
        self.assertRegex(shown.decode(), r"is recovered: 2 steps played, 0 of them failed")
        self.assertEqual(self.undone(), ["b", "a"])

    def test_recover_does_it_when_the_guardian_was_killed_too(self):
        self.killed()
        self.assertEqual(self.marks(), ["a", "b"])
        shown = self.chaos("recover", "--list").stdout
        self.assertRegex(shown, r"not closed: t\n    due: undo b\n    due: undo a\n")
        self.assertEqual(self.chaos("recover", "--all", "--dry").stdout, shown)
        self.assertEqual(self.marks(), ["a", "b"])
        self.assertEqual(self.chaos("recover", "--all").returncode, 0)
        self.assertEqual(self.undone(), ["b", "a"])
        self.assertEqual(self.journal()["status"], "interrupted")
        self.assertEqual(self.chaos("recover", "--list").stdout, "")
        self.assertEqual(self.chaos("recover", "--all").returncode, 0)
        self.assertEqual(self.undone(), ["b", "a"])

    def test_a_guardian_that_is_killed_is_replaced(self):
        self.write()
        experiment = json.loads((self.place / "experiment.json").read_text())
        experiment["method"][2]["provider"]["arguments"] = "0.3"
        experiment["method"].append({"type": "probe", "name": "later", "provider": {
            "type": "process", "path": "sleep", "arguments": "60"}})
        (self.place / "experiment.json").write_text(json.dumps(experiment))
        run, guardian, _ = self.start()
        os.kill(guardian, signal.SIGKILL)
        self.until(lambda: '"later"' in self.log_text().split("method-started")[1])
        run.kill()
        self.until(lambda: "log-closed" in self.log_text())
        self.assertEqual(self.undone(), ["b", "a"])

    def test_a_run_that_is_alive_is_left_alone(self):
        self.write()
        _, _, folder = self.start()
        self.assertIn("running", self.chaos("recover", "--list").stdout)
        self.assertEqual(self.chaos("recover", "--all").returncode, 0)
        asked = self.chaos("recover", folder.name)
        self.assertEqual(asked.returncode, 1)
        self.assertIn("somebody else has it in hand", asked.stderr)
        self.assertEqual(self.undone(), [])

    def test_two_recoveries_at_once_play_each_step_once(self):
        folder = self.killed()
        both = [subprocess.Popen([CHAOS, "--no-log-file", "recover", folder.name], cwd=self.place,
                                 env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for _ in range(4)]
        codes = [one.wait() for one in both]
        self.assertIn(0, codes)
        self.assertEqual(self.undone(), ["b", "a"])

    def test_a_pid_that_lives_again_is_not_the_run(self):
        folder = self.killed()
        lock = json.loads((folder / "lock").read_text())
        lock["pid"] = os.getpid()
        for key, value in (("start-time", "1"), ("boot-id", "another boot")):
            (folder / "lock").write_text(json.dumps({**lock, key: value}))
            self.assertIn("not closed", self.chaos("recover", "--list").stdout)
        self.assertEqual(self.chaos("recover", "--all").returncode, 0)
        self.assertEqual(self.marks(), [])

    def test_nothing_is_played_where_the_strategy_is_never(self):
        self.killed("--rollback-strategy", "never")
        self.assertEqual(self.chaos("recover", "--all").returncode, 0)
        self.assertEqual(self.marks(), ["a", "b"])
        self.assertEqual(self.journal()["rollbacks"], [])

    def test_a_journal_of_a_later_run_is_not_overwritten(self):
        self.killed()
        time.sleep(0.02)
        (self.place / "journal.json").write_text("later")
        self.assertEqual(self.chaos("recover", "--all").returncode, 0)
        self.assertEqual((self.place / "journal.json").read_text(), "later")

    def test_a_run_that_cannot_log_does_not_start_unless_told_so(self):
        self.write(method=[action("a", self.place)])
        self.env["XDG_STATE_HOME"] = "/proc/nowhere"
        refused = self.chaos("run", "experiment.json")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("--no-state", refused.stderr)
        self.assertEqual(self.marks(), [])
        self.assertFalse((self.place / "journal.json").exists())
        self.assertEqual(self.chaos("run", "--no-state", "experiment.json").returncode, 0)
        self.assertEqual(self.undone(), ["a"])

    def test_a_run_that_changes_nothing_keeps_no_log(self):
        self.write(method=[{"type": "probe", "name": "p",
                            "provider": {"type": "process", "path": "true"}}])
        self.assertEqual(self.chaos("run", "experiment.json").returncode, 0)
        self.assertFalse((self.place / "state").exists())

    def test_old_runs_are_forgotten_unless_something_is_due(self):
        due = self.killed()
        for number in range(210):
            folder = due.parent / f"20200101T000000.{number:03d}Z-00000000"
            folder.mkdir()
        self.write(method=[action("c", self.place)])
        self.assertEqual(self.chaos("run", "experiment.json").returncode, 0)
        kept = sorted(path.name for path in due.parent.iterdir())
        self.assertEqual(len(kept), 200)
        self.assertIn(due.name, kept)
        self.assertEqual(self.undone(), ["c"])

    def test_secrets_are_not_in_the_log_and_are_resolved_again(self):
        source = {"token": {"type": "env", "key": "CANARY"}}
        self.write(secrets={"s": source}, configuration=source)
        experiment = json.loads((self.place / "experiment.json").read_text())
        experiment["method"][0]["rollback"]["provider"] |= {"secrets": ["s"], "arguments": "${token}"}
        experiment["method"][1]["provider"] = {"type": "process", "path": "env"}  # prints it
        (self.place / "experiment.json").write_text(json.dumps(experiment))
        self.env["CANARY"] = "k3yk3yk3y"
        run, guardian, _ = self.start()
        os.kill(guardian, signal.SIGKILL)
        run.kill()
        run.wait()
        self.assertNotIn("k3yk3yk3y", self.log_text())
        self.env["CANARY"] = "n3wn3wn3w"
        self.assertEqual(self.chaos("recover", "--all").returncode, 0)
        self.assertIn("n3wn3wn3w", self.undone())

    def test_a_secret_that_is_gone_is_named(self):
        self.write(secrets={"s": {"token": {"type": "env", "key": "CANARY"}}})
        self.env["CANARY"] = "k3yk3yk3y"
        run, guardian, _ = self.start()
        os.kill(guardian, signal.SIGKILL)
        run.kill()
        run.wait()
        del self.env["CANARY"]
        recovered = self.chaos("recover", "--all")
        self.assertRegex(recovered.stderr, "'s'.*'CANARY', which is not set")
        self.assertEqual(self.marks(), [])

    def test_sighup_and_sigquit_interrupt_and_undo(self):
        for number in (signal.SIGHUP, signal.SIGQUIT):
            with self.subTest(number.name):
                self.setUp()
                self.write()
                run, _, _ = self.start()
                run.send_signal(number)
                self.assertEqual(run.wait(timeout=20), 1)
                self.assertEqual(self.undone(), ["b", "a"])
                self.assertEqual(self.journal()["status"], "interrupted")

    def test_damaged_logs_never_crash_a_recovery_and_play_nothing_that_was_not_due(self):
        folder = self.killed()
        log = folder / "events.ndjson"
        whole = log.read_bytes()
        allowed = ([], ["a"], ["b"], ["b", "a"])
        chance = random.Random(5)
        cuts = [whole[:chance.randrange(len(whole))] for _ in range(25)]
        for _ in range(25):
            flipped = bytearray(whole)
            flipped[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
            cuts.append(bytes(flipped))
        for text in cuts:
            log.write_bytes(text)
            (self.place / "undone").unlink(missing_ok=True)
            recovered = self.chaos("recover", folder.name)
            self.assertIn(recovered.returncode, (0, 1), recovered.stderr)
            self.assertIn(self.undone(), allowed)
            decided = text.count(b'"event":"activity-started"')
            self.assertLessEqual(len(self.undone()), decided)


if __name__ == "__main__":
    unittest.main()
