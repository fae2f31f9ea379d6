#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What inverses that native functions know say of themselves, for every function that has one.

usage: test_inverse_effect.py NATIVE_CALL CHAOS KILL_AT_LIBRARY [--table FILE] [unittest arguments]

Each is played on a moto server, or, where moto lacks an operation, against canned answers: after the
action the inverse must say "restored", once more "was already so", and where nobody answers it must
fail. Then runs of chaos must say so on the console, in the journal, in 'chaos show' and in 'chaos
recover'. At the end the table in docs/aws.md must be what was seen. Without the reference's virtual
environment it is skipped.
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import test_aws_functions as functions

PAGE = Path(functions.ROOT, "docs", "aws.md")
TABLE_HEAD = "| function | is put back by | which is seen by | proved against |\n|---|---|---|---|\n"
ENV = {"AWS_MAX_ATTEMPTS": "1"}  # who does not answer does not answer
NOBODY = "http://127.0.0.1:9"


class Answers(dict):
    """Canned answers; the action changes them, and the same operation as its inverse changes them
    back."""

    def __init__(self, back, before, between):
        super().__init__(before)
        self.back, self.before, self.between = back, before, between
        self.asked = 0

    def get(self, operation, default=None):
        if operation == self.back:
            self.asked += 1
            self.update(self.between if self.asked == 1 else self.before)
        return super().get(operation, default)


def call(option, activity, **more):
    done = subprocess.run([Inverses.native_call, *option, json.dumps(activity),
                           json.dumps(functions.CONFIGURATION), json.dumps({"aws": functions.KEYS})],
                          capture_output=True, text=True, timeout=functions.DEADLINE_S,
                          env={**os.environ, **ENV, **more}, check=False)
    assert done.stdout, done.stderr[-2000:]
    assert "Sanitizer" not in done.stderr, done.stderr[-6000:]
    return json.loads(done.stdout.splitlines()[-1])


