#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bodies that go from files to AWS and back: of any size, whole or not at all, in little memory.

usage: test_aws_streams.py CHAOS [unittest arguments]

A server on loopback takes and gives objects, and fails as each test tells it. CHAOS_SANITIZED says
that the memory CHAOS takes is a sanitizer's.
"""
import base64
import contextlib
import hashlib
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402
from script_server import ScriptServer, reply  # noqa: E402

DEADLINE_S = 120
GIB = 1 << 30
MIB = 1 << 20
PEAK_KIB = 24 * 1024
CHAOS = None


def s3_error(status, code):
    return reply(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode(),
                 "Connection: close")


class Connection:
    """The server's end of one connection, with one request read up to its body."""

    def __init__(self, server, client):
        self.server, self.client = server, client
        self.rest = b""
        self.body_size = 0
        self.sha256 = hashlib.sha256()

    def read_head(self):
        while b"\r\n\r\n" not in self.rest:
            piece = self.client.recv(65536)
            if not piece:
                return False
            self.rest += piece
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        self.method, self.target, _ = lines[0].split(" ")
        self.headers = {name.lower(): value for name, value in
                        (line.split(": ", 1) for line in lines[1:])}
        self.length = int(self.headers.get("content-length", 0))
        return True

    def allow(self):
        if self.headers.get("expect"):
            self.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def read_body(self, most=None):
        """All of the body, or about `most` bytes of it."""
        wanted = self.length if most is None else min(most, self.length)
        while True:
            self.sha256.update(self.rest)
            self.body_size += len(self.rest)
            if self.body_size >= wanted:
                break
            self.rest = self.client.recv(MIB)
            if not self.rest:
                return False
        self.rest = b""
        return True

    def take(self):
        """Take the body in and note it."""
        self.allow()
        is_whole = self.read_body()
        self.server.bodies.append((self.body_size, self.sha256.hexdigest(), is_whole))
        return is_whole


class Server(ScriptServer):
    """A script is a function of a Connection; what it returns is sent."""

    def __init__(self, *scripts, context=None):
        self.context = context
        self.scheme = "https" if context else "http"
        self.bodies, self.seen = [], []
        self.is_busy = threading.Event()
        super().__init__(*scripts)

    def serve(self, client):
        script = self.next_script()
        with contextlib.suppress(OSError):
            if self.context:
                client = self.context.wrap_socket(client, server_side=True)
            with client:
                connection = Connection(self, client)
                if connection.read_head():
                    self.seen.append(connection)
                    answer = script(connection)
                    if answer is not None:
                        client.sendall(answer)
                        # A reset must not overtake what was said.
                        client.shutdown(socket.SHUT_WR) if not self.context else None


def store(connection):
    return reply(200, b"", 'ETag: "e"') if connection.take() else None


def refuse_at_once(connection):
    connection.client.sendall(s3_error(403, "AccessDenied"))
    connection.server.over.wait(0.2)


def refuse_midway(connection):
    connection.allow()
    connection.read_body(MIB)
    connection.client.sendall(s3_error(403, "AccessDenied"))


def hang_up_midway(connection):
    connection.allow()
    connection.read_body(MIB)


def read_nothing(connection):
    connection.allow()
    connection.server.over.wait(DEADLINE_S)


def give(body, length=None, *headers):
    return lambda connection: reply(200, body, *headers, length=length)


def give_and_stall(connection):
    connection.client.sendall(reply(200, b"x" * MIB, length=8 * MIB))
    connection.server.is_busy.set()
    connection.server.over.wait(DEADLINE_S)


def give_a_gib(connection):
    connection.client.sendall(reply(200, length=GIB))
    piece = b"\0" * MIB
    for _ in range(GIB // MIB):
        connection.client.sendall(piece)


def watch_peak(process):
    """The peak of memory of a process that is to end in time, in KiB. What its parent is told when
    it ends would be that of the fork, too."""
    peak, until = 0, time.monotonic() + DEADLINE_S
    while process.poll() is None:
        if time.monotonic() > until:
            raise TimeoutError(f"{process.args} takes longer than {DEADLINE_S} s")
        status = Path(f"/proc/{process.pid}/status").read_text()
        if found := re.search(r"VmHWM:\s+(\d+)", status):
            peak = int(found[1])
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.002)
    return peak


