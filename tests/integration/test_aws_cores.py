#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A process that holds keys leaves no core, whichever signal ends it: the keys would be in it.

usage: test_aws_cores.py [CHAOS [unittest arguments]]

Not for a sanitized build, which leaves none anyway. Skipped where cores go to a program.
"""
import os
import resource
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import canary  # noqa: E402
from test_aws_experiments import (DEADLINE_S, SECRETS, THEIRS, WithService, action,  # noqa: E402
                                  by_secrets)


class Cores(WithService):
    def cores(self):
        return [path for path in self.path.rglob("core*") if path.is_file()]

    def killed(self, words, env, number, when=None):
        """End a program by a signal that leaves a core, once `when` is so."""
        limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
        with subprocess.Popen(words, cwd=self.folder.name, env=env, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=lambda:
                              resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))) as child:
            if when:
                self.until(when)
            child.send_signal(number)
            output = child.communicate(timeout=DEADLINE_S)
            self.assertEqual(child.returncode, -number, output)
        canary.sweep(*output)

    def until(self, happens):
        deadline = time.monotonic() + DEADLINE_S
        while not happens():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def in_its_request(self, words, env, number):
        self.service.has_hung.clear()
        self.killed(words, env, number, self.service.has_hung.is_set)

    def need_cores(self):
        """What dies here without asking for more leaves a core, with the keys of its environment."""
        self.killed(["sleep", str(DEADLINE_S)], self.environment(), signal.SIGABRT)
        if not self.cores():
            pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
            self.skipTest(f"cores do not come here: the core pattern is {pattern!r}")
        self.assertRaises(AssertionError, canary.sweep, self.path)
        for core in self.cores():
            core.unlink()

    def test_a_process_that_holds_keys_leaves_no_core(self):
        self.need_cores()
        self.service.hangs = True
        theirs = {name: value for name, value in self.environment(**THEIRS).items()
                  if name not in canary.KEYS}
        options = ("--no-state",)
        for number in (signal.SIGABRT, signal.SIGSEGV, signal.SIGQUIT):
            with self.subTest("chaos aws", signal=number):
                self.in_its_request([self.chaos, "aws", "ec2", "describe-instances"], self.environment(),
                                    number)
                self.assertEqual(self.cores(), [])
        for number in (signal.SIGABRT, signal.SIGSEGV):
            with self.subTest("a run by the environment's keys", signal=number):
                self.in_its_request(self.words(action(), options=options), self.environment(), number)
                self.assertEqual(self.cores(), [])
            with self.subTest("a run by the experiment's keys", signal=number):
                self.in_its_request(self.words(by_secrets(action()), options=options,
                                               secrets=SECRETS), theirs, number)
                self.assertEqual(self.cores(), [])

    def test_keys_of_the_environment_are_in_no_core_before_they_are_used(self):
        self.need_cores()
        fifo = self.path / "parameters"
        os.mkfifo(fifo)
        writer = []

        def is_open():
            try:
                writer.append(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK))
            except OSError:
                return False
            return True
        self.killed([self.chaos, "aws", "ec2", "describe-instances", "--json", str(fifo)],
                    self.environment(), signal.SIGABRT, is_open)
        os.close(writer[0])
        fifo.unlink()
        self.assertEqual(self.cores(), [])

    def test_the_guardian_leaves_no_core(self):
        self.need_cores()
        if not os.access("/", os.W_OK):
            self.skipTest("the guardian stands in /, where this user has no core")
        before = set(Path("/").iterdir())
        self.service.hangs = True
        limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
        with subprocess.Popen(self.words(action()), cwd=self.folder.name,
                              env=self.environment(), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, preexec_fn=lambda:
                              resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))) as run:
            self.until(self.service.has_hung.is_set)
            children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
            guardians = [int(pid) for pid in children
                         if Path(f"/proc/{pid}/comm").read_text().startswith("chaos-guard")]
            self.assertEqual(len(guardians), 1)
            os.kill(guardians[0], signal.SIGABRT)
            self.service.release.set()
            run.wait(DEADLINE_S)
        left = [path for path in set(Path("/").iterdir()) - before if path.name.startswith("core")]
        for path in left:
            path.unlink()
        self.assertEqual(self.cores() + left, [])


if __name__ == "__main__":
    Cores.chaos = os.path.abspath(sys.argv.pop(1) if len(sys.argv) > 1 else ROOT / "build/chaos")
    unittest.main()
