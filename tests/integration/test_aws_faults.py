#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A service in trouble: `chaos aws` tries again or ends with one clear line, before its deadline.

usage: test_aws_faults.py CHAOS [unittest arguments]

A server on loopback misbehaves as it is told, once or always.
"""
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402
from script_server import ScriptServer, reply as http  # noqa: E402

DEADLINE_S = 60
TIMEOUT_S = "0.4"
CHAOS = None

REGIONS = (b"<DescribeRegionsResponse><requestId>r</requestId><regionInfo><item>"
           b"<regionName>here-1</regionName></item></regionInfo></DescribeRegionsResponse>")
TABLES = b'{"TableNames": ["t"]}'


def ec2_error(code, status):
    return http(status, f"<Response><Errors><Error><Code>{code}</Code><Message>because\nof it"
                f"</Message></Error></Errors><RequestID>r</RequestID></Response>".encode())


GOOD = {"ec2": http(200, REGIONS), "dynamodb": http(200, TABLES)}


class Trouble(ScriptServer):
    """A script is the bytes to send, after which the connection is closed, or None for silence."""

    def serve(self, client):
        with client:
            request = b""
            while not self.is_whole(request):
                piece = client.recv(65536)
                if not piece:
                    return
                request += piece
            script = self.next_script()
            if script is None:
                self.over.wait(DEADLINE_S)
                return
            try:
                client.sendall(script)
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass

    @staticmethod
    def is_whole(request):
        head, mark, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        return bool(mark) and len(body) >= (int(length[1]) if length else 0)


class Faults(unittest.TestCase):
    def call(self, *scripts, words=("ec2", "describe-regions"), attempts="2", more=()):
        server = Trouble(*scripts)
        self.addCleanup(server.close)
        env = canary.environment(AWS_ENDPOINT_URL=server.url, AWS_MAX_ATTEMPTS=attempts)
        started = time.monotonic()
        done = canary.run([CHAOS, "aws", *words, *more], env=env, text=True, capture_output=True,
                          timeout=DEADLINE_S, stdin=subprocess.DEVNULL)
        self.seconds = time.monotonic() - started
        self.requests = server.count
        if done.returncode:
            self.assertRegex(done.stderr, r"\AError: [^\n]+\n\Z")
            self.assertEqual(done.stdout, "")
        return done

    def assert_recovers(self, *scripts, **more):
        done = self.call(*scripts, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.requests, 2)

    def assert_fails(self, code, text, *scripts, requests=2, **more):
        done = self.call(*scripts, **more)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(text, done.stderr)
        self.assertEqual(self.requests, requests)

    def test_throttling_is_tried_again(self):
        self.assert_recovers(ec2_error("RequestLimitExceeded", 503), GOOD["ec2"])
        self.assert_recovers(
            http(400, b'{"__type": "com.amazon#ThrottlingException", "message": "slow"}'),
            GOOD["dynamodb"], words=("dynamodb", "list-tables"))

    def test_throttling_that_does_not_end_is_told_with_its_code(self):
        self.assert_fails(4, "(RequestLimitExceeded)", ec2_error("RequestLimitExceeded", 503))
        self.assert_fails(3, "(Throttling)", ec2_error("Throttling", 400))

    def test_a_5xx_is_tried_again_and_then_ends_with_4(self):
        self.assert_recovers(ec2_error("InternalError", 500), GOOD["ec2"])
        self.assert_recovers(http(502, b"<html>bad gateway</html>"), GOOD["ec2"])
        self.assert_fails(4, "(InternalError)", ec2_error("InternalError", 500))
        self.assert_fails(4, "(503)", http(503, b""))

    def test_a_5xx_that_cannot_be_read_is_told_with_its_status(self):
        self.assert_fails(1, "answer with status 503", http(503, b"no XML"))

    def test_a_4xx_is_final(self):
        self.assert_fails(3, "(UnauthorizedOperation)", ec2_error("UnauthorizedOperation", 403),
                          requests=1)
        self.assert_fails(3, "because of it", ec2_error("InvalidParameterValue", 400), requests=1)

    def test_credentials_that_are_refused_are_told_once(self):
        for code in ("SignatureDoesNotMatch", "ExpiredToken", "AuthFailure"):
            with self.subTest(code):
                self.assert_fails(3, f"({code})", ec2_error(code, 403), requests=1)

    def test_an_answer_cut_short_is_tried_again(self):
        cut = http(200, REGIONS[:40], length=len(REGIONS))
        self.assert_recovers(cut, GOOD["ec2"])
        self.assert_fails(1, "127.0.0.1", cut)

    def test_a_connection_closed_without_an_answer_is_tried_again(self):
        self.assert_recovers(b"", GOOD["ec2"])
        self.assert_fails(1, "127.0.0.1", b"")

    def test_malformed_bodies_end_in_one_clear_line(self):
        for body in (b"<DescribeRegionsResponse><regionInfo>", b"<a></b>", b"{}", b"\xff\xfe"):
            with self.subTest(body):
                self.assert_recovers(http(200, body), GOOD["ec2"])
                self.assert_fails(1, "XML", http(200, body))
        for body in (b'{"TableNames": [', b"<html/>", b'{"TableNames": "t"'):
            with self.subTest(body):
                self.assert_fails(1, "JSON", http(200, body), words=("dynamodb", "list-tables"))

    def test_a_service_that_is_not_http_ends_in_one_clear_line(self):
        self.assert_fails(1, "127.0.0.1", b"SSH-2.0-OpenSSH_9.2\r\n", attempts="1", requests=1)

    def test_silence_ends_with_the_read_timeout(self):
        limit = ("--read-timeout", TIMEOUT_S)
        self.assert_recovers(None, GOOD["ec2"], more=limit)
        self.assert_fails(1, "127.0.0.1", None, attempts="1", requests=1, more=limit)
        self.assertLess(self.seconds, 10)

    def test_silence_in_the_middle_of_an_answer_ends_with_the_read_timeout(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        held = []

        def serve():
            client, _ = server.accept()
            held.append(client)
            client.recv(65536)
            client.sendall(http(200, REGIONS[:30], length=len(REGIONS)))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        started = time.monotonic()
        done = self.call(b"", attempts="1", more=(
            "--read-timeout", TIMEOUT_S, "--endpoint-url",
            "http://127.0.0.1:%d" % server.getsockname()[1]))
        thread.join()
        held[0].close()
        self.assertEqual(done.returncode, 1)
        self.assertLess(time.monotonic() - started, 10)

    def test_nobody_listening_ends_in_one_clear_line(self):
        unused = socket.create_server(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d" % unused.getsockname()[1]
        unused.close()
        done = self.call(b"", more=("--endpoint-url", url))
        self.assertEqual(done.returncode, 1)
        self.assertIn("refused", done.stderr)

    def test_a_large_answer_is_read(self):
        names = b",".join(b'"%064d"' % i for i in range(150_000))
        body = b'{"TableNames": [' + names + b"]}"
        done = self.call(http(200, body), words=("dynamodb", "list-tables"),
                         more=("--query", "$.TableNames[149999]"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("149999", done.stdout)

    def test_answers_of_100_mb_are_read(self):
        text = b"n" * 1_000_000
        item = b"<item><regionEndpoint>" + text + b"</regionEndpoint></item>"
        xml = REGIONS.replace(b"</regionInfo>", item * 99 + b"</regionInfo>")
        tables = b'{"TableNames": [' + b",".join([b'"' + text + b'"'] * 100) + b"]}"
        for words, body, query in (
                (("ec2", "describe-regions"), xml, "$.Regions[99].Endpoint"),
                (("dynamodb", "list-tables"), tables, "$.TableNames[99]"),
                (("s3", "get-object", "--bucket", "b", "--key", "k"), text * 100, "$.ContentLength"),
        ):
            with self.subTest(words):
                self.assertGreater(len(body), 99_000_000)
                done = self.call(http(200, body), words=words, more=("--query", query))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertLess(self.seconds, DEADLINE_S)
                wanted = [len(body)] if words[0] == "s3" else [text.decode()]
                self.assertEqual(json.loads(done.stdout), wanted)

    def test_answers_above_the_limit_end_in_one_clear_line(self):
        self.assert_fails(1, "larger than", http(200, b"", length=300 * 1024 * 1024), requests=1)
        endless = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                   b"40000000\r\n")
        self.assert_fails(1, "larger than", endless, requests=1)

    def pages(self, *scripts):
        """What is printed of a listing; the answers are those of describe-instances."""
        server = Trouble(*scripts)
        self.addCleanup(server.close)
        env = canary.environment(AWS_ENDPOINT_URL=server.url, AWS_MAX_ATTEMPTS="2")
        done = canary.run([CHAOS, "aws", "ec2", "describe-instances", "--all-pages"], env=env,
                          text=True, capture_output=True, timeout=DEADLINE_S)
        self.requests = server.count
        return done

    @staticmethod
    def page(*reservations, token="", launched="2026-01-02T03:04:05Z"):
        items = "".join(
            f"<item><reservationId>{name}</reservationId><instancesSet><item><launchTime>"
            f"{launched}</launchTime></item></instancesSet></item>" for name in reservations)
        more = f"<nextToken>{token}</nextToken>" if token else ""
        return http(200, f"<R><requestId>r</requestId><reservationSet>{items}</reservationSet>"
                    f"{more}</R>".encode())

    def test_pages_are_printed_as_one_document(self):
        done = self.pages(self.page("r-1", "r-2", token="t"), self.page(token="u"),
                          self.page("r-3"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = json.loads(done.stdout)
        self.assertEqual([r["ReservationId"] for r in found["Reservations"]], ["r-1", "r-2", "r-3"])
        self.assertEqual(done.stdout, json.dumps(found, indent=4) + "\n")
        self.assertEqual(self.pages(self.page()).stdout, '{\n    "Reservations": []\n}\n')

    def test_a_later_page_that_fails_is_told_by_the_exit_status(self):
        done = self.pages(self.page("r-1", token="t"), ec2_error("UnauthorizedOperation", 403))
        self.assertEqual(done.returncode, 3)
        self.assertIn('"r-1"', done.stdout)
        self.assertRegex(done.stderr, r"\AError: [^\n]*\(UnauthorizedOperation\)[^\n]*\n\Z")

    def test_items_are_printed_once_though_a_later_one_cannot_be_read(self):
        body = self.page("r-1", "r-2").replace(b"2026-01-02T03:04:05Z", b"2026-01-02T03:04:xxZ")
        body = body.replace(b"xxZ", b"05Z", 1)
        done = self.pages(body)
        self.assertEqual((done.returncode, self.requests), (1, 1))
        self.assertEqual(done.stdout.count('"r-1"'), 1)
        self.assertRegex(done.stderr, r"\AError: [^\n]*LaunchTime[^\n]*\n\Z")

    def test_waiters_end_with_5_when_what_they_wait_for_cannot_come(self):
        body = http(200, b"<R><reservationSet><item><instancesSet><item><instanceState><name>"
                    b"terminated</name></instanceState></item></instancesSet></item>"
                    b"</reservationSet></R>")
        self.assert_fails(5, "InstanceRunning", body, requests=1,
                          words=("ec2", "describe-instances", "--wait", "instance-running"))

    def test_what_does_not_fit_the_model_is_never_sent(self):
        for words in (("ec2", "describe-regions", "--region-name", "x"),
                      ("ec2", "describe-regions", "--all-regions", "perhaps"),
                      ("ec2", "describe-region"), ("ec3", "x"), ("ec2", "--dry-run"),
                      ("dynamodb", "put-item", "--table-name", "t"),
                      ("ec2", "run-instances", "--image-id", "i", "--min-count", "1",
                       "--max-count", "1", "--wait", "bucket-exists"),
                      ("sts", "get-caller-identity", "--presign", "0"),
                      ("sts", "get-caller-identity", "--query", "$["),
                      ("sts", "get-caller-identity", "--json", "/nonexistent")):
            with self.subTest(words):
                server = Trouble(GOOD["ec2"])
                self.addCleanup(server.close)
                done = canary.run([CHAOS, "aws", *words, "--endpoint-url", server.url],
                                  env=canary.environment(), text=True, capture_output=True,
                                  timeout=DEADLINE_S)
                self.assertEqual((done.returncode, server.count), (2, 0), done.stderr)
                self.assertIn("Error: ", done.stderr)


if __name__ == "__main__":
    CHAOS = os.path.abspath(sys.argv.pop(1))
    unittest.main()
