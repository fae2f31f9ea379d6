#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The echo server as a process: what it survives, and how it ends.

usage: test_echoserver.py ECHOSERVER [unittest arguments]

Every server listens on a free loopback port and is stopped by its test. $ECHOSERVER_WRAPPER (a
command such as valgrind) is put before it. Waits have deadlines and no fixed sleeps.
"""
import errno
import os
import re
import resource
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest

DEADLINE_S = 30
SERVER = None
WRAPPER = shlex.split(os.environ.get("ECHOSERVER_WRAPPER", ""))
MIB = 1024 * 1024


class Server:
    """A running echoserver. `log` is read to the end by stop()."""

    def __init__(self, *args, stdout=subprocess.PIPE, port=0, bind="127.0.0.1", preexec=None):
        command = WRAPPER + [SERVER, "--port", str(port)]
        if bind:
            command += ["--bind", bind]
        self.process = subprocess.Popen(command + list(args), stdout=stdout,
                                        stderr=subprocess.PIPE, preexec_fn=preexec)
        self.port = port
        if stdout == subprocess.PIPE:
            greeting = self.process.stdout.readline().decode()
            found = re.fullmatch(r"Listing on port (\d+)\.\.\.\n", greeting)
            if not found:
                raise AssertionError(f"no greeting: {greeting!r} {self.process.stderr.read()!r}")
            self.port = int(found[1])

    def connect(self, family=socket.AF_INET, host="127.0.0.1", receive_buffer=None):
        client = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(DEADLINE_S)
        try:
            client.connect((host, self.port))
        except OSError:
            client.close()
            raise
        return client

    def stop(self, number=signal.SIGTERM):
        """Ends it; returns (exit code, log lines without the greeting)."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=DEADLINE_S)
        if err:
            raise AssertionError(f"the server wrote to stderr: {err.decode()}")
        return self.process.returncode, (out or b"").decode().splitlines()

    def memory(self, field="VmRSS"):
        """Kibibytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(field + r":\s+(\d+)", status.read())[1])

    def cpu_s(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def read_to_end(client):
    data = b""
    while part := client.recv(65536):
        data += part
    return data


def read_exactly(client, size):
    data = b""
    while len(data) < size:
        part = client.recv(size - len(data))
        if not part:
            raise AssertionError(f"the server closed after {len(data)} of {size} bytes")
        data += part
    return data


def wait_until(claim):
    end = time.monotonic() + DEADLINE_S
    while not claim():
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        time.sleep(0.01)


def is_answered(server):
    with server.connect() as client:
        client.sendall(b"still there\nbye\n")
        return read_to_end(client) == b"still there\nbye\n"


class Article(unittest.TestCase):
    def test_the_session_of_the_article_is_answered_and_logged_as_there(self):
        with Server() as server:
            with server.connect() as client:
                for line in (b"hello\n", b"test\n", b"one two three\n", b"bye\n"):
                    client.sendall(line)
                    self.assertEqual(read_exactly(client, len(line)), line)
                self.assertEqual(read_to_end(client), b"")
            self.assertEqual(server.stop(), (0, [
                "[connected] /127.0.0.1", "/127.0.0.1 says hello", "/127.0.0.1 says test",
                "/127.0.0.1 says one two three", "/127.0.0.1 says bye",
                "[disconnected] /127.0.0.1"]))

    def test_the_probe_of_the_article_which_says_bye_without_a_newline_is_answered(self):
        with Server() as server:
            with server.connect() as client:
                client.sendall(b"testing text\n")
                self.assertEqual(client.recv(1024), b"testing text\n")
                client.sendall(b"bye")
            self.assertEqual(server.stop(), (0, [
                "[connected] /127.0.0.1", "/127.0.0.1 says testing text", "/127.0.0.1 says bye",
                "[disconnected] /127.0.0.1"]))

    def test_quiet_logs_no_clients(self):
        with Server("--quiet") as server:
            self.assertTrue(is_answered(server))
            self.assertEqual(server.stop(), (0, []))


class Survival(unittest.TestCase):
    def test_an_end_without_bye_and_without_a_line_is_only_a_disconnect(self):
        with Server() as server:
            server.connect().close()
            with server.connect() as client:
                client.sendall(b"line\n")
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(read_to_end(client), b"line\n")
            self.assertTrue(is_answered(server))
            code, log = server.stop()
            self.assertEqual(code, 0)
            self.assertEqual(log.count("[disconnected] /127.0.0.1"), 3)

    def test_a_half_closed_client_gets_its_last_line_answered_without_a_newline(self):
        with Server() as server, server.connect() as client:
            client.sendall(b"one\nno newline")
            client.shutdown(socket.SHUT_WR)
            self.assertEqual(read_to_end(client), b"one\nno newline\n")

    def test_a_reset_is_only_a_disconnect(self):
        with Server() as server:
            client = server.connect()
            client.sendall(b"line\n" * 1000)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            self.assertTrue(is_answered(server))
            self.assertEqual(server.stop()[0], 0)

    def test_binary_comes_back_as_it_was_sent(self):
        data = bytes(b for b in range(256) if b not in b"\r\n") * 300 + b"\n"
        with Server() as server, server.connect() as client:
            client.sendall(data + b"bye\n")
            self.assertEqual(read_to_end(client), data + b"bye\n")

    def test_the_answer_to_bye_survives_input_that_follows_it(self):
        with Server() as server, server.connect() as client:
            client.sendall(b"bye\n" + b"unread\n" * 1000)
            self.assertEqual(read_to_end(client), b"bye\n")

    def test_a_line_of_a_megabyte_is_answered(self):
        line = b"x" * MIB + b"\n"
        with Server() as server, server.connect() as client:
            client.sendall(line + b"bye\n")
            self.assertEqual(read_to_end(client), line + b"bye\n")

    def test_a_line_of_100_megabytes_is_refused_within_little_memory(self):
        with Server() as server:
            before = server.memory()
            with server.connect() as client:
                with self.assertRaises(OSError):
                    for _ in range(100):
                        client.sendall(b"x" * MIB)
            self.assertTrue(is_answered(server))
            # a debug build keeps freed memory: only the product's own limit is checked there
            self.assertLess(server.memory("VmHWM") - before, 24 * 1024)
            log = server.stop()[1]
            self.assertIn("[closed] /127.0.0.1: a line is longer than --max-line allows", log)

    def test_max_line_is_what_the_option_says(self):
        with Server("--max-line", "10") as server:
            with server.connect() as client:
                client.sendall(b"0123456789\r\nbye\n")
                self.assertEqual(read_to_end(client), b"0123456789\nbye\n")
            with server.connect() as client:
                client.sendall(b"0123456789a")
                try:
                    self.assertEqual(read_to_end(client), b"")
                except ConnectionResetError:
                    pass

    def test_all_clients_together_stay_within_max_memory(self):
        with Server("--max-memory", str(MIB), "--max-line", str(MIB)) as server:
            clients = [server.connect() for _ in range(8)]
            for client in clients:
                try:
                    client.sendall(b"x" * (400 * 1024))
                except OSError:
                    pass
            wait_until(lambda: self.count_closed(clients) >= 6)
            for client in clients:
                client.close()
            self.assertTrue(is_answered(server))
            self.assertIn("[closed] /127.0.0.1: too much is held for all clients (--max-memory)",
                          server.stop()[1])

    @staticmethod
    def count_closed(clients):
        return len(select.select(clients, [], [], 0)[0])

    def test_a_slow_reader_holds_up_itself_and_nobody_else(self):
        line = b"y" * 1023 + b"\n"
        with Server("--quiet") as server, server.connect(receive_buffer=8192) as slow:
            before = server.memory()
            slow.setblocking(False)
            sent = 0
            idle_until = time.monotonic() + 1
            while time.monotonic() < idle_until and sent < 256 * MIB:
                try:
                    sent += slow.send((line * 64)[sent % len(line):])
                    idle_until = time.monotonic() + 1
                except BlockingIOError:
                    select.select([], [slow], [], 0.1)
            self.assertLess(sent, 64 * MIB, "the server went on reading")
            self.assertLess(server.memory() - before, 8 * 1024)
            self.assertTrue(is_answered(server))
            slow.settimeout(DEADLINE_S)
            self.assertEqual(len(read_exactly(slow, sent // 1024 * 1024)), sent // 1024 * 1024)

    def test_a_reader_that_pauses_after_bye_still_gets_all_its_answers(self):
        lines = b"v" * (MIB - 1) + b"\n"
        with Server("--quiet") as server, server.connect(receive_buffer=8192) as slow:
            sender = threading.Thread(target=slow.sendall, args=(lines * 8 + b"bye\n",))
            sender.start()
            read_exactly(slow, 6 * MIB)
            sender.join(DEADLINE_S)
            time.sleep(1.5)  # longer than the server waits for a client that was answered
            self.assertEqual(read_to_end(slow)[-4:], b"bye\n")

    def test_a_client_that_never_reads_does_not_make_the_server_spin(self):
        with Server("--quiet") as server, server.connect(receive_buffer=8192) as slow:
            slow.setblocking(False)
            stalled = 0
            while stalled < 20:
                try:
                    slow.send(b"z" * 1023 + b"\n")
                    stalled = 0
                except BlockingIOError:
                    stalled += 1
                    select.select([], [slow], [], 0.05)
            start, begin = server.cpu_s(), time.monotonic()
            select.select([], [], [slow], 0.5)
            self.assertLess(server.cpu_s() - start, 0.5 * (time.monotonic() - begin))

    def test_idle_clients_are_closed_after_the_idle_timeout_and_busy_ones_are_not(self):
        with Server("--idle-timeout", "0.5") as server:
            with server.connect() as idle, server.connect() as busy:
                begin = time.monotonic()
                idle.setblocking(False)
                while not select.select([idle], [], [], 0.1)[0]:
                    busy.sendall(b"tick\n")
                    self.assertEqual(read_exactly(busy, 5), b"tick\n")
                self.assertEqual(idle.recv(1), b"")
                self.assertGreaterEqual(time.monotonic() - begin, 0.45)
                busy.sendall(b"tick\n")
                self.assertEqual(read_exactly(busy, 5), b"tick\n")
            self.assertIn("[closed] /127.0.0.1: idle for longer than --idle-timeout",
                          server.stop()[1])


class Crowd(unittest.TestCase):
    def test_10000_idle_clients_cost_little_and_hinder_nobody(self):
        wanted = 10000
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if hard < wanted + 100:
            self.skipTest(f"SKIPPED LOUDLY: the hard limit of {hard} descriptors forbids it")
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        with Server("--quiet") as server:
            before = server.memory()
            clients = [server.connect() for _ in range(wanted)]
            for client in clients[::100]:  # also proves that all before it are taken in
                client.sendall(b"here\n")
                self.assertEqual(read_exactly(client, 5), b"here\n")
            each = (server.memory() - before) * 1024 / wanted
            if not os.environ.get("ECHOSERVER_SANITIZED"):
                self.assertLess(each, 1024, "bytes for an idle client")
            begin = time.monotonic()
            code, _ = server.stop()
            self.assertEqual(code, 0)
            self.assertLess(time.monotonic() - begin, 10)
            for client in clients:
                client.close()

    def test_a_flood_of_clients_that_come_and_go_leaves_nothing_behind(self):
        with Server("--quiet") as server:
            for _ in range(10):
                flood = [server.connect() for _ in range(300)]
                for number, client in enumerate(flood):
                    if number % 3 == 0:
                        client.sendall(b"no end of line")
                    if number % 3 == 1:
                        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                          struct.pack("ii", 1, 0))
                    client.close()
            self.assertTrue(is_answered(server))
            wait_until(lambda: len(os.listdir(f"/proc/{server.process.pid}/fd")) < 30)

    def test_out_of_descriptors_clients_are_refused_and_the_server_does_not_spin(self):
        def few():
            resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        with Server(preexec=few) as server:
            clients = [server.connect() for _ in range(100)]
            refused = 0
            for client in clients:
                try:
                    client.sendall(b"here\n")
                    refused += client.recv(5) != b"here\n"
                except OSError:
                    refused += 1
            self.assertGreater(refused, 50)
            self.assertLess(refused, 100)
            start, begin = server.cpu_s(), time.monotonic()
            time.sleep(0.3)  # measured, not waited for
            self.assertLess(server.cpu_s() - start, 0.5 * (time.monotonic() - begin))
            for client in clients:
                client.close()
            wait_until(lambda: self.works_again(server))
            log = server.stop()[1]
            self.assertTrue([line for line in log if line.startswith("[refused] ")], log)

    @staticmethod
    def works_again(server):
        try:
            return is_answered(server)
        except OSError:  # not up yet, or no room yet
            return False


class Log(unittest.TestCase):
    def test_a_client_cannot_forge_log_lines_or_drive_the_terminal(self):
        with Server() as server:
            with server.connect() as client:
                client.sendall(b"\x1b[2J\x08\x00 \\ caf\xc3\xa9 \xff\nbye\n")
                read_to_end(client)
            self.assertIn("/127.0.0.1 says \\x1b[2J\\x08\\x00 \\\\ café \\xff", server.stop()[1])

    def test_a_log_that_nobody_reads_stops_neither_service_nor_end_and_is_counted(self):
        with Server() as server:
            with server.connect() as client:
                for _ in range(200):
                    client.sendall(b"a line for a log that is full\n" * 1000)
                    read_exactly(client, 30000)
            self.assertTrue(is_answered(server))
            begin = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(DEADLINE_S), 0)
            self.assertLess(time.monotonic() - begin, 8)

    def test_dropped_log_lines_are_counted(self):
        with Server() as server:
            with server.connect() as client:
                for _ in range(200):
                    client.sendall(b"a line for a log that is full\n" * 1000)
                    read_exactly(client, 30000)
            log = server.stop()[1]
            dropped = sum(int(found[1]) for line in log
                          if (found := re.match(r"\[dropped\] (\d+) log lines", line)))
            self.assertGreater(dropped, 0)
            said = sum(1 for line in log if " says " in line)
            self.assertLessEqual(abs(said + dropped - 200000), 2)  # and the client's own events

    def test_a_log_whose_reader_is_gone_stops_nothing(self):
        with Server() as server:
            server.process.stdout.close()
            self.assertTrue(is_answered(server))
            self.assertTrue(is_answered(server))
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(DEADLINE_S), 0)

    def test_a_closed_standard_output_stops_nothing(self):
        port = free_port()
        with Server(port=port, stdout=None, preexec=lambda: os.close(1)) as server:
            wait_until(lambda: Crowd.works_again(server))
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(server.process.wait(DEADLINE_S), 0)

    def test_a_full_device_as_log_stops_nothing(self):
        port = free_port()
        with open("/dev/full", "wb") as full:
            with Server(port=port, stdout=full) as server:
                wait_until(lambda: Crowd.works_again(server))
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.process.wait(DEADLINE_S), 0)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class End(unittest.TestCase):
    def test_a_drain_answers_all_that_had_arrived(self):
        with Server() as server:
            clients = [server.connect() for _ in range(50)]
            for client in clients:
                client.sendall(b"ready\n")
                self.assertEqual(read_exactly(client, 6), b"ready\n")
            os.kill(server.process.pid, signal.SIGSTOP)
            for client in clients:
                client.sendall(b"asked before the end\n")
            late = server.connect()  # still in the backlog
            late.sendall(b"asked before the accept\n")
            server.process.send_signal(signal.SIGTERM)
            os.kill(server.process.pid, signal.SIGCONT)
            for client in clients:
                self.assertEqual(read_to_end(client), b"asked before the end\n")
                client.close()
            self.assertEqual(read_to_end(late), b"asked before the accept\n")
            late.close()
            self.assertEqual(server.stop()[0], 0)

    def test_a_drain_under_load_ends_in_time_and_cuts_no_answer(self):
        broken = []

        def talk(client):
            try:
                while True:
                    client.sendall(b"load\n")
                    answer = client.recv(5)
                    if not answer:
                        return
                    if answer != b"load\n":
                        answer += client.recv(5)
                    if answer != b"load\n":
                        broken.append(answer)
            except ConnectionError:
                pass
            finally:
                client.close()
        with Server("--quiet") as server:
            threads = [threading.Thread(target=talk, args=(server.connect(),)) for _ in range(20)]
            for thread in threads:
                thread.start()
            wait_until(lambda: server.cpu_s() > 0.05)
            begin = time.monotonic()
            self.assertEqual(server.stop()[0], 0)
            self.assertLess(time.monotonic() - begin, 8)
            for thread in threads:
                thread.join(DEADLINE_S)
            self.assertEqual(broken, [])

    def test_clients_that_neither_read_nor_close_cannot_delay_the_end_for_long(self):
        with Server("--quiet") as server, server.connect(receive_buffer=8192) as slow:
            slow.setblocking(False)
            try:
                while True:
                    slow.send(b"w" * 1023 + b"\n")
            except BlockingIOError:
                pass
            begin = time.monotonic()
            self.assertEqual(server.stop(signal.SIGINT)[0], 0)
            self.assertLess(time.monotonic() - begin, 8)

    def test_a_second_signal_ends_it_at_once(self):
        with Server("--quiet") as server, server.connect() as client:
            client.sendall(b"hello\n")
            read_exactly(client, 6)
            begin = time.monotonic()
            server.process.send_signal(signal.SIGTERM)
            self.assertEqual(read_to_end(client), b"")  # it drains, and waits for us to close
            self.assertEqual(server.stop(signal.SIGINT)[0], 0)
            self.assertLess(time.monotonic() - begin, 5)


class Start(unittest.TestCase):
    def run_server(self, *args):
        done = subprocess.run(WRAPPER + [SERVER, *args], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=DEADLINE_S, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_a_port_in_use_is_one_clear_line_and_exit_1(self):
        with Server() as server:
            code, out, err = self.run_server("--bind", "127.0.0.1", "--port", str(server.port))
            self.assertEqual((code, out), (1, ""))
            self.assertEqual(err, f"echoserver: cannot listen on port {server.port} of 127.0.0.1: "
                                  f"{os.strerror(errno.EADDRINUSE)}\n")

    def test_wrong_usage_is_one_clear_line_and_exit_2(self):
        for args in (["--port", "x"], ["--bind", "localhost"], ["--nope"], ["operand"]):
            with self.subTest(args=args):
                code, out, err = self.run_server(*args)
                self.assertEqual((code, out, err.count("\n")), (2, "", 1), err)

    def test_help_and_version_go_to_standard_output(self):
        self.assertRegex(self.run_server("--version")[1], r"^echoserver \d+\.\d+")
        code, out, _ = self.run_server("--help")
        self.assertEqual(code, 0)
        self.assertIn("--idle-timeout", out)

    def test_without_bind_both_families_are_answered_and_logged_by_their_address(self):
        with Server(bind=None) as server:
            self.assertTrue(is_answered(server))
            expected = ["[connected] /127.0.0.1"]
            if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"):
                with server.connect(socket.AF_INET6, "::1") as client:
                    client.sendall(b"bye\n")
                    self.assertEqual(read_to_end(client), b"bye\n")
                expected.append("[connected] /::1")
            log = server.stop()[1]
            self.assertEqual([line for line in log if line.startswith("[connected]")], expected)


if __name__ == "__main__":
    SERVER = sys.argv.pop(1)
    unittest.main(verbosity=1)
