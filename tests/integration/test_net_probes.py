#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""chaos.net.probes against servers on loopback that this test starts and stops.

usage: test_net_probes.py NATIVE_CALL [unittest arguments]

FakeDns is a fake: it answers from a table, and lies where a test wants it to.
"""
import datetime
import http.server
import json
import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

NATIVE_CALL = None
DEADLINE_S = 60


def call(function, options=(), configuration=None, environment=None, **arguments):
    """Run one probe; the line it prints, plus what it logged."""
    activity = {"type": "probe", "name": "look", "provider": {
        "type": "native", "module": "chaos.net.probes", "func": function, "arguments": arguments}}
    command = [NATIVE_CALL, *options, json.dumps(activity), json.dumps(configuration or {})]
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S,
                          env={**os.environ, **(environment or {})})
    if not done.stdout:
        raise AssertionError(f"no answer from native_call: {done.stderr}")
    answer = json.loads(done.stdout)
    answer["log"] = done.stderr
    return answer


class Server:
    """A TCP server on a free port; `serve(connection)` runs in a thread for each client."""

    def __init__(self, serve, family=socket.AF_INET, address="127.0.0.1"):
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.bind((address, 0))
        self.socket.listen(16)
        self.port = self.socket.getsockname()[1]
        self.serve = serve
        self.received = []
        self.threads = []
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self.run, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def run(self, connection):
        with connection:
            connection.settimeout(DEADLINE_S)
            try:
                self.serve(connection)
            except OSError:
                pass

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.accepting.join()
        for thread in self.threads:
            thread.join()


def until_closed(connection):
    while connection.recv(4096):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Case(unittest.TestCase):
    def serve(self, function, **where):
        server = Server(function, **where)
        self.addCleanup(server.close)
        return server

    def assertFails(self, answer, pattern):
        self.assertEqual(answer["status"], "failed", answer)
        self.assertRegex(answer["message"], pattern)


class TcpConnect(Case):
    def test_an_open_port_gives_its_address_and_the_time_it_took(self):
        server = self.serve(until_closed)
        answer = call("tcp_connect", host="127.0.0.1", port=server.port)
        output = answer["output"]
        self.assertEqual(answer["status"], "succeeded", answer)
        self.assertEqual((output["connected"], output["address"], output["port"]),
                         (True, "127.0.0.1", server.port))
        self.assertGreater(output["duration_ms"], 0)

    def test_a_closed_port_is_a_failure_that_says_refused_and_when(self):
        port = free_port()
        self.assertFails(call("tcp_connect", host="127.0.0.1", port=port),
                         rf"^connection to 127\.0\.0\.1:{port} failed after \d+\.\d ms: Connection refused$")

    def test_ipv6_is_reached_by_its_address(self):
        server = self.serve(until_closed, family=socket.AF_INET6, address="::1")
        answer = call("tcp_connect", host="::1", port=server.port)
        self.assertEqual(answer["output"]["address"], "::1", answer)

    def test_a_name_is_resolved(self):
        server = self.serve(until_closed)
        answer = call("tcp_connect", host="localhost", port=server.port, family="ipv4")
        self.assertEqual(answer["output"]["address"], "127.0.0.1", answer)

    def test_a_family_that_the_address_does_not_have_is_said(self):
        self.assertFails(call("tcp_connect", host="127.0.0.1", port=1, family="ipv6"),
                         "'127.0.0.1' is not an IPv6 address")

    def test_a_name_that_does_not_exist_is_named(self):
        self.assertFails(call("tcp_connect", host="no-such-host.invalid", port=1),
                         "no-such-host.invalid")

    def test_a_full_backlog_ends_with_the_timeout(self):
        with full_listener() as port:
            answer = call("tcp_connect", host="127.0.0.1", port=port, timeout=0.3)
        self.assertFails(answer, rf"connection to 127\.0\.0\.1:{port} timed out after 0\.\d+ s ")

    def test_a_wait_to_connect_is_cancelled_at_once(self):
        with full_listener() as port:
            answer = call("tcp_connect", ("--cancel-after-ms", "100"), host="127.0.0.1", port=port,
                          timeout=50)
        self.assertEqual(answer["status"], "cancelled", answer)
        self.assertLess(answer["took_ms"], 10000)


class full_listener:
    """A listener whose backlog is full: a further SYN gets no answer."""

    def __enter__(self):
        self.sockets = [socket.socket()]
        self.sockets[0].bind(("127.0.0.1", 0))
        self.sockets[0].listen(0)
        address = self.sockets[0].getsockname()
        while True:
            client = socket.socket()
            self.sockets.append(client)
            client.settimeout(0.2)
            try:
                client.connect(address)
            except (TimeoutError, socket.timeout):
                return address[1]

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()


DEAF_RESOLVER = """
#include <netdb.h>
#include <unistd.h>
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result)
{
    (void)node, (void)service, (void)hints, (void)result;
    for (;;)
        pause();
}
"""


class NameResolution(Case):
    """With a resolver that never answers, put before the system's by the loader."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        library = os.path.join(cls.folder, "deaf.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library],
                       input=DEAF_RESOLVER, text=True, check=True)
        cls.environment = {"LD_PRELOAD": library, "ASAN_OPTIONS": "verify_asan_link_order=0"}

    def test_a_deaf_resolver_is_a_failure_after_the_timeout(self):
        answer = call("tcp_connect", environment=self.environment, host="slow.test", port=1,
                      timeout=0.2)
        self.assertFails(answer, r"^no answer in time for the name 'slow\.test' \(timeout: 0\.2 s\)$")

    def test_waiting_for_the_resolver_is_cancelled_at_once(self):
        answer = call("tcp_connect", ("--cancel-after-ms", "100"), environment=self.environment,
                      host="slow.test", port=1, timeout=50)
        self.assertEqual(answer["status"], "cancelled", answer)
        self.assertLess(answer["took_ms"], 10000)


