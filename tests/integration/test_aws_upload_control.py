#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The control chaosaws.s3.controls.upload: natively, as the Python control under the same engine, and in
the reference. What is in the bucket and in the journal is the same but for times, and for what
docs/differences.md says.

usage: test_aws_upload_control.py CHAOS [unittest arguments]

The native one runs where there is no Python. Buckets are moto's; who signs, and refusals, are seen at
an endpoint that records. Without the reference's virtual environment it is skipped.
"""
import contextlib
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402
import reference_python  # noqa: E402

DEADLINE_S = 120
CHAOS = None
MODULE = "chaosaws.s3.controls.upload"
BUCKET = "evidence"
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
NATIVE = {"CHAOS_PYTHON": "/nonexistent/python"}
BY_PYTHON = {"CHAOS_NATIVE": "0", "CHAOS_PYTHON": sys.executable}
BESIDE_PYTHON = {"CHAOS_PYTHON": sys.executable}
WITNESS = '''
def before_experiment_control(context, **kwargs):
    context["tags"] = ["before"]

def after_experiment_control(context, state, configuration, **kwargs):
    state["witness"] = [context["title"], list(context["tags"]), configuration["aws_region"]]
    context["tags"].append("after")
'''


def process(name="say", **provider):
    return {"type": "action", "name": name, "provider": {"type": "process", **provider}}


SAY = process(path="echo", arguments=["t\u00e9 ${", "aws_region}"])
FAILING = {"type": "probe", "name": "is it", "tolerance": 0,
           "provider": {"type": "process", "path": "false"}}
INTERRUPT = process(path="kill", arguments="-INT $PPID; exec sleep 20")  # a shell runs it
LONG = process(path="head", arguments="-c 9000000 /dev/zero | tr '\\0' x")
# (claim, arguments of the control, other members of the experiment, variables of the environment, what
# is to be read in the object)
UPLOADED = [
    ("a folder", {"dirpath": "runs/2026"}, {}, {}, "amazonaws.com/runs/2026/journal.json"),
    ("slashes at the end of a folder are dropped", {"dirpath": "runs//"}, {}, {}, "/runs/journal.json"),
    ("an empty folder", {"dirpath": ""}, {}, {}, "amazonaws.com//journal.json"),
    ("as YAML", {"dirpath": "runs", "as_yaml": True}, {}, {}, "deviated: false"),
    ("with the time in its name", {"dirpath": "a b", "suffix_with_timestamp": True}, {}, {}, "journal-20"),
    ("flags are Python's truth", {"dirpath": "d", "as_yaml": "no", "suffix_with_timestamp": 0}, {}, {},
     "journal.yaml"),
    ("arguments are replaced, the journal is not", {"dirpath": "${aws_region}"},
     {"description": "${aws_region} stays", "configuration": {"aws_region": "eu-west-3"}}, {},
     '"${aws_region} stays"'),
    ("a region of the environment", {"dirpath": "d"}, {"configuration": {}},
     {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-west-1"}, ".s3.eu-west-1."),
    ("a run that fails", {"dirpath": "d"},
     {"steady-state-hypothesis": {"title": "h", "probes": [FAILING]}}, {}, '"tolerance_met": false'),
    ("a run that is interrupted", {"dirpath": "d"}, {"method": [INTERRUPT, SAY]}, {},
     '"status": "interrupted"'),
    ("a journal of 9 MB", {"dirpath": "d"}, {"method": [LONG]}, {}, 9000000 * "x"),
]
# (claim, arguments, other members, variables, the error in the log)
NOT_UPLOADED = [
    ("without a folder", {}, {}, {}, "argument 'dirpath' of 'after_experiment_control' is missing"),
    ("with an unknown argument", {"dirpath": "d", "folder": "e"}, {}, {}, "argument 'folder'"),
    ("a bucket that is not there", {"dirpath": "d", "bucket_name": "none"}, {}, {},
     "Bucket 'none' does not exist! Cannot upload the experiment's results"),
    ("a region that is none", {"dirpath": "d"}, {"configuration": {"aws_region": "no region"}}, {},
     "region"),
    ("no region", {"dirpath": "d"}, {"configuration": {}}, {"AWS_DEFAULT_REGION": None},
     "AWS requires a region to be set!"),
    ("a profile that is not there", {"dirpath": "d"},
     {"configuration": {"aws_region": "us-east-1", "aws_profile_name": "ghost"}}, {}, "'ghost'"),
]


def experiment(arguments, members, *others):
    control = {"name": "keep", "provider": {"type": "python", "module": MODULE,
                                            "arguments": {"bucket_name": BUCKET, **arguments}}}
    return {"title": "t\u00e9", "description": "d", "configuration": {"aws_region": "us-east-1"},
            "controls": [control, *others], "method": [SAY], "rollbacks": [], **members}


def without_times(value, folder):
    """A journal without what differs between two runs, and with each folder named once."""
    if isinstance(value, dict):
        return {k: without_times(v, folder) for k, v in value.items()
                if k not in ("start", "end", "duration")}
    if isinstance(value, list):
        return [without_times(v, folder) for v in value]
    if isinstance(value, str) and ".amazonaws.com/" in value:
        value = urllib.parse.unquote(value)
        value = re.sub(rf"\.com/({folder})/\1/", r".com/\1/", value)
    return TIME.sub("<time>", value) if isinstance(value, str) else value


class Folder:
    """One run in a folder of its own."""

    def __init__(self, test):
        held = canary.Folder("credentials")
        test.addCleanup(held.cleanup)
        self.path = held.path
        (self.path / "witness.py").write_text(WITNESS)

    def play(self, program, played, variables, *options, begun=None):
        """`begun`: a list that gets the process."""
        (self.path / "e.json").write_text(json.dumps(played))
        env = canary.environment(HOME=str(self.path), XDG_STATE_HOME=str(self.path),
                                 PYTHONPATH=str(self.path), AWS_MAX_ATTEMPTS="1")
        env = {k: v for k, v in (env | variables).items() if v is not None}
        with subprocess.Popen([*program, "--log-file", "log", "run", "--journal-path", "j.json",
                               *options, "e.json"],
                              cwd=self.path, env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, start_new_session=True) as process:
            if begun is not None:
                begun.append(process)
            try:
                self.console, _ = process.communicate(timeout=DEADLINE_S)
            finally:
                process.kill()
        canary.sweep(self.console)
        self.log = (self.path / "log").read_text()
        self.status = process.returncode
        self.text = (self.path / "j.json").read_text()
        self.journal = json.loads(self.text)
        return self

    def errors(self):
        return [line for line in self.console.splitlines() if " ERROR] " in line and MODULE in line]


def reference():
    return [os.path.join(os.path.dirname(sys.executable), "chaos"), "--no-version-check"]


class Beside(unittest.TestCase):
    """Buckets of moto."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        import logging
        import boto3
        from moto.server import ThreadedMotoServer
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        cls.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        cls.server.start()
        cls.addClassCleanup(cls.server.stop)
        cls.url = "http://%s:%d" % cls.server.get_host_and_port()
        cls.s3 = boto3.client("s3", region_name="us-east-1", endpoint_url=cls.url,
                              **canary.AS_SECRETS)
        cls.s3.create_bucket(Bucket=BUCKET)

    def take_objects(self):
        found = {}
        for item in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            got = self.s3.get_object(Bucket=BUCKET, Key=item["Key"])
            found[TIME.sub("<time>", item["Key"])] = got["ContentType"], got["Body"].read().decode()
            self.s3.delete_object(Bucket=BUCKET, Key=item["Key"])
        return found

    def play(self, program, played, variables, *options):
        run = Folder(self).play(program, played, {"AWS_ENDPOINT_URL": self.url, **variables}, *options)
        run.objects = self.take_objects()
        return run

    def check_same(self, played, folder, native, python):
        """The same in the bucket and in the journal of both."""
        import yaml
        self.assertEqual(native.status, python.status)
        self.assertEqual(without_times(native.journal, folder), without_times(python.journal, folder))
        self.assertEqual(list(native.objects), list(python.objects))
        for (kind, text), (other_kind, other) in zip(native.objects.values(), python.objects.values()):
            read = json.loads if other[0] == "{" else yaml.safe_load
            self.assertEqual(kind, other_kind)
            self.assertEqual(without_times(read(text), folder), without_times(read(other), folder))
            # layout, escapes and order of keys too
            self.assertEqual(re.sub(r"\d", "", text).count("\n"), re.sub(r"\d", "", other).count("\n"))
            self.assertEqual(re.findall(r"^ *\"?[\w-]+\"?:", text, re.M),
                             re.findall(r"^ *\"?[\w-]+\"?:", other, re.M))

    def test_the_journal_is_in_the_bucket_as_python_puts_it_there(self):
        for claim, arguments, members, variables, shown in UPLOADED:
            with self.subTest(claim):
                played = experiment(arguments, members)
                folder = arguments["dirpath"].rstrip("/").replace("${aws_region}", "eu-west-3")
                native = self.play([CHAOS], played, NATIVE | variables)
                python = self.play([CHAOS], played, BY_PYTHON | variables)
                theirs = self.play(reference(), played, variables)
                self.assertEqual(native.errors(), [])
                (_, uploaded), = native.objects.values()
                self.assertTrue(shown in uploaded)  # a text of 9 MB is not to be shown
                self.check_same(played, folder, native, python)
                self.assertEqual(native.status, theirs.status)
                self.assertEqual(list(native.objects), list(theirs.objects))
                self.assertEqual(without_times(native.journal["extra"], folder),
                                 without_times(theirs.journal["extra"], folder))

    def test_the_address_in_the_journal_is_that_of_the_object(self):
        played = experiment({"dirpath": "a b", "suffix_with_timestamp": True}, {})
        run = self.play([CHAOS], played, NATIVE)
        url = run.journal["extra"]["journal"]["url"]
        path = urllib.parse.urlsplit(url).path
        self.assertTrue(url.startswith(f"https://{BUCKET}.s3.us-east-1.amazonaws.com/a%20b/journal-"))
        self.assertNotIn("+", path)  # S3 reads it as a blank
        self.assertEqual([TIME.sub("<time>", urllib.parse.unquote(path))[1:]], list(run.objects))

    def test_what_cannot_be_uploaded_is_an_error_in_the_log_and_the_run_goes_on(self):
        for claim, arguments, members, variables, error in NOT_UPLOADED:
            with self.subTest(claim):
                played = experiment(arguments, members)
                native = self.play([CHAOS], played, NATIVE | variables)
                theirs = self.play(reference(), played, variables)
                for run in native, theirs:
                    self.assertEqual((run.status, run.journal["status"], run.objects),
                                     (0, "completed", {}))
                    self.assertNotIn("extra", run.journal)
                self.assertEqual(len(native.errors()), 1)
                self.assertIn(error, native.errors()[0])

    def test_a_control_in_python_works_on_what_the_native_one_left(self):
        witness = {"name": "witness", "provider": {"type": "python", "module": "witness"}}
        again = experiment({"dirpath": "e"}, {})["controls"][0] | {"name": "again"}
        played = experiment({"dirpath": "d"}, {}, witness, again)
        native = self.play([CHAOS], played, BESIDE_PYTHON)
        python = self.play([CHAOS], played, BY_PYTHON)
        self.assertIn("is native", native.log)
        self.assertNotIn("is native", python.log)
        self.assertEqual(native.journal["witness"], ["t\u00e9", ["before"], "us-east-1"])
        self.assertEqual([json.loads(text).get("witness") for _, text in native.objects.values()],
                         [None, native.journal["witness"]])
        self.assertEqual(native.journal["extra"]["journal"]["url"][-15:], "/e/journal.json")
        self.check_same(played, "[de]", native, python)

    def test_a_global_control_is_native_too(self):
        played = experiment({"dirpath": "d"}, {})
        control = Folder(self).path / "control.json"
        control.write_text(json.dumps({"keep": {"provider": played.pop("controls")[0]["provider"]}}))
        native = self.play([CHAOS], played, NATIVE, "--control-file", str(control))
        python = self.play([CHAOS], played, BY_PYTHON, "--control-file", str(control))
        self.assertEqual(list(native.objects), ["d/journal.json"])
        self.check_same(played, "d", native, python)

    def test_the_journal_that_is_uploaded_has_no_secret_in_it(self):
        members = {"secrets": {"bank": {"word": {"type": "env", "key": "AWS_SECRET_ACCESS_KEY"}}},
                   "method": [process(path="printenv", arguments="AWS_SECRET_ACCESS_KEY >&2")]}
        for variables, is_native in ((NATIVE, True), (BY_PYTHON, False)):
            run = self.play([CHAOS], experiment({"dirpath": "d"}, members), variables)
            (_, uploaded), = run.objects.values()
            self.assertEqual("***(secret" in uploaded, is_native)
            if is_native:
                canary.sweep(uploaded)
            else:  # Python gets values as they are
                self.assertIn(canary.SECRET, uploaded)