class Streams(unittest.TestCase):
    def setUp(self):
        folder = canary.Folder("body", "files/out")  # objects, some of them of 1 GiB
        self.addCleanup(folder.cleanup)
        self.folder = folder.path
        (self.folder / "files").mkdir()
        self.out = self.folder / "files/out"
        self.body = self.folder / "body"
        self.content = os.urandom(MIB) * 8
        self.body.write_bytes(self.content)
        self.more_env = {}

    def start(self, *scripts, context=None):
        self.server = Server(*scripts, context=context)
        self.addCleanup(self.server.close)

    def env(self):
        return canary.environment(
            HOME=str(self.folder), AWS_ENDPOINT_URL=self.server.url, AWS_MAX_ATTEMPTS="2",
            TMPDIR=str(self.folder)) | self.more_env

    def aws(self, *words, stdin=subprocess.DEVNULL, **more):
        """Run `chaos aws WORDS`; its peak of memory is in self.peak_kib."""
        started = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = subprocess.Popen([CHAOS, "aws", *map(str, words)], env=self.env(),
                                       stdin=stdin, stdout=out, stderr=err, **more)
            try:
                self.peak_kib = watch_peak(process)
            finally:
                process.kill()
                process.wait()
            out.seek(0), err.seek(0)
            done = subprocess.CompletedProcess([], process.returncode, out.read(),
                                               err.read().decode())
        canary.sweep(done.stdout, done.stderr)
        self.seconds = time.monotonic() - started
        if done.returncode in (1, 3, 4):
            self.assertRegex(done.stderr, r"\AError: [^\n]+\n\Z")
        return done

    def put(self, *words, body=None, **more):
        return self.aws("s3", "put-object", "--bucket", "b", "--key", "k", "--body",
                        body or self.body, *words, **more)

    def get(self, *words, **more):
        return self.aws("s3", "get-object", "--bucket", "b", "--key", "k", *words, **more)

    def assert_put(self, done, bodies=1):
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        whole = (len(self.content), hashlib.sha256(self.content).hexdigest(), True)
        self.assertEqual(self.server.bodies, [whole] * bodies)

    def assert_got(self, done, content):
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.out.read_bytes(), content)
        self.assertEqual(os.listdir(self.out.parent), ["out"])

    def assert_fails(self, done, code, text):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(text, done.stderr)

    def assert_peak(self):
        if not os.environ.get("CHAOS_SANITIZED"):
            self.assertLess(self.peak_kib, PEAK_KIB)

    # Size

    def test_a_gib_is_sent_in_little_memory(self):
        self.start(store)
        with open(self.body, "wb") as body:
            body.truncate(GIB)
        done = self.put()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        size, digest, _ = self.server.bodies[0]
        self.assertEqual(size, GIB)
        self.assertEqual(self.server.seen[0].headers["x-amz-content-sha256"], digest)
        self.assert_peak()

    def test_a_gib_is_fetched_in_little_memory(self):
        self.start(give_a_gib)
        done = self.get(self.out)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.out.stat().st_size, GIB)
        self.assertEqual(json.loads(done.stdout)["ContentLength"], GIB)
        self.assert_peak()

    def test_an_empty_file_is_a_body(self):
        self.start(store)
        self.content = b""
        self.body.write_bytes(b"")
        self.assert_put(self.put())
        self.assertEqual(self.server.seen[0].headers["content-length"], "0")

    # Sending

    def test_a_body_of_unknown_length_is_taken_from_a_pipe(self):
        self.start(store)
        with open(self.body, "rb") as body:
            cat = subprocess.Popen(["cat"], stdin=body, stdout=subprocess.PIPE)
            with cat.stdout:
                self.assert_put(self.put(body="-", stdin=cat.stdout))
            cat.wait(DEADLINE_S)
        self.assertEqual(sorted(os.listdir(self.folder)), ["body", "files"])

    def test_a_file_on_the_standard_input_is_sent(self):
        self.start(store)
        with open(self.body, "rb") as body:
            self.assert_put(self.put(body="-", stdin=body))

    def test_a_try_after_an_error_sends_the_whole_body_again(self):
        def busy(connection):
            return s3_error(503, "SlowDown") if connection.take() else None
        self.start(busy, store)
        self.assert_put(self.put(), bodies=2)

    def test_a_connection_that_is_cut_in_a_body_gets_it_again(self):
        self.start(hang_up_midway, store)
        self.assert_put(self.put())
        self.start(hang_up_midway)
        self.assert_fails(self.put(), 1, "127.0.0.1")
        self.assertEqual(self.server.count, 2)

    def test_a_refusal_before_the_body_is_told_and_the_body_stays_here(self):
        self.start(refuse_at_once)
        self.assert_fails(self.put(), 3, "(AccessDenied)")
        self.assertEqual(self.server.count, 1)

    def test_a_refusal_in_the_middle_of_the_body_is_told(self):
        self.start(refuse_midway)
        for _ in range(3):  # whichever of the two is first
            self.assert_fails(self.put(), 3, "(AccessDenied)")

    def test_a_server_that_gives_no_leave_gets_the_body_all_the_same(self):
        def mute(connection):
            connection.headers.pop("expect")
            return store(connection)
        self.start(mute)
        self.assert_put(self.put())

    def test_a_server_that_reads_nothing_ends_with_the_read_timeout(self):
        with open(self.body, "wb") as body:
            body.truncate(64 * MIB)
        self.start(read_nothing)
        self.assert_fails(self.put("--read-timeout", "0.4"), 1, "takes no more of the request")
        self.assertLess(self.seconds, 20)

    def test_a_file_that_changes_while_it_is_sent_is_not_sent_whole(self):
        def change(connection):
            with open(self.body, "ab") as body:
                body.write(b"more")
            connection.take()
        self.start(change)
        self.assert_fails(self.put(), 1, f"'{self.body}' has changed while it was being sent")
        self.assertEqual(self.server.count, 1)
        time_limit = time.monotonic() + DEADLINE_S
        while not self.server.bodies and time.monotonic() < time_limit:
            time.sleep(0.01)
        self.assertFalse(self.server.bodies[0][2])

    def test_what_cannot_be_read_is_misuse(self):
        self.start(store)
        self.assert_fails(self.put(body=self.folder / "none"), 2, "No such file")
        self.assertEqual(self.server.count, 0)
        self.assert_fails(self.put(body=self.folder), 1, "is a directory")
        self.assertEqual(self.server.count, 0)

    def test_a_json_document_names_a_file_as_well(self):
        self.start(store)
        params = self.folder / "params.json"
        params.write_text(json.dumps({"Bucket": "b", "Key": "k", "Body": {"file": str(self.body)}}))
        self.assert_put(self.aws("s3", "put-object", "--json", params))
        params.write_text(json.dumps({"Bucket": "b", "Key": "k", "Body": {"path": "x"}}))
        self.assert_fails(self.aws("s3", "put-object", "--json", params), 2,
                          "Invalid type for parameter Body")

    def test_bytes_in_the_parameters_are_hashed_like_those_of_a_file(self):
        self.start(store)
        params = {"vaultName": "v", "body": base64.b64encode(self.content).decode()}
        document = self.folder / "params.json"
        for body in (params["body"], {"file": str(self.body)}):
            document.write_text(json.dumps(params | {"body": body}))
            self.aws("glacier", "upload-archive", "--json", document)
        self.assertEqual(*[(seen.headers["x-amz-content-sha256"],
                            seen.headers["x-amz-sha256-tree-hash"]) for seen in self.server.seen])

    # Fetching

    def test_the_outfile_stands_where_the_aws_cli_has_it_and_elsewhere(self):
        self.start(give(b"hello"))
        flags = ["--bucket", "b", "--key", "k"]
        for words in ([*flags, self.out], [self.out, *flags], ["--bucket", "b", self.out, *flags[2:]],
                      [*flags, "--region", "eu-west-1", self.out],
                      [*flags[2:], self.out, "--region", "eu-west-1", *flags[:2]],
                      [*flags, "--", self.out]):
            with self.subTest(words):
                done = self.aws("s3", "get-object", *words)
                self.assert_got(done, b"hello")
                self.assertNotIn("Body", json.loads(done.stdout))
                self.out.unlink()

    def test_an_outfile_behind_a_boolean_is_not_its_value(self):
        self.start(give(b"hello"))
        for flag, query in (("--include-extensions", "true"), ("--no-include-extensions", "false")):
            for words in ([flag, self.out], [self.out, flag]):
                done = self.aws("apigatewayv2", "export-api", "--api-id", "a", "--output-type",
                                "JSON", "--specification", "OAS30", *words)
                self.assert_got(done, b"hello")
                self.assertIn(f"includeExtensions={query}", self.server.seen[-1].target)
                self.out.unlink()

    def test_the_standard_output_gets_the_body_alone(self):
        self.start(give(b"\0hello\xff"))
        self.assertEqual(self.get("-").stdout, b"\0hello\xff")

    def test_a_body_may_be_empty_or_come_in_chunks(self):
        chunked = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                   b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        for answer, content in ((reply(200), b""), (chunked, b"abcde")):
            self.start(lambda _, answer=answer: answer)
            self.assert_got(self.get(self.out), content)

    def test_an_error_is_told_and_leaves_the_file_alone(self):
        for status, code, ends in ((404, "NoSuchKey", 3), (500, "InternalError", 4)):
            self.start(lambda _, answer=s3_error(status, code): answer)
            self.assert_fails(self.get(self.out), ends, f"({code})")
            self.assertEqual(os.listdir(self.out.parent), [])
            self.out.write_text("old")
            self.assert_fails(self.get(self.out), ends, f"({code})")
            self.assertEqual(self.out.read_text(), "old")
            self.out.unlink()

    def test_an_error_and_then_a_body_is_a_success(self):
        self.start(lambda _: s3_error(503, "SlowDown"), give(b"hello"))
        self.assert_got(self.get(self.out), b"hello")

    def test_a_body_that_is_cut_is_fetched_again_from_its_begin(self):
        self.start(give(b"longer than the other", length=100), give(b"hello"))
        self.assert_got(self.get(self.out), b"hello")

    def test_a_body_that_is_never_whole_leaves_the_old_file(self):
        for answer in (reply(200, b"half", length=100),
                       b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf"):
            self.start(lambda _, answer=answer: answer)
            self.assert_fails(self.get(self.out), 1, "before the answer was whole")
            self.assertEqual(os.listdir(self.out.parent), [])
            self.out.write_text("old")
            self.get(self.out)
            self.assertEqual(self.out.read_text(), "old")
            self.out.unlink()

    def test_what_is_written_to_a_pipe_is_not_written_twice(self):
        self.start(give(b"half", length=100))
        done = self.get("-")
        self.assertEqual((done.returncode, done.stdout, self.server.count), (1, b"half", 1))

    def test_a_stall_in_the_body_ends_with_the_read_timeout(self):
        self.start(give_and_stall)
        self.assert_fails(self.get(self.out, "--read-timeout", "0.4"), 1, "in time")
        self.assertEqual(os.listdir(self.out.parent), [])
        self.assertLess(self.seconds, 20)

    def test_a_full_disk_is_told_and_leaves_nothing(self):
        self.start(give(self.content))
        done = self.get(self.out, restore_signals=False,  # Python ignores SIGXFSZ
                        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB)))
        self.assert_fails(done, 1, f"'{self.out}'")
        self.assertIn("File too large", done.stderr)
        self.assertEqual((self.server.count, os.listdir(self.out.parent)), (1, []))

    def test_a_kill_in_the_middle_leaves_nothing(self):
        self.start(give_and_stall)
        process = subprocess.Popen(
            [CHAOS, "aws", "s3", "get-object", "--bucket", "b", "--key", "k", str(self.out)],
            env=self.env(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertTrue(self.server.is_busy.wait(DEADLINE_S))
        process.kill()
        process.wait(DEADLINE_S)
        self.assertEqual(os.listdir(self.out.parent), [])

    def test_an_outfile_for_what_has_no_body_is_misuse(self):
        self.start(store)
        self.assert_fails(self.aws("s3", "list-buckets", self.out), 2, "no body of its own")
        self.assert_fails(self.get(self.out, "--presign", "60"), 2, "presigned")
        self.assert_fails(self.get("a", "b"), 2, "takes one value")
        self.assertEqual(self.server.count, 0)

    # TLS, which libcurl makes

    def tls_context(self):
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        made = subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=fracas-test",
             "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
            capture_output=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.more_env["AWS_CA_BUNDLE"] = str(certificate)
        return context

    def test_bodies_go_through_tls_both_ways(self):
        context = self.tls_context()
        self.start(store, context=context)
        self.assert_put(self.put())
        self.assertEqual(self.server.seen[0].headers["x-amz-content-sha256"],
                         hashlib.sha256(self.content).hexdigest())
        self.assert_peak()
        self.start(give(self.content), context=context)
        self.assert_got(self.get(self.out), self.content)
        self.assert_peak()

    def test_tls_with_a_checksum_needs_no_hash_of_the_body(self):
        self.start(store, context=self.tls_context())
        self.assert_put(self.put("--content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="))
        self.assertEqual(self.server.seen[0].headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD")

    def test_trouble_within_tls_ends_like_trouble_without(self):
        context = self.tls_context()
        self.start(refuse_at_once, context=context)
        self.assert_fails(self.put(), 3, "(AccessDenied)")
        self.start(hang_up_midway, store, context=context)
        self.assert_put(self.put())
        self.start(give(b"half", length=100), context=context)
        self.assert_fails(self.get(self.out), 1, "before the answer was whole")
        self.assertEqual(os.listdir(self.out.parent), [])

    # Experiments

    def experiment(self, *activities):
        path = self.folder / "experiment.json"
        path.write_text(json.dumps({
            "title": "Bodies", "description": "In files.", "rollbacks": [], "method": [
                {"type": kind, "name": name, "provider": {
                    "type": "native", "module": f"chaos.aws.{kind}s", "func": "call",
                    "arguments": arguments}} for kind, name, arguments in activities]}))
        return [CHAOS, "run", "--journal-path", str(self.folder / "journal.json"), str(path)]

    def journal(self):
        return json.loads((self.folder / "journal.json").read_text())

    def test_an_experiment_sends_and_fetches_files(self):
        self.start(store, give(b"hello"))
        key = {"Bucket": "b", "Key": "k"}
        words = self.experiment(
            ("action", "send", {"service": "s3", "operation": "PutObject",
                                "parameters": key | {"Body": {"file": str(self.body)}}}),
            ("probe", "fetch", {"service": "s3", "operation": "GetObject", "parameters": key,
                                "outfile": str(self.out)}))
        done = canary.run(words, env=self.env(), cwd=self.folder, capture_output=True,
                          text=True, timeout=DEADLINE_S)
        sent, fetched = self.journal()["run"]
        self.assertEqual((sent["status"], fetched["status"]), ("succeeded", "succeeded"),
                         done.stderr)
        self.assert_put(subprocess.CompletedProcess([], 0, "", ""))
        self.assertEqual(self.out.read_bytes(), b"hello")
        self.assertNotIn("Body", fetched["output"])

    def test_a_file_has_room_for_one_answer(self):
        self.start(give(b"hello"))
        words = self.experiment(("probe", "fetch", {
            "service": "s3", "operation": "GetObject", "outfile": str(self.out),
            "parameters": [{"Bucket": "b", "Key": "k"}]}))
        canary.run(words, env=self.env(), cwd=self.folder, capture_output=True,
                   timeout=DEADLINE_S)
        run, = self.journal()["run"]
        self.assertEqual(run["status"], "failed")
        self.assertIn("outfile has room for the answer to one request", str(run["exception"]))
        self.assertEqual(self.server.count, 0)

    def test_a_run_that_is_stopped_in_a_body_stops_at_once(self):
        self.start(give_and_stall)
        words = self.experiment(("probe", "fetch", {
            "service": "s3", "operation": "GetObject",
            "parameters": {"Bucket": "b", "Key": "k"}, "outfile": str(self.out)}))
        process = subprocess.Popen(words, env=self.env(), cwd=self.folder,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertTrue(self.server.is_busy.wait(DEADLINE_S))
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(DEADLINE_S)
        self.assertLess(time.monotonic() - started, 20)
        self.assertEqual(os.listdir(self.out.parent), [])
        self.assertEqual(self.journal()["status"], "interrupted")


if __name__ == "__main__":
    CHAOS = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
