#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the functions of the AWS extension undo, on a moto server: the state after the inverse is the
state before the action, also when the inverse is played twice, or when the run died before the action
was; and each action says in docs/aws.md why it has no inverse, if it has none.

usage: test_aws_inverses.py NATIVE_CALL [unittest arguments]

The states come from aws_state_cases.py; aws_inverse_cases.py has those in which there is more to get
wrong. Without the reference's virtual environment only the page is checked.
"""
import json
import os
import re
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import canary  # noqa: E402
import test_aws_functions as reference  # noqa: E402

PAGE = HERE.parents[1] / "docs/aws.md"
DEADLINE_S = 60
NATIVE_CALL = None
# moto adds what is there already once more; AWS refuses.
REFUSED_BY_AWS = {"asg.actions.detach_random_instances", "route53.actions.disassociate_vpc_from_zone"}


def native_call(*words):
    done = canary.run([NATIVE_CALL, *words], capture_output=True, text=True, timeout=DEADLINE_S)
    if "Sanitizer" in done.stderr or not done.stdout:
        raise AssertionError(f"native_call ended with {done.returncode}: {done.stderr[-6000:]}")
    return json.loads(done.stdout.splitlines()[-1])


class Page(unittest.TestCase):
    """docs/aws.md against the rows."""

    def test_each_action_has_an_inverse_or_the_page_says_why_not(self):
        actions = native_call("--list")["actions"]
        without = {name.removeprefix("chaosaws.") for name, has in actions.items()
                   if name.startswith("chaosaws.") and not has}
        told = dict(re.findall(r"^\| `([a-z0-9_]+\.actions\.[a-z0-9_]+)` \| (\D[^|]{9,}) \|$",
                               PAGE.read_text(), re.M))
        self.assertEqual(set(told), without)


class Inverses(unittest.TestCase):
    proven = set()
    maxDiff = None

    def attempt(self, activity, *options):
        return native_call(*options, json.dumps(activity), json.dumps(reference.CONFIGURATION),
                           json.dumps({"aws": reference.KEYS}))

    def act(self, activity, *options):
        line = self.attempt(activity, *options)
        self.assertEqual(line["status"], "succeeded", line["message"])
        return line["output"]

    def play(self, function, prepare, observe, secret=None):
        import boto3
        import requests
        requests.post(os.environ["AWS_ENDPOINT_URL"] + "/moto-api/reset", timeout=DEADLINE_S)

        def clients(name):
            return boto3.client(name, region_name="us-east-1", **reference.KEYS)

        def state():
            return reference.blur(reference.result(observe(clients)))
        arguments = reference.FILES.named(prepare(clients))
        module, _, name = f"chaosaws.{function}".rpartition(".")
        action = {"type": "action", "name": "a", "provider": {
            "type": "native", "module": module, "func": name, "secrets": ["aws"],
            "arguments": arguments}}
        before = state()
        inverse = self.act(action, "--inverse")
        if not inverse:  # nothing to change, or the service will refuse to
            self.attempt(action)
            self.assertEqual(state(), before)
            return
        if secret:
            self.assertNotIn(secret, json.dumps(inverse))
        if function not in REFUSED_BY_AWS:
            self.act(inverse)  # a crash before the action
            self.assertEqual(state(), before, "the inverse alone changed something")
        self.act(action)
        self.assertNotEqual(state(), before, "the action changed nothing")
        self.act(inverse)
        self.assertEqual(state(), before, inverse)
        if function not in REFUSED_BY_AWS:
            self.act(inverse)
            self.assertEqual(state(), before, "twice is not once")
        self.proven.add(function)


class Whole(unittest.TestCase):
    def test_each_inverse_was_played_that_moto_can_play(self):
        from aws_inverse_cases import BEYOND_MOTO
        declared = {name.removeprefix("chaosaws.") for name, has in native_call("--list")["actions"].items()
                    if has}
        self.assertEqual(declared - Inverses.proven, BEYOND_MOTO)


def add_cases():
    from aws_inverse_cases import BEYOND_MOTO, CASES
    from aws_state_cases import CASES as STATES
    declared = native_call("--list")["actions"]
    finer = {row[0] for row in CASES} | BEYOND_MOTO
    rows = [row[:3] for row in STATES
            if declared.get(f"chaosaws.{row[0]}") and row[0] not in finer]
    for number, row in enumerate(rows + CASES):
        def test(self, row=row):
            self.play(*row)
        setattr(Inverses, f"test_{row[0].replace('.', '_')}_{number}", test)


def main():
    global NATIVE_CALL
    NATIVE_CALL = os.path.abspath(sys.argv[1])
    patterns = [f"*{name}*" for name in sys.argv[2:]] or None
    load = unittest.defaultTestLoader
    runner = unittest.TextTestRunner()
    if not os.environ.get("FRACAS_IN_REFERENCE"):
        if not runner.run(load.loadTestsFromTestCase(Page)).wasSuccessful():
            sys.exit(1)
    reference.enter_reference()
    os.environ.update(AWS_EC2_METADATA_DISABLED="true", CHAOS_SEED="1")
    add_cases()
    load.testNamePatterns = patterns
    with reference.MotoServer():
        passed = runner.run(load.loadTestsFromTestCase(Inverses)).wasSuccessful()
    if not patterns:
        passed = runner.run(load.loadTestsFromTestCase(Whole)).wasSuccessful() and passed
    reference.FILES.folder.cleanup()
    sys.exit(not passed)


if __name__ == "__main__":
    main()
