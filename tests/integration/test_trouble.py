#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs on a machine in trouble: its disk is full, its state directory read-only, its clock jumps.
What comes of it was decided in advance: docs/design/world-put-back.md has the table.

usage: test_trouble.py CHAOS CLOCK_JUMP_LIBRARY [unittest arguments]

Needs a mount namespace of its own, as root or as a user who may have one; exits with 77 without.
"""
import datetime
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

CHAOS, LIBRARY = (os.path.abspath(path) for path in sys.argv[1:3])
del sys.argv[1:3]
DAY_S = 86400


def enter_namespace():
    """Run this test again where it may mount what it likes."""
    if os.environ.get("TROUBLE_INSIDE"):
        return
    for words in (["unshare", "-m", "--propagation", "private"], ["unshare", "-Urm"]):
        try:
            if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
                os.execvpe(words[0], [*words, sys.executable, __file__, CHAOS, LIBRARY, *sys.argv[1:]],
                           {**os.environ, "TROUBLE_INSIDE": "1"})
        except OSError:
            break
    print("SKIPPED LOUDLY: no mount namespace is to be had, so no disk can be filled")
    sys.exit(77)


class Trouble(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="trouble-")
        self.addCleanup(folder.cleanup)
        self.place = Path(folder.name)
        self.disk = self.place / "disk"
        for name in ("world", "disk"):
            (self.place / name).mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", self.disk], check=True)
        self.addCleanup(lambda: subprocess.run(["umount", "-l", self.disk], check=True))
        self.env = {**os.environ, "HOME": str(self.place), "XDG_STATE_HOME": str(self.disk)}

    def action(self, name, script="true"):
        """Leaves a mark, then does `script`; its inverse takes the mark away."""
        return {"type": "action", "name": name,
                "provider": {"type": "process", "path": "sh", "arguments": [
                    "-c", f"touch world/{name}; echo {name} >> done; {script}"]},
                "rollback": {"provider": {"type": "process", "path": "sh", "arguments": [
                    "-c", f"rm world/{name}; echo {name} >> undone"]}}}

    def write(self, *method, **more):
        (self.place / "e.json").write_text(json.dumps(
            {"title": "t", "description": "d", "method": list(method), **more}))

    def chaos(self, *words):
        return subprocess.run([CHAOS, "--no-log-file", *words], cwd=self.place, env=self.env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              check=False)

    def fill(self):
        with open(self.disk / "fill", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def marks(self):
        return sorted(path.name for path in (self.place / "world").iterdir())

    def lines(self, name):
        path = self.place / name
        return path.read_text().split() if path.exists() else []

    def journal(self):
        return json.loads((self.place / "journal.json").read_text())

    def log(self):
        return "".join(path.read_text(errors="replace")
                       for path in self.disk.glob("chaos/runs/*/events.ndjson"))

    def until(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it did not happen")
            time.sleep(0.01)

    def killed(self, *words, during=None):
        """A run that was killed with its guardian, during its third action."""
        self.write(self.action("a"), self.action("b"), {
            "type": "action", "name": "wait", "provider": {
                "type": "process", "path": "sh", "arguments": ["-c", "touch begun; sleep 60"]}})
        with subprocess.Popen([CHAOS, "--no-log-file", "run", *words, "e.json"], cwd=self.place,
                              env=self.env, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            self.until((self.place / "begun").exists)
            if during:
                during()
            for pid in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split():
                if Path(f"/proc/{pid}/comm").read_text().startswith("chaos-guard"):
                    os.kill(int(pid), signal.SIGKILL)
            run.kill()
        self.assertEqual(self.marks(), ["a", "b"])

    def test_a_run_does_not_start_on_a_full_disk(self):
        self.write(self.action("a"))
        self.fill()
        refused = self.chaos("run", "e.json")
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, "No space left on device")
        self.assertIn("--no-state", refused.stderr)
        self.assertEqual(self.lines("done"), [])
        self.assertEqual(self.chaos("run", "--strict", "e.json").returncode, 17)
        self.assertEqual(self.chaos("run", "--no-state", "e.json").returncode, 0)
        self.assertEqual(self.lines("undone"), ["a"])

    def test_a_disk_that_fills_up_stops_the_method_and_what_was_done_is_put_back(self):
        fill = f"head -c 1000000 /dev/zero > {self.disk}/fill; true"
        large = {**self.action("b"), "tags": ["x" * 6000]}  # more than is left of a page
        self.write(self.action("a", fill), large, rollbacks=[])
        ended = self.chaos("run", "e.json")
        self.assertEqual(ended.returncode, 1, ended.stderr)
        self.assertRegex(ended.stderr, "the log of the run cannot be written: .*No space left")
        self.assertEqual(self.lines("done"), ["a"])
        self.assertEqual(self.lines("undone"), ["a"])
        self.assertEqual(self.marks(), [])
        self.assertEqual(self.journal()["status"], "aborted")

    def test_a_disk_that_fills_up_and_a_death_leave_the_rest_to_recover(self):
        self.killed(during=self.fill)
        undone = self.chaos("recover", "--all")
        self.assertEqual(self.marks(), [])
        self.assertEqual(self.journal()["status"], "interrupted")
        (self.disk / "fill").unlink()  # what could not be told is played again: at least once
        self.assertEqual(self.chaos("recover", "--all").returncode, 0, undone.stderr)
        self.assertEqual(self.chaos("recover", "--list").stdout, "")

    def test_a_journal_without_room_is_said_and_kept_beside_the_log(self):
        other = self.place / "small"
        other.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", other], check=True)
        self.addCleanup(lambda: subprocess.run(["umount", "-l", other], check=True))
        (other / "fill").write_bytes(b"x" * 4096)
        self.write(self.action("a"))
        ended = self.chaos("run", "--journal-path", str(other / "journal.json"), "e.json")
        self.assertEqual(ended.returncode, 1)
        self.assertRegex(ended.stderr, "the journal: .*No space left on device")
        self.assertEqual(sorted(os.listdir(other)), ["fill"])
        kept, = self.disk.glob("chaos/runs/*/journal.json")
        self.assertEqual(json.loads(kept.read_text())["status"], "completed")

    def remount(self, how):
        subprocess.run(["mount", "-o", f"remount,{how}", self.disk], check=True)

    def test_a_run_does_not_start_on_a_read_only_disk(self):
        self.write(self.action("a"))
        self.remount("ro")
        refused = self.chaos("run", "e.json")
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, "Read-only file system")
        self.assertIn("--no-state", refused.stderr)
        self.assertEqual(self.lines("done"), [])

    def test_a_run_that_was_killed_waits_for_a_disk_that_can_be_written(self):
        self.killed()
        self.remount("ro")
        self.assertIn("due: undo b", self.chaos("recover", "--list").stdout)
        refused = self.chaos("recover", "--all")
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, "cannot open '.*lock': Read-only file system")
        self.assertEqual(self.lines("undone"), [])  # nobody could tell that it was played
        self.remount("rw")
        self.assertEqual(self.chaos("recover", "--all").returncode, 0)
        self.assertEqual(self.lines("undone"), ["b", "a"])

    def jump(self, seconds):
        (self.place / "jump").write_text(str(int(seconds)))

    def with_clock(self):
        self.env |= {"LD_PRELOAD": LIBRARY, "CLOCK_JUMP": str(self.place / "jump"),
                     "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}

    def test_a_clock_that_jumps_changes_nothing_but_dates(self):
        self.with_clock()
        for seconds in (-DAY_S, 3650 * DAY_S):
            with self.subTest(seconds):
                self.jump(0)
                self.write(self.action("a", f"echo {seconds} > jump"), self.action("b"),
                           {"type": "probe", "name": "p", "pauses": {"after": 0.05},
                            "provider": {"type": "process", "path": "true"}})
                ended = self.chaos("run", "e.json")
                self.assertEqual(ended.returncode, 0, ended.stderr)
                self.assertEqual(self.marks(), [])
                journal = self.journal()
                self.assertTrue(0 < journal["duration"] < 30, journal["duration"])
                times = [datetime.datetime.fromisoformat(run["start"]) for run in journal["run"]]
                apart = (times[1] - times[0]).total_seconds()
                self.assertTrue(abs(apart - seconds) < 30, apart)  # the clock did jump
                for run in journal["run"] + journal["rollbacks"]:
                    self.assertEqual(run["status"], "succeeded")
                    self.assertTrue(0 <= run["duration"] < 30)

    def test_a_clock_that_jumps_while_a_run_is_dead_keeps_nothing_from_being_undone(self):
        self.with_clock()
        for seconds in (-3650 * DAY_S, 3650 * DAY_S):
            with self.subTest(seconds):
                for name in ("begun", "undone", "done"):
                    (self.place / name).unlink(missing_ok=True)
                self.jump(0)
                self.killed()
                self.jump(seconds)
                recovered = self.chaos("recover", "--all")
                self.assertEqual(recovered.returncode, 0, recovered.stderr)
                self.assertEqual(self.lines("undone"), ["b", "a"])
                self.assertEqual(self.journal()["status"], "interrupted")
                self.assertGreaterEqual(self.journal()["duration"], 0)

    def test_the_guardian_needs_no_clock(self):
        self.with_clock()
        self.jump(0)
        self.write(self.action("a"), {"type": "action", "name": "wait", "provider": {
            "type": "process", "path": "sh", "arguments": [
                "-c", f"echo {-DAY_S} > jump; touch begun; sleep 60"]}})
        with subprocess.Popen([CHAOS, "--no-log-file", "run", "e.json"], cwd=self.place, env=self.env,
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
            self.until((self.place / "begun").exists)
            run.kill()
        self.until(lambda: "log-closed" in self.log())
        self.assertEqual(self.lines("undone"), ["a"])
        self.assertEqual(self.journal()["interruption"]["name"], "SIGKILL")


if __name__ == "__main__":
    enter_namespace()
    unittest.main()