class Recorder(http.server.ThreadingHTTPServer):
    """Has one bucket, takes or refuses objects, and notes who asks."""
    daemon_threads = True

    def __init__(self, status=200):
        super().__init__(("127.0.0.1", 0), Recording)
        self.asked = threading.Event()
        self.release = threading.Event()
        self.release.set()
        self.status = status
        self.seen = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Recording(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        scope = re.search(r"Credential=([^/]+)/\d+/([^/]+)/s3/", self.headers["Authorization"])
        self.server.seen.append((self.command, urllib.parse.urlsplit(self.path).path, *scope.groups(),
                                 self.headers.get("X-Amz-Security-Token")))
        self.server.asked.set()
        self.server.release.wait(DEADLINE_S)
        is_put = self.command == "PUT"
        body = (b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
                if is_put and self.server.status != 200 else b"" if is_put else
                b"<ListAllMyBucketsResult><Buckets><Bucket><Name>%s</Name></Bucket></Buckets>"
                b"</ListAllMyBucketsResult>" % BUCKET.encode())
        with contextlib.suppress(BrokenPipeError):  # it was interrupted
            self.send_response(self.server.status if is_put else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_GET = do_PUT = answer


def from_environment(**keys):
    return {name: {"type": "env", "key": key} for name, key in keys.items()}


# Another key id than that of the environment, to tell them apart.
SECRETS = from_environment(aws_access_key_id="KEY", aws_secret_access_key="SECRET")
TOKEN = from_environment(aws_session_token="TOKEN")
PROFILES = f"""[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = {canary.SECRET}
[team]
aws_access_key_id = AKIDTEAM
aws_secret_access_key = {canary.SECRET}
"""
NO_KEYS = dict.fromkeys(canary.KEYS)
# (claim, members, variables, key, region, token)
SIGNERS = [
    ("keys of the environment", {}, {}, canary.KEY_ID, "us-east-1", canary.TOKEN),
    ("keys of the secrets", {"secrets": SECRETS}, {}, "AKIDSECRETS", "us-east-1", None),
    ("a token of the secrets", {"secrets": SECRETS | TOKEN}, {},
     "AKIDSECRETS", "us-east-1", canary.TOKEN),
    ("groups of secrets are not looked into", {"secrets": {"aws": SECRETS}}, NO_KEYS, "AKIDDEFAULT",
     "us-east-1", None),
    ("a profile", {"configuration": {"aws_region": "eu-west-3", "aws_profile_name": "team"}}, NO_KEYS,
     "AKIDTEAM", "eu-west-3", None),
]


class Signed(unittest.TestCase):
    """An endpoint that records."""
    maxDiff = None

    def play(self, recorder, program, played, variables, begun=None):
        folder = Folder(self)
        (folder.path / "credentials").write_text(PROFILES)
        return folder.play(program, played, {
            "KEY": "AKIDSECRETS", "SECRET": canary.SECRET, "TOKEN": canary.TOKEN,
            "AWS_ENDPOINT_URL": recorder.url,
            "AWS_SHARED_CREDENTIALS_FILE": str(folder.path / "credentials"), **variables}, begun=begun)

    def recorder(self, status=200):
        recorder = Recorder(status)
        self.addCleanup(recorder.server_close)
        self.addCleanup(recorder.shutdown)
        return recorder

    def test_requests_are_signed_as_python_signs_them(self):
        for claim, members, variables, *signer in SIGNERS:
            with self.subTest(claim):
                expected = [("GET", "/", *signer), ("PUT", f"/{BUCKET}/d/journal.json", *signer)]
                for program, more in (([CHAOS], NATIVE), ([CHAOS], BY_PYTHON), (reference(), {})):
                    recorder = self.recorder()
                    self.play(recorder, program, experiment({"dirpath": "d"}, members),
                              {**more, **variables})
                    self.assertEqual(recorder.seen, expected)

    def test_a_native_control_may_list_groups_of_secrets_as_an_activity_does(self):
        played = experiment({"dirpath": "d"}, {"secrets": {"aws": SECRETS}})
        played["controls"][0]["provider"]["secrets"] = ["none", "aws"]
        recorder = self.recorder()
        self.play(recorder, [CHAOS], played, NATIVE)
        self.assertEqual([request[2] for request in recorder.seen], 2 * ["AKIDSECRETS"])

    def test_an_upload_that_is_never_answered_can_be_interrupted(self):
        for variables in NATIVE, BY_PYTHON:  # the reference loses the journal
            recorder = self.recorder()
            recorder.release.clear()
            self.addCleanup(recorder.release.set)
            begun, start = [], time.monotonic()
            interrupter = threading.Thread(target=lambda: (
                recorder.asked.wait(DEADLINE_S), begun[0].send_signal(signal.SIGINT)))
            interrupter.start()
            run = self.play(recorder, [CHAOS], experiment({"dirpath": "d"}, {}), variables, begun)
            interrupter.join()
            self.assertFalse(recorder.release.is_set())
            self.assertLess(time.monotonic() - start, 30)  # botocore waits for 60 s
            self.assertEqual((run.status, run.journal["status"]), (0, "completed"))
            self.assertNotIn("extra", run.journal)

    def test_a_refused_upload_leaves_no_address_in_the_journal(self):
        played = experiment({"dirpath": "d"}, {})
        native = self.play(self.recorder(403), [CHAOS], played, NATIVE)
        theirs = self.play(self.recorder(403), reference(), played, {})
        self.assertEqual((native.status, theirs.status), (0, 0))
        self.assertNotIn("extra", native.journal)
        self.assertIn("extra", theirs.journal)  # of an object that is not there
        self.assertEqual(len(native.errors()), 1)
        self.assertIn("An error occurred (AccessDenied) when calling the PutObject operation: no",
                      native.errors()[0])


if __name__ == "__main__":
    reference_python.enter("boto3", "moto", "chaosaws")
    CHAOS = os.path.abspath(sys.argv.pop(1))
    unittest.main()