def echo(connection):
    lines = connection.makefile("rb")
    for line in lines:
        connection.sendall(line)
        if line.strip() == b"bye":
            return


def say(*parts, then=until_closed):
    """Read a line, answer with these parts (slowly), and then do that."""
    def serve(connection):
        connection.makefile("rb").readline()
        for part in parts:
            connection.sendall(part)
            time.sleep(0.02)  # so that the parts arrive as parts
        then(connection)
    return serve


class TcpEcho(Case):
    def echo(self, serve, message="hello", **arguments):
        server = self.serve(serve)
        return call("tcp_echo", host="127.0.0.1", port=server.port, message=message, **arguments)

    def test_a_line_that_comes_back_is_true(self):
        self.assertIs(self.echo(echo)["output"], True)

    def test_a_message_with_its_own_newline_gets_no_second_one(self):
        self.assertIs(self.echo(echo, message="testing text\n")["output"], True)

    def test_two_lines_both_come_back(self):
        self.assertIs(self.echo(echo, message="a\nb")["output"], True)

    def test_an_answer_in_parts_is_put_together(self):
        self.assertIs(self.echo(say(b"hel", b"lo", b"\r\n"))["output"], True)

    def test_a_wrong_answer_is_false_and_logged(self):
        answer = self.echo(say(b"olleh\n"))
        self.assertIs(answer["output"], False, answer)
        self.assertIn("expected 'hello', got 'olleh'", answer["log"])

    def test_another_answer_can_be_expected(self):
        self.assertIs(self.echo(say(b"+PONG\r\n"), message="PING", expect="+PONG")["output"], True)

    def test_an_end_instead_of_an_answer_is_false(self):
        answer = self.echo(say(then=lambda _: None))
        self.assertIs(answer["output"], False, answer)
        self.assertIn("the server closed the connection", answer["log"])

    def test_an_answer_without_a_newline_counts_at_the_end(self):
        self.assertIs(self.echo(say(b"hello", then=lambda _: None))["output"], True)

    def test_bytes_that_are_no_text_are_false_and_shown_escaped(self):
        answer = self.echo(say(b"\xff\xfe\n"))
        self.assertIs(answer["output"], False, answer)
        self.assertIn("\\xff\\xfe", answer["log"])

    def test_a_nul_byte_does_not_hide_the_rest(self):
        self.assertIs(self.echo(say(b"hello\0nonsense\n"))["output"], False)

    def test_silence_is_a_failure_after_the_timeout(self):
        self.assertFails(self.echo(until_closed, timeout=0.2),
                         r"^127\.0\.0\.1:\d+: no answer in time \(timeout: 0\.2 s\)$")

    def test_an_answer_without_end_is_a_failure(self):
        def flood(connection):
            while True:
                connection.sendall(b"x" * 65536)
        self.assertFails(self.echo(flood), "the answer is longer than 1048576 bytes")

    def test_a_refused_connection_is_a_failure(self):
        self.assertFails(call("tcp_echo", host="127.0.0.1", port=free_port(), message="x"),
                         "Connection refused")

    def test_waiting_for_the_answer_is_cancelled_at_once(self):
        server = self.serve(until_closed)
        answer = call("tcp_echo", ("--cancel-after-ms", "100"), host="127.0.0.1", port=server.port,
                      message="x", timeout=50)
        self.assertEqual(answer["status"], "cancelled", answer)

    def bye_seen(self, **arguments):
        seen = []

        def serve(connection):
            lines = connection.makefile("rb")
            connection.sendall(lines.readline())
            seen.append(lines.read())
        server = Server(serve)
        try:
            call("tcp_echo", host="127.0.0.1", port=server.port, message="hello", **arguments)
        finally:
            server.close()
        return seen[0]

    def test_it_says_bye_before_it_closes(self):
        self.assertEqual(self.bye_seen(), b"bye\n")

    def test_an_empty_bye_is_not_said(self):
        self.assertEqual(self.bye_seen(bye=""), b"")


