#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the functions of the AWS extension undo, on a moto server: the state after the inverse is the
state before the action, also when the inverse is played twice, or when the run died before the action
was. Each time the inverse must say what came of it: "restored", or "was already so"; and where nobody
answers it must fail. What moto lacks has canned answers, and no state.

usage: test_aws_inverses.py NATIVE_CALL [--table FILE | unittest arguments]

At the end the table in docs/aws.md must be what was seen (--table writes it to a file); and the page must
say of each other action why nothing undoes it. The states come from aws_state_cases.py;
aws_inverse_cases.py has those in which there is more to get wrong. Without the reference's virtual
environment only the reasons are checked.
"""
import json
import os
import re
import sys
import threading
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
import canary  # noqa: E402
import test_aws_functions as reference  # noqa: E402

PAGE = HERE.parents[1] / "docs/aws.md"
TABLE_HEAD = "| function | is put back by | which is seen by | proved against |\n|---|---|---|---|\n"
DEADLINE_S = 60
NATIVE_CALL = None
NOBODY = "http://127.0.0.1:9"
# moto adds what is there already once more; AWS refuses.
REFUSED_BY_AWS = {"asg.actions.detach_random_instances", "route53.actions.disassociate_vpc_from_zone"}


def native_call(*words, **more):
    done = canary.run([NATIVE_CALL, *words], capture_output=True, text=True, timeout=DEADLINE_S,
                      env={**os.environ, **more})
    if "Sanitizer" in done.stderr or not done.stdout:
        raise AssertionError(f"native_call ended with {done.returncode}: {done.stderr[-6000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def declared():
    """The actions of the extension, and whether each has an inverse."""
    return {name.removeprefix("chaosaws."): has for name, has in native_call("--list")["actions"].items()
            if name.startswith("chaosaws.")}


class Page(unittest.TestCase):
    """docs/aws.md against the rows."""

    def test_each_action_has_an_inverse_or_the_page_says_why_not(self):
        told = dict(re.findall(r"^\| `([a-z0-9_]+\.actions\.[a-z0-9_]+)` \| (\D[^|]{9,}) \|$",
                               PAGE.read_text(), re.M))
        self.assertEqual(set(told), {name for name, has in declared().items() if not has})


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


class Inverses(unittest.TestCase):
    proofs = {}  # function: (operations that put back, what it was proved against)
    maxDiff = None

    def attempt(self, activity, *options, **more):
        return native_call(*options, json.dumps(activity), json.dumps(reference.CONFIGURATION),
                           json.dumps({"aws": reference.KEYS}), **more)

    def act(self, activity, *options):
        line = self.attempt(activity, *options)
        self.assertEqual(line["status"], "succeeded", line["message"])
        return line

    def undo(self, inverse, effect, secret):
        line = self.attempt(inverse)
        self.assertEqual((line["effect"], line["message"]), (effect, None))
        if secret:
            self.assertNotIn(secret, line["effect"])

    def play(self, function, arguments, against, state=None, secret=None):
        module, _, name = f"chaosaws.{function}".rpartition(".")
        action = {"type": "action", "name": "a", "provider": {
            "type": "native", "module": module, "func": name, "secrets": ["aws"],
            "arguments": arguments}}
        before = state and state()
        inverse = self.act(action, "--inverse")["output"]
        if not inverse:  # nothing to change, or the service will refuse to
            self.attempt(action)
            self.assertEqual(state(), before)
            return
        self.assertEqual(inverse["provider"]["secrets"], ["aws"])
        if secret:
            self.assertNotIn(secret, json.dumps(inverse))
        if state and function not in REFUSED_BY_AWS:
            self.undo(inverse, "was already so", secret)  # a crash before the action
            self.assertEqual(state(), before, "the inverse alone changed something")
        self.act(action)
        if state:
            self.assertNotEqual(state(), before, "the action changed nothing")
        self.undo(inverse, "restored", secret)
        if state:
            self.assertEqual(state(), before, inverse)
        self.undo(inverse, "was already so", secret)
        if state and function not in REFUSED_BY_AWS:
            self.assertEqual(state(), before, "twice is not once")
        self.fail_alone(inverse)
        self.note(function, inverse["provider"]["arguments"]["requests"], against)

    def fail_alone(self, inverse):
        gone = self.attempt(inverse, AWS_ENDPOINT_URL=NOBODY, AWS_MAX_ATTEMPTS="1")
        self.assertEqual((gone["status"], gone["effect"]), ("failed", None))
        self.assertRegex(gone["message"], "127.0.0.1:9|[Cc]onnect")

    def note(self, function, requests, against):
        operations, _ = self.proofs.setdefault(function, ([], against))
        for request in requests:
            if (request["service"], request["operation"]) not in operations:
                operations.append((request["service"], request["operation"]))

    def play_on_moto(self, function, prepare, observe, secret=None):
        import boto3
        import requests
        requests.post(os.environ["AWS_ENDPOINT_URL"] + "/moto-api/reset", timeout=DEADLINE_S)

        def clients(name):
            return boto3.client(name, region_name="us-east-1", **reference.KEYS)

        def state():
            return reference.blur(reference.result(observe(clients)))
        self.play(function, reference.FILES.named(prepare(clients)), "moto", state, secret)

    def play_on_answers(self, function, arguments, *answers):
        endpoint = reference.Endpoint()
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


class Whole(unittest.TestCase):
    """What the table claims."""
    looks = {}
    maxDiff = None

    def test_each_function_with_an_inverse_was_played(self):
        self.assertEqual(sorted(Inverses.proofs), sorted(name for name, has in declared().items() if has))

    def test_each_operation_that_puts_back_was_played(self):
        played = {operation for operations, _ in Inverses.proofs.values() for operation in operations}
        self.assertEqual(sorted(set(self.looks) - played), [])

    def test_the_page_has_the_table_of_what_was_seen(self):
        self.assertIn(table(), PAGE.read_text())


def table():
    lines = []
    for function, (operations, against) in sorted(Inverses.proofs.items()):
        back = ", ".join(operation for _, operation in operations)
        seen = ", ".join(dict.fromkeys(Whole.looks[one] for one in operations))
        lines.append(f"| `{function}` | {back} | {seen} | {against} |\n")
    return TABLE_HEAD + "".join(lines)


def add_cases():
    from aws_inverse_cases import CANNED, CASES
    from aws_state_cases import CASES as STATES
    has_inverse = declared()
    finer = {row[0] for row in CASES} | set(CANNED)
    rows = [row[:3] for row in STATES if has_inverse.get(row[0]) and row[0] not in finer]
    for number, row in enumerate(rows + CASES):
        def test(self, row=row):
            self.play_on_moto(*row)
        setattr(Inverses, f"test_{row[0].replace('.', '_')}_{number}", test)
    for function, row in CANNED.items():
        def test(self, function=function, row=row):
            self.play_on_answers(function, *row)
        setattr(Inverses, f"test_{function.replace('.', '_')}", test)


def main():
    global NATIVE_CALL
    NATIVE_CALL = os.path.abspath(sys.argv[1])
    rest = sys.argv[2:]
    page = rest[1] if rest[:1] == ["--table"] else None
    patterns = None if page else [f"*{name}*" for name in rest] or None
    load = unittest.defaultTestLoader
    runner = unittest.TextTestRunner()
    if not os.environ.get("FRACAS_IN_REFERENCE"):
        if not runner.run(load.loadTestsFromTestCase(Page)).wasSuccessful():
            sys.exit(1)
    reference.enter_reference()
    os.environ.update(AWS_EC2_METADATA_DISABLED="true", CHAOS_SEED="1")
    reference.prefer_oldest_protocol()
    Whole.looks = {(service, operation): seen for service, operation, seen in native_call("--list")["looks"]}
    add_cases()
    load.testNamePatterns = patterns
    with reference.MotoServer():
        passed = runner.run(load.loadTestsFromTestCase(Inverses)).wasSuccessful()
    if page:
        Path(page).write_text(table())
    elif not patterns:
        passed = runner.run(load.loadTestsFromTestCase(Whole)).wasSuccessful() and passed
    reference.FILES.folder.cleanup()
    sys.exit(not passed)


if __name__ == "__main__":
    main()
