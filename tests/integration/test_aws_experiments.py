#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Experiments that act on AWS, natively: draws that repeat, targets that are told first, effects that
are undone, keys that show nowhere.

usage: test_aws_experiments.py CHAOS [unittest arguments]

The service is a small EC2 of 40 instances on loopback.
"""
import json
import os
import re
import subprocess
import sys
import threading
import unittest
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402

DEADLINE_S = 60
COUNT = 40


class Service(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.actions = []  # (action, ids)
        self.signers = []  # the access keys of the same
        self.log_file = None
        self.told = []  # whether the log named the ids when an action came
        self.refusal = None
        self.release = threading.Event()
        self.has_hung = threading.Event()
        self.hangs = False
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        server = self.server
        form = urllib.parse.parse_qs(
            self.rfile.read(int(self.headers["Content-Length"])).decode())
        action = form["Action"][0]
        ids = sorted(v[0] for k, v in form.items() if k.startswith("InstanceId."))
        if server.hangs:
            server.has_hung.set()
            server.release.wait(DEADLINE_S)
        if action != "DescribeInstances":
            log = Path(server.log_file).read_text() if server.log_file else ""
            server.told.append(all(name in log for name in ids))
        server.actions.append((action, ids))
        server.signers.append(self.headers["Authorization"].partition("Credential=")[2].split("/")[0])
        status, body = 200, self.answer(action, ids)
        if server.refusal and action != "DescribeInstances":
            # a service that says aloud what it was sent
            status = 403
            body = (f"<Response><Errors><Error><Code>{server.refusal}</Code><Message>no: "
                    f"{self.headers['Authorization'][:40]}</Message></Error></Errors></Response>")
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        try:
            self.wfile.write(data)
        except BrokenPipeError:  # it was killed
            pass

    @staticmethod
    def answer(action, ids):
        if action == "DescribeInstances":
            items = "".join(
                f"<item><instancesSet><item><instanceId>i-{n:04}</instanceId><instanceState>"
                f"<name>running</name></instanceState></item></instancesSet></item>"
                for n in range(COUNT) if not ids or f"i-{n:04}" in ids)
            return f"<R><reservationSet>{items}</reservationSet></R>"
        items = "".join(f"<item><instanceId>{name}</instanceId></item>" for name in ids)
        return f"<R><instancesSet>{items}</instancesSet></R>"


def action(name="stop one", func="stop_instance", module="chaosaws.ec2.actions", **arguments):
    return {"type": "action", "name": name,
            "provider": {"type": "python", "module": module, "func": func,
                         "arguments": arguments or {"az": "us-east-1a"}}}


# The same keys as secrets of an experiment, and where they come from then.
SECRETS = {"aws": {name: {"type": "env", "key": "MY_" + name} for name in canary.AS_SECRETS}}
THEIRS = {"MY_" + name: value for name, value in canary.AS_SECRETS.items()}


def by_secrets(activity):
    activity["provider"]["secrets"] = ["aws"]
    return activity


class WithService(unittest.TestCase):
    chaos = None

    def setUp(self):
        self.folder = canary.Folder()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name)
        self.service = Service()
        self.addCleanup(self.service.server_close)
        self.addCleanup(self.service.shutdown)
        self.addCleanup(self.service.release.set)

    def environment(self, **more):
        return canary.environment(
            HOME=self.folder.name, XDG_STATE_HOME=str(self.path / "state"),
            AWS_ENDPOINT_URL=self.service.url, AWS_MAX_ATTEMPTS="1", **more)

    def words(self, *method, options=(), **members):
        experiment = self.path / "experiment.json"
        experiment.write_text(json.dumps({
            "title": "t", "description": "d", "method": list(method), **members}))
        self.service.log_file = self.path / "chaos.log"
        return [self.chaos, "--log-file", str(self.path / "chaos.log"), "run", "--journal-path",
                str(self.path / "journal.json"), *options, str(experiment)]


class Experiments(WithService):
    def run_chaos(self, *method, env=None, options=(), **members):
        self.service.actions.clear()
        self.done = canary.run(
            self.words(*method, options=options, **members), env=self.environment(**(env or {})),
            cwd=self.folder.name, text=True, capture_output=True, timeout=DEADLINE_S)
        self.assertNotIn("Sanitizer", self.done.stderr)
        return json.loads((self.path / "journal.json").read_text())

    def stopped(self):
        return [ids for what, ids in self.service.actions if what == "StopInstances"]

    def test_the_seed_is_in_the_journal_and_repeats_the_draw(self):
        journal = self.run_chaos(action())
        first = self.stopped()
        seed = journal["run"][0]["seed"]
        self.assertEqual((len(first), len(first[0])), (1, 1))
        self.assertIn(f"seed {seed} ", (self.path / "chaos.log").read_text())
        journal = self.run_chaos(action(), options=("--seed", str(seed)))
        self.assertEqual((self.stopped(), journal["run"][0]["seed"]), (first, seed))
        self.run_chaos(action(), env={"CHAOS_SEED": str(seed)})
        self.assertEqual(self.stopped(), first)

    def test_seeds_draw_differently_and_texts_are_seeds(self):
        drawn = set()
        for seed in ("1", "2", "3", "a", "b", "c"):
            self.run_chaos(action(), options=("--seed", seed))
            drawn.add(self.stopped()[0][0])
        self.assertGreater(len(drawn), 1)

    def test_nothing_drawn_is_no_seed(self):
        journal = self.run_chaos(action(instance_id="i-0007"))
        self.assertEqual(self.stopped(), [["i-0007"]])
        self.assertNotIn("seed", journal["run"][0])

    def test_targets_are_in_the_log_before_they_are_touched(self):
        destructive = [
            action(), action(func="stop_instances", filters=[{"Name": "x", "Values": ["y"]}]),
            action(func="terminate_instance", az="us-east-1a"),
            action(func="terminate_instances", instance_ids=["i-0001", "i-0002"]),
            action(func="restart_instances", instance_ids=["i-0003"])]
        self.run_chaos(*destructive)
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        acted = [what for what, _ in self.service.actions if what != "DescribeInstances"]
        self.assertEqual(acted, ["StopInstances", "StopInstances", "TerminateInstances",
                                 "TerminateInstances", "RebootInstances"])
        self.assertEqual(self.service.told, [True] * len(acted))

    def test_functions_of_the_extension_run_natively_unless_asked_not_to(self):
        self.run_chaos(action())
        self.assertIn("runs natively", (self.path / "chaos.log").read_text())
        (self.path / "chaos.log").unlink()
        done = canary.run(self.words(action()), env=self.environment(CHAOS_NATIVE="0"),
                          cwd=self.folder.name, text=True, capture_output=True,
                          timeout=DEADLINE_S)
        self.assertNotIn("runs natively", (self.path / "chaos.log").read_text())
        self.assertEqual(done.returncode == 0, bool(self.stopped()[1:]))

    def test_an_inverse_acts_with_the_secrets_of_its_action(self):
        self.run_chaos(by_secrets(action(instance_id="i-0003")), secrets=SECRETS,
                       options=("--rollback-strategy", "always"),
                       env={**THEIRS, "AWS_ACCESS_KEY_ID": "AKIANOTMINE"})
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        self.assertIn(("StartInstances", ["i-0003"]), self.service.actions)
        self.assertEqual(set(self.service.signers), {canary.KEY_ID})

    def test_keys_show_in_nothing_that_is_written(self):
        for refusal in (None, "SignatureDoesNotMatch", "ExpiredToken"):
            for method, env, members in ((action(), {}, {}), (
                    by_secrets(action()), THEIRS, {"secrets": SECRETS})):
                with self.subTest(refusal=refusal, secrets=bool(members)):
                    self.service.refusal = refusal
                    journal = self.run_chaos(
                        method, env=env, options=("--events-file", str(self.path / "events"),
                                                  "--output", "agent"), **members)
                    self.assertEqual(len(self.stopped()), 1)
                    self.assertEqual(journal["run"][0]["status"],
                                     "failed" if refusal else "succeeded")
                    canary.sweep(self.path)


if __name__ == "__main__":
    WithService.chaos = os.path.abspath(sys.argv.pop(1))
    unittest.main()