class Arguments(Case):
    """What the runner of rows says about arguments: the same for every row."""

    def check(self, configuration=None, **arguments):
        return call("tcp_connect", ("--check",), configuration, **arguments)

    def test_a_misspelt_name_gets_a_suggestion_and_names_the_activity(self):
        self.assertFails(self.check(host="x", port=1, timout=1),
                         r"^activity 'look': argument 'timout' of 'tcp_connect' is not known: did "
                         r"you mean 'timeout'\?$")

    def test_a_missing_argument_is_named(self):
        self.assertFails(self.check(host="x"), "argument 'port' of 'tcp_connect' is missing")

    def test_a_wrong_type_is_named(self):
        self.assertFails(self.check(host="x", port="80"), "must be an integer, not a string")

    def test_a_value_out_of_range_is_named(self):
        self.assertFails(self.check(host="x", port=70000), "must be between 1 and 65535, not 70000")

    def test_a_text_that_is_not_a_choice_is_named(self):
        self.assertFails(self.check(host="x", port=1, family="ipv5"),
                         "must be one of 'any', 'ipv4', 'ipv6', not 'ipv5'")

    def test_a_pattern_is_left_for_the_run(self):
        self.assertEqual(self.check(host="x", port="${port}")["status"], "succeeded")

    def test_a_pattern_takes_the_type_of_its_value(self):
        server = self.serve(until_closed)
        answer = call("tcp_connect", configuration={"port": server.port}, host="127.0.0.1",
                      port="${port}")
        self.assertEqual(answer["status"], "succeeded", answer)

    def test_a_pattern_without_a_value_is_named_when_it_runs(self):
        self.assertFails(call("tcp_connect", host="127.0.0.1", port="${port}"),
                         r"must be an integer, and nothing replaces '\$\{port\}'")


