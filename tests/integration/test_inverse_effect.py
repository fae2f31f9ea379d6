#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where it comes out what inverses did: on the console, in the journal, in 'chaos show' and in 'chaos
recover', in runs against a moto server, also in those that are killed. (test_aws_inverses.py has what
each inverse says.) Without the reference's virtual environment it is skipped.

usage: test_inverse_effect.py CHAOS KILL_AT_LIBRARY [unittest arguments]
"""
import json
import os
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import canary  # noqa: E402
import test_aws_functions as functions  # noqa: E402

# The keys of the experiment: not those that an AWS client finds by itself.
OWN_KEYS = {f"OWN_{name}": value for name, value in canary.KEYS.items()}
SECRETS = {"aws": {name.lower(): {"type": "env", "key": f"OWN_{name}"} for name in canary.KEYS}}


class Words(unittest.TestCase):
    chaos = None
    library = None
    log = ["--no-log-file"]

    def setUp(self):
        import boto3
        from aws_state_cases import AMI
        folder = canary.Folder()
        self.place = folder.path
        self.addCleanup(folder.cleanup)
        self.ec2 = boto3.client("ec2", region_name="us-east-1", **functions.KEYS)
        self.instance = self.ec2.run_instances(
            ImageId=AMI, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]

    def state(self):
        found = self.ec2.describe_instances(InstanceIds=[self.instance])
        return found["Reservations"][0]["Instances"][0]["State"]["Name"]

    def run_chaos(self, *arguments, **more):
        return canary.run([self.chaos, *self.log, *arguments], cwd=self.place, text=True,
                          capture_output=True, timeout=60, env={**self.environment(), **more})

    def environment(self):
        return {**os.environ, **canary.KEYS, **OWN_KEYS, "AWS_MAX_ATTEMPTS": "1",
                "HOME": str(self.place), "XDG_STATE_HOME": str(self.place / "s")}

    def write(self, module, func, arguments, *behind):
        (self.place / "e.json").write_text(json.dumps({
            "title": "t", "description": "d", "secrets": SECRETS, "method": [
                {"type": "action", "name": "act", "provider": {
                    "type": "native", "module": module, "func": func, "secrets": ["aws"],
                    "arguments": arguments}}, *behind]}))

    def experiment(self, *behind):
        self.write("chaosaws.ec2.actions", "stop_instance", {"instance_id": self.instance}, *behind)

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

    def test_the_value_of_a_secret_parameter_is_restored_and_written_nowhere(self):
        import boto3
        former = "correct-horse-battery-staple"
        ssm = boto3.client("ssm", region_name="us-east-1", **functions.KEYS)
        ssm.put_parameter(Name="p", Value=former, Type="SecureString")
        self.write("chaosaws.ssm.actions", "put_parameter", {
            "name": "p", "value": "new", "type": "SecureString", "overwrite": True})
        self.log = ["--log-file", "chaos.log", "--verbose"]
        done = self.run_chaos("run", "e.json")
        self.check(done.stderr, "restored$")
        now = ssm.get_parameter(Name="p", WithDecryption=True)["Parameter"]
        self.assertEqual((now["Value"], now["Version"]), (former, 3))
        written = [path for path in self.place.rglob("*") if path.is_file()]
        self.assertTrue([path for path in written if path.name == "events.ndjson"])
        self.assertEqual([path for path in written if former.encode() in path.read_bytes()], [])
        self.assertNotIn(former, done.stdout + done.stderr)

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


def main():
    functions.enter_reference()
    Words.chaos, Words.library = (os.path.abspath(path) for path in sys.argv[1:3])
    load = unittest.defaultTestLoader
    load.testNamePatterns = [f"*{name}*" for name in sys.argv[3:]] or None
    with functions.MotoServer():
        done = unittest.TextTestRunner().run(load.loadTestsFromTestCase(Words))
    sys.exit(not done.wasSuccessful())


if __name__ == "__main__":
    main()
