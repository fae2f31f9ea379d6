#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Unique secrets go through every source, provider and way to fail; no artefact may hold one.

usage: test_canary.py CHAOS [unittest arguments]

A canary is a value with characters that URLs, JSON and Python escape, around a random core. What is
looked for is the core: as it is, in base64 at any place of a group of three, and in hexadecimal. So a
form of the value that the product does not know is found too.
"""
import html
import http.server
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from canary import needles  # noqa: E402

CHAOS = os.path.abspath(sys.argv.pop(1))
SOURCES = ("env", "var-file-json", "var-file-yaml", "dot-env", "vault", "vault-all", "nested", "lines",
           "digits", "wide")

GUEST = '''
import logging, urllib.parse
from chaoslib.exceptions import ActivityFailed
logger = logging.getLogger("chaostoolkit")

def give(secrets):
    logger.info("got %s", secrets)
    return secrets

def as_bytes(word):
    return word.encode()

def as_key(word):
    return {word: [word, {"deep": word}]}

def quoted(word):
    return ["https://x/?" + urllib.parse.urlencode({"q": word}), urllib.parse.quote(word), repr(word)]

def fail(word):
    raise ActivityFailed("no " + word)

def crash(word):
    logger.error("about to crash with %r", word)
    raise ValueError("bad", {"password": word}, word.encode())

def wrong_type(word):
    return int(word)

def configure_control(experiment, configuration, secrets, settings):
    logger.warning("control sees %s", secrets)

def before_experiment_control(context, secrets, configuration):
    context["contributions"] = {"note": "high"}
    context["tags"] = [str(v) for v in secrets["bank"].values()]

def after_activity_control(context, state, secrets):
    if state is not None:
        state["seen"] = repr(secrets)

def after_experiment_control(context, state, secrets):
    state["left"] = {"here": secrets}

def notify(settings, event):
    logger.debug("told of %s", event)
'''


def values():
    """name -> (value, core)"""
    found = {}
    for name in SOURCES:
        core = secrets.token_hex(8)
        value = f"{name}+{core}/x y&z%?\"q'\\{core}"
        if name == "digits":
            core = value = str(secrets.randbelow(10**12) + 10**12)
        elif name == "wide":
            value = f"é{core}ü€😀"
        elif name == "lines":
            value = f"-----BEGIN X-----\nline-{core}-{core}\nmore-{core}\n-----END X-----"
        found[name] = (value, core)
    return found


class World(http.server.BaseHTTPRequestHandler):
    """Vault, an endpoint that repeats what it is told, and a channel for notifications."""
    vault = {}
    notified = []
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, content, kind="application/json"):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("X-Echo", self.headers.get("X-Key", "none").encode("latin-1", "replace").decode("latin-1"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Authorization", "").startswith("AWS4"):  # it tells all it was told
            return self.reply(403, f"<Response><Errors><Error><Code>AuthFailure</Code><Message>"
                              f"{html.escape(str(self.headers) + str(body))}</Message></Error></Errors></Response>".encode(), "text/xml")
        if self.path == "/notify":
            self.notified.append(body)
            return self.reply(500, {})
        return self.reply(200, {"path": self.path, "headers": dict(self.headers),
                                "body": body.decode(errors="replace")})

    def do_GET(self):
        if self.path.startswith("/v1/"):
            return self.reply(200, {"data": {"data": self.vault}})
        if self.path.startswith("/text"):
            return self.reply(200, f"you asked {self.path} with {self.headers}".encode(), "text/plain")
        if self.path.startswith("/broken"):
            return self.reply(200, f"{{not json {self.path}".encode())
        if self.path.startswith("/drop"):
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "/text" + self.path)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        return self.reply(404 if self.path.startswith("/none") else 200, {"path": self.path})


def process(path, *arguments, **more):
    return {"type": "process", "path": path, "arguments": list(arguments), **more}


def python(func, **arguments):
    return {"type": "python", "module": "guest", "func": func, "arguments": arguments}


class Canary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), World)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.url = f"http://127.0.0.1:{cls.server.server_address[1]}"
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="canary-")
        self.addCleanup(folder.cleanup)
        self.place = Path(folder.name)
        self.inputs = Path(tempfile.mkdtemp(prefix="inputs-", dir=folder.name))
        self.values = values()
        World.notified.clear()
        World.vault = {"password": self.values["vault"][0],
                       "more": {"list": [self.values["vault-all"][0]]}}
        (self.inputs / "guest.py").write_text(GUEST)
        (self.inputs / "one.json").write_text(json.dumps(
            {"secrets": {"one": {"a": self.values["var-file-json"][0]}}}))
        (self.inputs / "two.yaml").write_text(
            "secrets:\n  two:\n    b: " + json.dumps(self.values["var-file-yaml"][0]) + "\n")
        (self.inputs / "three.env").write_text("CANARY_DOT=" + self.values["dot-env"][0] + "\n")
        (self.place / "settings.yaml").write_text(json.dumps({"notifications": [
            {"type": "http", "url": self.url + "/notify"},
            {"type": "plugin", "module": "guest"}]}))
        self.env = {**os.environ, "HOME": str(self.place), "XDG_STATE_HOME": str(self.place / "state"),
                    "PYTHONPATH": str(self.inputs), "CHAOS_PYTHON": sys.executable,
                    "AWS_ENDPOINT_URL": self.url, "AWS_EC2_METADATA_DISABLED": "true",
                    "AWS_DEFAULT_REGION": "us-east-1",
                    **{f"CANARY_{i}": self.values[name][0] for i, name in
                       enumerate(("env", "nested", "lines", "digits", "wide"))}}

    def experiment(self, method, **more):
        def env(key):
            return {"type": "env", "key": key}
        bank = {"env": env("CANARY_0"), "deep": {"nested": env("CANARY_1")}, "lines": env("CANARY_2"),
                "digits": env("CANARY_3"), "wide": env("CANARY_4"), "dot": env("CANARY_DOT"),
                "vault": {"type": "vault", "path": "x",
                                                                "key": "password"}}
        whole = {"title": "canaries ${env}", "description": "d", "controls": [
                     {"name": "c", "provider": {"type": "python", "module": "guest"}}],
                 "configuration": {"vault_addr": self.url, "vault_token": "t",
                                   "from_env": env("CANARY_0"),
                                   "dynamic": {"type": "probe", "name": "ask", "provider": python(
                                       "fail", word="${env}")}},
                 "secrets": {"bank": bank, "one": {"a": env("NONE")},
                             "two": {"b": env("NONE")},
                             "aws": {"aws_access_key_id": env("CANARY_3"),
                                     "aws_secret_access_key": env("CANARY_0"),
                                     "aws_session_token": env("CANARY_DOT")}, "all": {"v": {"type": "vault", "path": "x"}}},
                 "method": method, **more}
        (self.place / "experiment.json").write_text(json.dumps(whole))

    def command(self, *words, before=()):
        return [CHAOS, "--settings", "settings.yaml", "--log-file", "chaos.log", "--verbose", *before,
                "run", "--var-file", str(self.inputs / "one.json"), "--var-file",
                str(self.inputs / "two.yaml"), "--var-file", str(self.inputs / "three.env"),
                "--no-validation", "--events-file", "ev.ndjson", *words, "experiment.json"]

    def play(self, *words, before=(), code=None):
        with open(self.place / "stdout", "wb") as out, open(self.place / "stderr", "wb") as err:
            done = subprocess.run(self.command(*words, before=before), cwd=self.place, env=self.env,
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=err, timeout=60,
                                  check=False)
        if code is not None:
            self.assertEqual(done.returncode, code, (self.place / "stderr").read_text()[-2000:])
        self.sweep()

    def sweep(self):
        """No canary in any file, nor in what was sent as a notification; yet they were met."""
        (self.place / "notified").write_bytes(b"\n".join(World.notified))
        files = [path for path in self.place.rglob("*")
                 if path.is_file() and self.inputs not in path.parents]
        self.assertIn("journal.json", {path.name for path in files})
        everything = b""
        for path in files:
            content = path.read_bytes()
            everything += content
            for name, (_, core) in self.values.items():
                for needle in needles(core):
                    at = content.find(needle)
                    if at >= 0:
                        self.fail(f"{name} in {path.relative_to(self.place)}: "
                                  f"{content[max(0, at - 200):at + 80]!r}")
        self.assertIn(b"***(secret env)", everything)

    def words(self):
        return ["${env}", "${nested}", "${lines}", "${digits}", "${wide}", "${dot}", "${a}", "${b}",
                "${vault}", "${v}"]

    def test_what_works_and_shows_them(self):
        words = self.words()
        method = [
            {"type": "probe", "name": "out", "provider": process("echo", *words)},
            {"type": "probe", "name": "err", "provider": process("sh", "-c", 'printf %s "$1" >&2', "-", "${env}")},
            {"type": "probe", "name": "env", "provider": process("env")},
            {"type": "action", "name": "python", "provider": {**python("give"), "secrets": ["bank", "all"]},
             "rollback": {"provider": process("echo", *words)}},
            {"type": "probe", "name": "http", "provider": {
                "type": "http", "url": self.url + "/echo/${env}?q=${dot}", "method": "POST",
                "headers": {"X-Key": "${env}", "X-A": "${a}", "X-Digits": "${digits}"},
                "arguments": {"b": "${b}", "v": "${v}", "w": "${wide}", "l": "${lines}"}}},
            {"type": "probe", "name": "json", "provider": {
                "type": "http", "url": self.url + "/echo", "method": "POST",
                "headers": {"Content-Type": "application/json"},
                "arguments": {"b": words, "n": "${digits}"}}},
            {"type": "probe", "name": "text", "provider": {
                "type": "http", "url": self.url + "/text", "arguments": {"q": "${env}"}}},
            {"type": "probe", "name": "away", "provider": {
                "type": "http", "url": self.url + "/away", "arguments": {"q": "${env}"}}},
        ]
        for func in ("as_bytes", "as_key", "quoted"):
            for word in words[:6]:
                method.append({"type": "probe", "name": func, "provider": python(func, word=word)})
        method.append({"type": "probe", "name": "number", "tolerance": 1, "provider": python(
            "wrong_type", word="${digits}")})
        self.experiment(method, rollbacks=[{"type": "action", "name": "own", "provider": process(
            "echo", *words)}])
        self.play("--output", "agent", code=0)
        self.assertGreaterEqual(len(World.notified), 2)
        journal = json.loads((self.place / "journal.json").read_text())
        self.assertEqual({run["status"] for run in journal["run"]}, {"succeeded"})
        self.assertIn("***(secret vault)", json.dumps(journal["left"]))
        self.assertEqual(journal["run"][0]["output"]["stdout"].count("***("), 10)

    def test_the_json_log(self):
        self.experiment([{"type": "probe", "name": "out", "provider": process("echo", *self.words())},
                         {"type": "probe", "name": "fail", "provider": python("crash", word="${wide}")}])
        self.play(before=("--log-format", "json"), code=0)

    def test_what_fails_and_shows_them(self):
        words = self.words()
        method = [
            {"type": "probe", "name": "code", "provider": process("sh", "-c", 'printf %s "$1"; exit 3', "-", "${env}")},
            {"type": "probe", "name": "slow", "provider": process(
                "sh", "-c", 'printf %s "$1"; sleep 9', "-", "${env}", timeout=0.2)},
            {"type": "probe", "name": "host", "provider": {
                "type": "http", "url": "http://127.0.0.1:1/${env}", "arguments": {"q": "${b}"}}},
            {"type": "probe", "name": "user", "provider": {
                "type": "http", "url": "http://u:${digits}@127.0.0.1:1/"}},
            {"type": "probe", "name": "drop", "provider": {
                "type": "http", "url": self.url + "/drop?${dot}", "timeout": 1}},
            {"type": "probe", "name": "broken", "provider": {
                "type": "http", "url": self.url + "/broken/${env}"}},
            {"type": "probe", "name": "none", "provider": {
                "type": "http", "url": self.url + "/none/${env}"}},
            {"type": "probe", "name": "tcp", "provider": {
                "type": "native", "module": "chaos.net.probes", "func": "tcp_echo",
                "arguments": {"host": "127.0.0.1", "port": 1, "message": "${env}"}}},
            {"type": "probe", "name": "name", "provider": {
                "type": "native", "module": "chaos.net.probes", "func": "dns_lookup",
                "arguments": {"name": "${env}", "server": "127.0.0.1"}}},
            {"type": "probe", "name": "get", "provider": {
                "type": "native", "module": "chaos.net.probes", "func": "http_get",
                "arguments": {"url": "ftp://${env}"}}},
            {"type": "action", "name": "aws", "provider": {
                "type": "native", "module": "chaos.aws.actions", "func": "call", "secrets": ["aws"],
                "arguments": {"service": "ec2", "operation": "StopInstances", "parameters": {
                    "InstanceIds": ["${wide}"]}}}},
        ]
        for func in ("fail", "crash", "wrong_type"):
            for word in words[:6]:
                method.append({"type": "probe", "name": func, "provider": python(func, word=word)})
        method.append({"type": "probe", "name": "later", "background": True, "provider": python(
            "crash", word="${env}")})
        self.experiment(method, rollbacks=[{"type": "action", "name": "own", "provider": python(
            "crash", word="${env}")}])
        self.play(code=0)
        runs = {run["activity"]["name"]: run for run in json.loads(
            (self.place / "journal.json").read_text())["run"]}
        told = "".join(runs["aws"]["exception"])
        self.assertIn("AuthFailure", told)  # the endpoint was reached, and told what it had seen
        self.assertIn("***(secret digits)", told)

    def test_what_aborts_and_shows_them(self):
        for name, provider, more in (
                ("no program", process("/no/${env}", "x"), {}),
                ("no scheme", {"type": "http", "url": "${env}"}, {}),
                ("a header", {"type": "http", "url": self.url, "headers": {"X": "${lines}"}}, {}),
                ("no function", {"type": "python", "module": "guest", "func": "${env}"}, {}),
                ("a pause", process("true"), {"pauses": {"before": "${env}"}}),
                ("a timeout", process("true", timeout="${env}"), {})):
            with self.subTest(name):
                self.experiment([{"type": "action", "name": "x", "provider": provider, **more}])
                self.play()

    def test_a_variable_file_that_is_broken(self):
        self.experiment([])
        for text in (f"A=1\n{self.values['env'][0]}\n", f"export A {self.values['env'][0]}\n"):
            (self.inputs / "three.env").write_text(text)
            with self.subTest(text[:6]):
                done = subprocess.run(self.command(), cwd=self.place, env=self.env, timeout=60,
                                      stdin=subprocess.DEVNULL, capture_output=True, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(b"must have the form NAME=value", done.stderr)
                self.assertNotIn(self.values["env"][1].encode(), done.stderr + done.stdout +
                                 (self.place / "chaos.log").read_bytes())

    def test_a_hypothesis_that_shows_them(self):
        for number, tolerance in enumerate((
                "${env}", {"type": "regex", "pattern": "${env}", "target": "stdout"},
                {"type": "jsonpath", "path": "$.${env}", "target": "stdout"},
                {"type": "probe", "name": "t", "provider": python("crash", word="${env}")})):
            with self.subTest(number):
                probe = {"type": "probe", "name": "p", "tolerance": tolerance,
                         "provider": process("echo", "${env}")}
                self.experiment([], **{"steady-state-hypothesis": {
                    "title": "h ${dot}", "probes": [probe]}})
                self.play("--output", "agent")

    def killed(self, number, with_guardian=False):
        words = self.words()
        self.experiment([
            {"type": "action", "name": "shows", "provider": process("echo", *words),
             "rollback": {"provider": process("sh", "-c", 'printf %s "$@"; touch undone', "-", *words)}},
            {"type": "probe", "name": "begun", "provider": process("touch", "begun")},
            {"type": "action", "name": "wait", "provider": process("sh", "-c", "sleep 60", "-", "${env}")}])
        with open(self.place / "stderr", "wb") as err, subprocess.Popen(
                self.command(), cwd=self.place, env=self.env, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=err) as run:
            self.until(lambda: (self.place / "begun").exists() and
                       self.log().count("activity-started") == 3)
            if with_guardian:
                for pid in Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split():
                    if Path(f"/proc/{pid}/comm").read_text().startswith("chaos-guard"):
                        os.kill(int(pid), signal.SIGKILL)
            run.send_signal(number)
            run.wait(timeout=30)

    def log(self):
        return "".join(path.read_text(errors="replace")
                       for path in self.place.glob("state/chaos/runs/*/events.ndjson"))

    def until(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), deadline, "it did not happen")
            time.sleep(0.01)

    def test_an_interrupted_run(self):
        self.killed(signal.SIGTERM)
        self.assertTrue((self.place / "undone").exists())
        self.sweep()

    def test_a_killed_run_and_its_guardian_s_work(self):
        self.killed(signal.SIGKILL)
        self.until(lambda: "log-closed" in self.log())
        self.assertTrue((self.place / "undone").exists())
        self.sweep()

    def test_a_recovery(self):
        self.killed(signal.SIGKILL, with_guardian=True)
        with open(self.place / "recovered", "wb") as out:
            for words in (("--list",), ("--all",)):
                subprocess.run([CHAOS, "--verbose", "--log-file", "chaos.log", "recover", *words],
                               cwd=self.place, env=self.env, stdout=out, stderr=out, timeout=60,
                               check=True)
        self.assertTrue((self.place / "undone").exists())
        self.sweep()


if __name__ == "__main__":
    unittest.main()