class TlsCertificate(Case):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.make("ca", "/CN=Test CA/O=Fracas", "-addext", "basicConstraints=critical,CA:TRUE")
        cls.issue("good", 30, "DNS:localhost,DNS:*.example.test,IP:127.0.0.1,IP:::1")
        cls.issue("expired", -1, "DNS:localhost")
        cls.issue("other", 30, "DNS:other.test")
        cls.issue("weak", 30, "DNS:localhost", bits=1024)

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def openssl(cls, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=cls.folder)

    @classmethod
    def make(cls, name, subject, *options):
        cls.openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key",
                    "-out", f"{name}.pem", "-days", "30", "-subj", subject, *options)

    @classmethod
    def issue(cls, name, days, names, bits=2048):
        cls.openssl("req", "-newkey", f"rsa:{bits}", "-nodes", "-keyout", f"{name}.key", "-out",
                    f"{name}.csr", "-subj", f"/CN={name}/O=Café", "-utf8")
        with open(cls.path(f"{name}.ext"), "w") as file:
            file.write(f"subjectAltName={names}\n")
        # A certificate of the past, too: openssl x509 -days takes negative ones.
        cls.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                    "-CAcreateserial", "-out", f"{name}.pem", "-days", str(days), "-extfile",
                    f"{name}.ext")

    def look(self, name, host="127.0.0.1", options=(), **arguments):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(self.path(f"{name}.pem"), self.path(f"{name}.key"))

        def serve(connection):
            with context.wrap_socket(connection, server_side=True) as secure:
                until_closed(secure)
        ipv6 = ":" in host
        server = self.serve(serve, family=socket.AF_INET6 if ipv6 else socket.AF_INET,
                            address="::1" if ipv6 else "127.0.0.1")
        arguments.setdefault("ca_path", self.path("ca.pem"))
        answer = call("tls_certificate", options, host=host, port=server.port, **arguments)
        self.assertEqual(answer["status"], "succeeded", answer)
        return answer["output"]

    def test_a_good_certificate_is_ok(self):
        output = self.look("good")
        self.assertEqual((output["ok"], output["chain_valid"], output["chain_error"],
                          output["name_matches"]), (True, True, None, True), output)

    def test_it_shows_who_it_is_for_and_from(self):
        output = self.look("good")
        self.assertEqual(output["subject"], "CN=good, O=Café")
        self.assertEqual(output["issuer"], "CN=Test CA, O=Fracas")
        self.assertEqual(output["names"], ["localhost", "*.example.test", "127.0.0.1", "::1"])
        self.assertEqual(len(output["chain"]), 1)

    def test_the_days_left_are_those_until_not_after(self):
        output = self.look("good")
        end = datetime.datetime.fromisoformat(output["not_after"])
        left = (end - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 86400
        self.assertAlmostEqual(output["days_left"], left, places=2)
        self.assertLess(output["not_before"], output["not_after"])

    def test_too_few_days_are_not_ok(self):
        self.assertIs(self.look("good", min_days=29)["ok"], True)
        self.assertIs(self.look("good", min_days=31)["ok"], False)

    def test_an_expired_certificate_is_a_finding(self):
        output = self.look("expired", server_name="localhost")
        self.assertEqual((output["ok"], output["chain_valid"], output["chain_error"]),
                         (False, False, "certificate has expired"))
        self.assertLess(output["days_left"], 0)

    def test_another_name_does_not_match(self):
        output = self.look("other", server_name="localhost")
        self.assertEqual((output["name_matches"], output["chain_valid"], output["ok"]),
                         (False, True, False))

    def test_a_wildcard_matches_one_label(self):
        self.assertIs(self.look("good", server_name="a.example.test")["name_matches"], True)
        self.assertIs(self.look("good", server_name="a.b.example.test")["name_matches"], False)

    def test_the_common_name_does_not_count(self):
        self.assertIs(self.look("good", server_name="good")["name_matches"], False)

    def test_ipv6_is_matched_by_its_address(self):
        self.assertIs(self.look("good", host="::1")["ok"], True)

    def test_a_key_that_is_too_weak_is_a_finding(self):
        output = self.look("weak", server_name="localhost")
        self.assertEqual((output["chain_valid"], output["chain_error"]),
                         (False, "EE certificate key too weak"))

    def test_an_issuer_that_nobody_trusts_is_a_finding(self):
        output = self.look("good", ca_path=None)
        self.assertEqual((output["chain_valid"], output["chain_error"], output["ok"]),
                         (False, "unable to get local issuer certificate", False))

    def test_a_trust_file_that_is_not_there_is_named(self):
        server = self.serve(until_closed)
        self.assertFails(call("tls_certificate", host="127.0.0.1", port=server.port,
                              ca_path="/nonexistent/ca.pem"), "'/nonexistent/ca.pem' is neither")

    def test_a_server_without_tls_is_a_failure(self):
        def greet(connection):
            connection.sendall(b"220 ready\r\n")
            until_closed(connection)
        server = self.serve(greet)
        self.assertFails(call("tls_certificate", host="127.0.0.1", port=server.port),
                         r"^127\.0\.0\.1:\d+: no TLS handshake: wrong version number$")

    def test_a_server_that_closes_is_a_failure(self):
        server = self.serve(lambda connection: connection.recv(4096))
        self.assertFails(call("tls_certificate", host="127.0.0.1", port=server.port),
                         "closed the connection during the TLS handshake|cannot receive")

    def test_a_silent_server_is_a_failure_after_the_timeout(self):
        server = self.serve(until_closed)
        self.assertFails(call("tls_certificate", host="127.0.0.1", port=server.port, timeout=0.2),
                         r"no answer in time \(timeout: 0\.2 s\)")

    def test_a_handshake_is_cancelled_at_once(self):
        server = self.serve(until_closed)
        answer = call("tls_certificate", ("--cancel-after-ms", "100"), host="127.0.0.1",
                      port=server.port, timeout=50)
        self.assertEqual(answer["status"], "cancelled", answer)


def wire_name(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def record(name, number, data, ttl=60):
    return name + struct.pack(">HHIH", number, 1, ttl, len(data)) + data


POINTER = b"\xc0\x0c"  # to the name of the question
RECORDS = {  # type number -> answers
    1: [record(POINTER, 5, wire_name("real.test")),
        record(wire_name("real.test"), 1, bytes([192, 0, 2, 1]), 300)],
    28: [record(POINTER, 28, socket.inet_pton(socket.AF_INET6, "2001:db8::1"))],
    2: [record(POINTER, 2, b"\x02ns" + POINTER)],
    12: [record(POINTER, 12, wire_name("host.test"))],
    15: [record(POINTER, 15, struct.pack(">H", 10) + wire_name("mail.test"))],
    16: [record(POINTER, 16, b"\x05v=1 a\x03 b\xff")],
    33: [record(POINTER, 33, struct.pack(">HHH", 1, 2, 443) + wire_name("web.test"))],
    6: [record(POINTER, 6, wire_name("ns.test") + wire_name("admin.test") +
               struct.pack(">IIIII", 2026, 1, 2, 3, 4))],
}


class FakeDns:
    """A fake DNS server on UDP and TCP of one free port. `mischief(query, reply, send)` may send
    something else than the reply; None for silence."""

    def __init__(self, rcode=0, truncate=False, mischief=None):
        self.rcode = rcode
        self.truncate = truncate
        self.mischief = mischief
        self.queries = []
        self.tcp = Server(self.serve_tcp)
        self.port = self.tcp.port
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.thread = threading.Thread(target=self.serve_udp, daemon=True)
        self.thread.start()

    def reply(self, query, truncate=False):
        end = query.index(b"\0", 12) + 5
        number = struct.unpack(">H", query[end - 4:end - 2])[0]
        answers = [] if self.rcode or truncate else RECORDS.get(number, [])
        flags = 0x8580 | self.rcode | (0x0200 if truncate else 0)
        return query[:2] + struct.pack(">HHHHH", flags, 1, len(answers), 0, 0) + \
            query[12:end] + b"".join(answers)

    def serve_udp(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            if not query:
                return
            self.queries.append(query)
            reply = self.reply(query, self.truncate)
            if self.mischief:
                self.mischief(query, reply, lambda data: self.udp.sendto(data, peer))
            else:
                self.udp.sendto(reply, peer)

    def serve_tcp(self, connection):
        stream = connection.makefile("rb")
        query = stream.read(struct.unpack(">H", stream.read(2))[0])
        reply = self.reply(query)
        connection.sendall(struct.pack(">H", len(reply)))
        connection.sendall(reply)

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.udp.close()
        self.tcp.close()


class DnsLookup(Case):
    def ask(self, name="example.test", options=(), server=None, **arguments):
        dns_options = {key: arguments.pop(key) for key in ("rcode", "truncate", "mischief")
                       if key in arguments}
        self.dns = FakeDns(**dns_options)
        self.addCleanup(self.dns.close)
        return call("dns_lookup", options, name=name, server="127.0.0.1", port=self.dns.port,
                    **arguments)

    def values(self, **arguments):
        answer = self.ask(**arguments)
        self.assertEqual(answer["status"], "succeeded", answer)
        return [one["value"] for one in answer["output"]["records"]]

    def test_an_address_comes_with_the_alias_before_it(self):
        output = self.ask()["output"]
        self.assertEqual(output["records"], [
            {"name": "example.test", "type": "CNAME", "ttl": 60, "value": "real.test"},
            {"name": "real.test", "type": "A", "ttl": 300, "value": "192.0.2.1"}])
        self.assertEqual((output["rcode"], output["truncated"], output["transport"]),
                         ("NOERROR", False, "udp"))
        self.assertEqual(output["server"], f"127.0.0.1:{self.dns.port}")

    def test_every_type_has_its_text(self):
        for number, (kind, value) in {
                28: ("AAAA", "2001:db8::1"), 2: ("NS", "ns.example.test"),
                15: ("MX", "10 mail.test"), 16: ("TXT", "v=1 a b\\255"),
                33: ("SRV", "1 2 443 web.test"),
                6: ("SOA", "ns.test admin.test 2026 1 2 3 4")}.items():
            with self.subTest(kind):
                self.assertEqual(self.values(type=kind), [value])

    def test_an_address_is_looked_up_in_reverse(self):
        self.assertEqual(self.values(name="192.0.2.1", type="PTR"), ["host.test"])
        self.assertIn(wire_name("1.2.0.192.in-addr.arpa"), self.dns.queries[0])

    def test_an_ipv6_address_is_looked_up_in_reverse(self):
        self.values(name="2001:db8::1", type="PTR")
        self.assertIn(wire_name("1" + ".0" * 23 + ".8.b.d.0.1.0.0.2.ip6.arpa"),
                      self.dns.queries[0])

    def test_a_name_that_does_not_exist_is_a_result(self):
        output = self.ask(rcode=3)["output"]
        self.assertEqual((output["rcode"], output["records"]), ("NXDOMAIN", []))

    def test_a_cut_answer_is_asked_for_again_over_tcp(self):
        output = self.ask(truncate=True)["output"]
        self.assertEqual((output["truncated"], output["transport"], len(output["records"])),
                         (True, "tcp", 2))

    def test_tcp_can_be_asked_for(self):
        output = self.ask(tcp=True)["output"]
        self.assertEqual((output["transport"], self.dns.queries), ("tcp", []))

    def test_replies_to_another_question_are_ignored(self):
        def lie(query, reply, send):
            send(bytes([reply[0] ^ 1]) + reply[1:])  # another id
            send(reply[:12] + b"\x07exampla" + reply[20:])  # another name
            send(query)  # not a reply at all
            send(reply)
        self.assertEqual(self.values(mischief=lie), ["real.test", "192.0.2.1"])

    def test_ids_are_not_repeated(self):
        self.ask(mischief=lambda *_: None, timeout=0.05, tries=4)
        self.assertGreater(len({query[:2] for query in self.dns.queries}), 1)

    def test_a_broken_reply_says_where(self):
        answer = self.ask(mischief=lambda query, reply, send: send(reply[:-3]), tries=1)
        self.assertFails(answer, r"the DNS reply is broken: answer 2 of 2, at byte \d+")

    def test_a_name_that_points_at_itself_is_broken(self):
        def loop(query, reply, send):
            at = 0xc000 | len(query)
            send(reply[:len(query)] + record(struct.pack(">H", at), 1, b"\1\2\3\4"))
        self.assertFails(self.ask(mischief=loop, tries=1), "the DNS reply is broken")

    def test_silence_is_a_failure_after_all_tries(self):
        answer = self.ask(mischief=lambda *_: None, timeout=0.1, tries=3)
        self.assertFails(answer, r"^no answer for 'example\.test' after 3 tries of 0\.1 s: "
                         r"127\.0\.0\.1:\d+: no answer in time$")
        self.assertEqual(len(self.dns.queries), 3)

    def test_a_closed_port_is_a_failure_at_once(self):
        answer = call("dns_lookup", name="a.test", server="127.0.0.1", port=free_port())
        self.assertFails(answer, "Connection refused")
        self.assertLess(answer["took_ms"], 1900)

    def test_waiting_is_cancelled_at_once(self):
        answer = self.ask(options=("--cancel-after-ms", "100"), mischief=lambda *_: None,
                          timeout=50)
        self.assertEqual(answer["status"], "cancelled", answer)

    def test_a_name_that_breaks_a_rule_is_told_which(self):
        for name, pattern in {"a..b": "a label is empty", "x" * 64: "64 characters",
                              ".".join(["x" * 60] * 5): "longer than 255 bytes",
                              "café.test": "xn--", "": "empty"}.items():
            with self.subTest(name):
                self.assertFails(self.ask(name=name), pattern)


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            self.server.stop.wait(DEADLINE_S)
            return
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/page")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = b"x" * 1000
        self.send_response(503 if self.path == "/broken" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Seen", self.headers.get("X-Mine", "none"))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class HttpGet(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        cls.server.stop = threading.Event()
        cls.thread = threading.Thread(target=cls.server.serve_forever)
        cls.thread.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop.set()
        cls.server.shutdown()
        cls.thread.join()
        cls.server.server_close()

    def get(self, path, options=(), **arguments):
        url = f"http://127.0.0.1:{self.server.server_port}{path}"
        return call("http_get", options, url=url, **arguments)

    def test_a_page_has_its_status_size_and_times(self):
        output = self.get("/page")["output"]
        self.assertEqual((output["status"], output["body_bytes"], output["tls_ms"]),
                         (200, 1000, None))
        self.assertTrue(0 < output["connect_ms"] <= output["first_byte_ms"] <= output["total_ms"])

    def test_an_error_status_is_a_result(self):
        self.assertEqual(self.get("/broken")["output"]["status"], 503)

    def test_headers_are_sent_and_received(self):
        output = self.get("/page", headers={"X-Mine": "5"})["output"]
        self.assertEqual(output["headers"]["x-seen"], "5")

    def test_redirects_are_followed_or_not(self):
        self.assertEqual(self.get("/moved")["output"]["status"], 200)
        self.assertTrue(self.get("/moved")["output"]["url"].endswith("/page"))
        self.assertEqual(self.get("/moved", follow=False)["output"]["status"], 302)

    def test_a_body_beyond_the_limit_is_a_failure(self):
        self.assertEqual(self.get("/page", max_bytes=999)["status"], "failed")

    def test_a_slow_page_is_a_failure_after_the_timeout(self):
        answer = self.get("/slow", timeout=0.3)
        self.assertEqual(answer["status"], "failed", answer)

    def test_waiting_is_cancelled_at_once(self):
        answer = self.get("/slow", options=("--cancel-after-ms", "100"), timeout=50)
        self.assertEqual(answer["status"], "cancelled", answer)

    def test_a_closed_port_is_a_failure(self):
        answer = call("http_get", url=f"http://127.0.0.1:{free_port()}/")
        self.assertEqual(answer["status"], "failed", answer)


if __name__ == "__main__":
    NATIVE_CALL = sys.argv.pop(1)
    unittest.main()