class Inverses(unittest.TestCase):
    """One test for each row that has an inverse."""
    native_call = None
    looks = {}
    proofs = {}  # function: (operation that puts back, what it was proved against)

    def play(self, function, arguments, against):
        module, _, name = f"chaosaws.{function}".rpartition(".")
        activity = {"name": "a", "provider": {"type": "python", "module": module, "func": name,
                                              "secrets": ["aws"], "arguments": arguments}}
        inverse = call(["--inverse"], activity)
        self.assertIsNotNone(inverse["output"], f"nothing to undo: {inverse['message']}")
        undo = {"name": "undo", **inverse["output"]}
        self.assertEqual(undo["provider"]["secrets"], ["aws"])
        done = call([], activity)
        self.assertEqual(done["status"], "succeeded", done["message"])
        first = call([], undo)
        self.assertEqual((first["effect"], first["message"]), ("restored", None))
        again = call([], undo)
        self.assertEqual((again["effect"], again["message"]), ("was already so", None))
        gone = call([], undo, AWS_ENDPOINT_URL=NOBODY)
        self.assertEqual((gone["status"], gone["effect"]), ("failed", None))
        self.assertRegex(gone["message"], "127.0.0.1:9|[Cc]onnect")
        asked = undo["provider"]["arguments"]
        self.proofs[function] = (asked["service"], asked["operation"], against)

    def play_on_moto(self, function, prepare):
        import boto3
        import requests
        requests.post(f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/reset", timeout=60)
        arguments = prepare(lambda name: boto3.client(name, region_name="us-east-1",
                                                      **functions.KEYS))
        self.play(function, functions.FILES.named(arguments), "moto")

    def play_on_answers(self, function, arguments, *answers):
        endpoint = functions.Endpoint()
        endpoint.answers = Answers(*answers)
        threading.Thread(target=endpoint.serve_forever, daemon=True).start()
        before = os.environ["AWS_ENDPOINT_URL"]
        os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{endpoint.server_address[1]}"
        try:
            self.play(function, arguments, "canned answers")
            self.assertEqual(endpoint.problems, [])
        finally:
            os.environ["AWS_ENDPOINT_URL"] = before
            endpoint.shutdown()
            endpoint.server_close()


class Words(unittest.TestCase):
    """Where the words come out."""
    chaos = None
    library = None

    def setUp(self):
        import boto3
        from aws_state_cases import AMI
        self.folder = tempfile.TemporaryDirectory(prefix="effect-")
        self.place = Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)
        self.ec2 = boto3.client("ec2", region_name="us-east-1", **functions.KEYS)
        self.instance = self.ec2.run_instances(
            ImageId=AMI, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]

    def state(self):
        found = self.ec2.describe_instances(InstanceIds=[self.instance])
        return found["Reservations"][0]["Instances"][0]["State"]["Name"]

    def run_chaos(self, *arguments, **more):
        return subprocess.run(
            [self.chaos, "--no-log-file", *arguments], cwd=self.place, text=True, check=False,
            capture_output=True, timeout=60, env={**self.environment(), **more})

    def environment(self):
        return {**os.environ, **ENV, "HOME": str(self.place),
                "XDG_STATE_HOME": str(self.place / "s")}

    def experiment(self, *behind):
        (self.place / "e.json").write_text(json.dumps({
            "title": "t", "description": "d", "secrets": {"aws": functions.KEYS}, "method": [
                {"type": "action", "name": "stop it", "provider": {
                    "type": "native", "module": "chaosaws.ec2.actions", "func": "stop_instance",
                    "secrets": ["aws"], "arguments": {"instance_id": self.instance}}}, *behind]}))

    def journal(self):
        return json.loads((self.place / "journal.json").read_text())

    def check(self, said, pattern):
        effect = self.journal()["rollbacks"][0]["effect"]
        self.assertRegex(effect, f"^{pattern}")
        self.assertIn(f"  => {effect}", said)
        self.assertIn(f"    {effect}", self.run_chaos("show", "last").stdout)

    @staticmethod
    def process(text):
        return {"type": "action", "name": "meanwhile", "provider": {
            "type": "process", "path": sys.executable, "arguments": ["-c", text]}}

    def start_instance(self):
        return self.process(
            "import boto3; boto3.client('ec2', region_name='us-east-1')."
            f"start_instances(InstanceIds=['{self.instance}'])")

    def test_what_was_stopped_is_restored(self):
        self.experiment()
        done = self.run_chaos("run", "e.json", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
        self.check(done.stderr, "restored$")
        self.assertEqual(self.state(), "running")

    def test_what_somebody_else_put_back_was_already_so(self):
        self.experiment(self.start_instance())
        done = self.run_chaos("run", "e.json")
        self.check(done.stderr, "was already so$")
        self.assertEqual(self.state(), "running")

    def test_what_cannot_be_put_back_says_why(self):
        self.experiment(self.process(
            "import os, requests; requests.post(os.environ['AWS_ENDPOINT_URL'] + '/moto-api/reset')"))
        done = self.run_chaos("run", "e.json")
        self.check(done.stderr, "could not: An error occurred .InvalidInstanceID.NotFound")
        self.assertEqual(self.journal()["rollbacks"][0]["status"], "failed")

    def test_a_recovery_says_it_too(self):
        self.experiment({"type": "action", "name": "die", "provider": {
            "type": "process", "path": "sh", "arguments": ["-c", "touch here; sleep 60"]}})
        with subprocess.Popen([self.chaos, "--no-log-file", "run", "e.json"], cwd=self.place,
                              env=self.environment(), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as run:
            until(lambda: (self.place / "here").exists())
            children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
            for pid in children:
                if Path(f"/proc/{pid}/comm").read_text().startswith("chaos-guardian"):
                    os.kill(int(pid), signal.SIGKILL)
            run.kill()
        self.assertEqual(self.state(), "stopped")
        self.check(self.run_chaos("recover", "--all").stderr, "restored$")
        self.assertEqual(self.state(), "running")

    def killed_at(self, number, place):
        """What the inverse did in the end of a run that died, with its guardian, before its call
        `number` on the log; None where the run was through before."""
        (place / "kills").mkdir(parents=True)
        place, self.place = self.place, place
        self.experiment()
        self.run_chaos("run", "e.json", LD_PRELOAD=self.library, KILL_PLAN=f"{number}bg",
                       KILL_DIR=str(self.place / "kills"),
                       ASAN_OPTIONS="verify_asan_link_order=0:handle_segv=0:detect_leaks=0")
        died = any((self.place / "kills").iterdir())
        self.run_chaos("recover", "--all")
        self.assertEqual(self.state(), "running", f"killed at {number}")
        found = self.journal()["rollbacks"] if (self.place / "journal.json").exists() else []
        self.place = place
        # one that was cut short has no effect, and is played again
        return [run["effect"] for run in found if "effect" in run] if died else None

    def test_a_run_that_is_killed_anywhere_restores_it_or_says_it_was_so(self):
        effects = []
        while (told := self.killed_at(len(effects) + 1,
                                      self.place / str(len(effects)))) is not None:
            effects.append(told)
        self.assertGreater(len(effects), 8)
        self.assertEqual({effect for told in effects for effect in told},
                         {"restored", "was already so"})


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


class Whole(unittest.TestCase):
    """What the table claims."""
    listed = []

    def test_each_function_with_an_inverse_was_played(self):
        self.assertEqual(sorted(Inverses.proofs), self.listed)

    def test_each_operation_that_puts_back_was_played(self):
        played = {proof[:2] for proof in Inverses.proofs.values()}
        self.assertEqual(sorted(set(Inverses.looks) - played), [])

    def test_the_page_has_the_table_of_what_was_seen(self):
        self.assertIn(table(), PAGE.read_text())


def table():
    return TABLE_HEAD + "".join(
        f"| `{function}` | {operation} | {Inverses.looks[service, operation]} | {against} |\n"
        for function, (service, operation, against) in sorted(Inverses.proofs.items()))


def add_tests():
    from inverse_effect_cases import CANNED, STATES
    from aws_state_cases import CASES
    known = {row[0]: row[1] for row in reversed(CASES)}
    for function in Whole.listed:
        if function in CANNED:
            def test(self, name=function):
                self.play_on_answers(name, *CANNED[name])
        else:
            def test(self, name=function):
                self.play_on_moto(name, {**known, **STATES}[name])
        setattr(Inverses, f"test_{re.sub('[.]', '_', function)}", test)


def main():
    functions.enter_reference()
    Inverses.native_call, Words.chaos, Words.library = (
        os.path.abspath(path) for path in sys.argv[1:4])
    rest = sys.argv[4:]
    page = rest[1] if rest[:1] == ["--table"] else None
    rows = json.loads(subprocess.run([Inverses.native_call, "--list"], capture_output=True, text=True,
                                     check=True).stdout)
    Inverses.looks = {(service, operation): seen for service, operation, seen in rows["looks"]}
    Whole.listed = sorted(name.removeprefix("chaosaws.")
                          for name, has_inverse in rows["actions"].items() if has_inverse)
    functions.prefer_oldest_protocol()
    add_tests()
    load = unittest.defaultTestLoader
    load.testNamePatterns = [f"*{name}*" for name in rest if not page] or None
    runner = unittest.TextTestRunner()
    with functions.MotoServer():
        passed = all([runner.run(load.loadTestsFromTestCase(part)).wasSuccessful()
                      for part in (Inverses, Words)])
    if page:
        Path(page).write_text(table())
    elif not load.testNamePatterns:
        passed = runner.run(load.loadTestsFromTestCase(Whole)).wasSuccessful() and passed
    functions.FILES.folder.cleanup()
    sys.exit(not passed)


if __name__ == "__main__":
    main()
