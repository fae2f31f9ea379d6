#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The `chaos` command as a process: what it prints, writes and ends with.

usage: test_cli.py CHAOS [unittest arguments]

Each test works in a directory of its own, with a home of its own.
"""
import json
import os
import pty
import re
import signal
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import canary  # noqa: E402

DEADLINE_S = 60
CHAOS = None


class Case(unittest.TestCase):
    def setUp(self):
        place = canary.Folder()
        self.addCleanup(place.cleanup)
        self.home = Path(place.name)
        self.env = {**os.environ, "HOME": place.name}

    def chaos(self, *args, stdin="", **more):
        return canary.run([CHAOS, *args], cwd=self.home, env=self.env, input=stdin, text=True,
                          capture_output=True, timeout=DEADLINE_S, presigned="--presign" in args,
                          **more)

    def write(self, name, text):
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


class Root(Case):
    def test_version_names_the_program_and_the_compatible_release(self):
        done = self.chaos("--version")
        self.assertRegex(done.stdout, r"^chaos, version 1\.21\.4\+fracas\.\d+\.\d+\.\d+\n$")
        self.assertEqual(done.returncode, 0)

    def test_looking_at_version_and_help_writes_no_log_file(self):
        for args in (["--version"], ["--help"], ["info", "--help"], ["settings"], ["frob"],
                     ["settings", "get"], ["completion", "bash"]):
            self.chaos(*args)
        self.assertEqual(os.listdir(self.home), [])

    def test_help_goes_to_stdout_and_a_bare_group_to_stderr(self):
        self.assertEqual(self.chaos("settings", "--help").stdout, self.chaos("settings").stderr)
        self.assertEqual(self.chaos("settings").returncode, 2)

    def test_no_help_page_is_wider_than_the_terminal_it_assumes(self):
        table = json.loads(self.chaos("dump").stdout)
        for command in table["commands"]:
            for line in self.chaos(command["name"], "--help").stdout.splitlines():
                if "[" not in line:  # a list of choices is not broken
                    self.assertLessEqual(len(line), 80, line)

    def test_a_usage_error_names_the_subcommand_to_ask_for_help(self):
        done = self.chaos("settings", "get", "--frob", "x")
        self.assertEqual(done.stderr, "Usage: chaos settings get [OPTIONS] KEY\n"
                         "Try 'chaos settings get --help' for help.\n\n"
                         "Error: No such option '--frob'.\n")
        self.assertEqual(done.returncode, 2)

    def test_a_lost_stdout_is_a_failure(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([CHAOS, "--version"], stdout=full, stderr=subprocess.PIPE,
                                  text=True, timeout=DEADLINE_S)
        self.assertEqual((done.returncode, done.stderr),
                         (1, "Error: cannot write to the standard output\n"))

    def test_no_colours_where_there_is_no_terminal(self):
        self.assertNotIn("\x1b", self.chaos("info", "core").stdout)


class Log(Case):
    def test_the_log_file_takes_the_debug_records_the_console_does_not_show(self):
        done = self.chaos("info", "core")
        log = (self.home / "chaostoolkit.log").read_text()
        self.assertEqual(done.stderr, "")
        self.assertIn("Running command 'info'", log)
        self.assertIn(f"Using settings file '{self.home}/.chaostoolkit/settings.yaml'", log)

    def test_change_dir_leaves_the_log_file_where_it_was_called(self):
        (self.home / "inner").mkdir()
        self.chaos("--change-dir", "inner", "info", "core")
        self.assertTrue((self.home / "chaostoolkit.log").exists())
        self.assertEqual(os.listdir(self.home / "inner"), [])

    def test_change_dir_to_nowhere_is_one_line(self):
        done = self.chaos("--change-dir", "nowhere", "info", "core")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.splitlines()[-1], r"ERROR\] .*'nowhere'.*No such file")

    def test_a_log_file_that_cannot_be_written_is_one_line(self):
        done = self.chaos("--log-file", "no/such/place", "info", "core")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertIn("'no/such/place'", done.stderr)


class Settings(Case):
    def test_a_path_without_a_directory_can_be_saved_to(self):
        path = self.write("s.yaml", "a: 1\n")
        done = self.chaos("--settings", "s.yaml", "settings", "set", "a", "[2]")
        self.assertEqual((done.returncode, path.read_text()), (0, "a:\n- 2\n"))

    def test_a_value_that_is_not_json_leaves_the_file_alone(self):
        path = self.write("s.yaml", "a: 1 # mine\n")
        done = self.chaos("--settings", "s.yaml", "settings", "set", "a", "maybe")
        self.assertEqual((done.returncode, path.read_text()), (1, "a: 1 # mine\n"))
        self.assertIn("'maybe' is not JSON", done.stderr)

    def test_removing_an_item_removes_that_one_and_not_an_equal_one(self):
        path = self.write("s.yaml", "a: [x, y, x]\n")
        self.chaos("--settings", "s.yaml", "settings", "remove", "a[2]")
        self.assertEqual(path.read_text(), "a:\n- x\n- y\n")

    def test_json_is_written_in_ascii(self):
        self.write("s.yaml", "a: caf\u00e9\n")
        done = self.chaos("--settings", "s.yaml", "settings", "get", "--format=json", "a")
        self.assertEqual(done.stdout, '"caf\\u00e9"\n')

    def test_what_is_missing_is_a_note_and_an_exit_code(self):
        self.write("s.yaml", "a: 1\n")
        done = self.chaos("--settings", "s.yaml", "settings", "get", "b")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\] note: there is no setting 'b'")


class Init(Case):
    def test_input_that_ends_early_writes_nothing(self):
        done = self.chaos("init", stdin="A title\n")
        self.assertEqual((done.returncode, done.stderr), (1, "\nAborted!\n"))
        self.assertFalse((self.home / "experiment.json").exists())

    def test_an_interrupt_at_a_question_ends_with_aborted(self):
        process = subprocess.Popen([CHAOS, "init"], cwd=self.home, env=self.env, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        while "There is no discovery" not in process.stdout.readline():
            pass  # up to the last line before the first question
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE_S)
        self.assertEqual((process.returncode, err), (1, "\nAborted!\n"))

    def test_a_broken_discovery_is_one_line_with_its_place(self):
        self.write("discovery.json", "{]")
        done = self.chaos("init")
        self.assertEqual(done.returncode, 1)
        self.assertIn("'./discovery.json': line 1, column 2", done.stderr)

    def test_lists_and_mappings_are_answered_in_json(self):
        self.write("discovery.json", json.dumps({"activities": [{
            "type": "action", "name": "act", "mod": "m", "arguments": [
                {"name": "hosts", "type": "list"}, {"name": "tags", "type": "mapping",
                                                    "default": None}]}]}))
        answers = ["T", "n", "y", "1", "y", "not a list", '["a"]', "", "n", "n"]
        done = self.chaos("init", stdin="\n".join(answers) + "\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        made = json.loads((self.home / "experiment.json").read_text())
        self.assertEqual(made["method"][0]["provider"]["arguments"],
                         {"hosts": ["a"], "tags": None})


class Discover(Case):
    def test_native_functions_are_described_from_their_rows(self):
        done = self.chaos("discover", "chaos.net")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads((self.home / "discovery.json").read_text())
        self.assertTrue(all(a["mod"].startswith("chaos.net.") for a in found["activities"]))
        self.assertTrue(found["activities"])

    def test_a_name_that_is_not_utf8_is_a_usage_error(self):
        done = self.chaos("discover", "--no-install", os.fsdecode(b"\xff"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("Error: Invalid value for 'PACKAGE'", done.stderr)

    def test_part_of_a_module_name_is_not_the_module(self):
        done = self.chaos("discover", "--no-install", "chaos.ne")
        self.assertEqual(done.returncode, 0)
        self.assertIn("CRITICAL", done.stderr)
        self.assertFalse((self.home / "discovery.json").exists())


class Completion(Case):
    """The script in a real bash."""

    def complete(self, line):
        words = [word for part in line.split(" ") for word in re.split("(=)", part)
                 if word or part == ""]
        script = "\n".join([
            self.chaos("completion", "bash").stdout,
            "COMP_WORDS=(" + " ".join("'" + word + "'" for word in words) + ")",
            f"COMP_CWORD={len(words) - 1}",
            "_chaos", 'printf "%s\\n" "${COMPREPLY[@]}"'])
        env = {**self.env, "PATH": f"{Path(CHAOS).parent}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True,
                              env=env, timeout=DEADLINE_S)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def test_the_start_of_a_command(self):
        self.assertEqual(self.complete("chaos disc"), ["discover"])

    def test_all_commands_but_the_hidden_ones(self):
        found = self.complete("chaos ")
        self.assertIn("settings", found)
        self.assertNotIn("dump", found)

    def test_a_subcommand(self):
        self.assertEqual(self.complete("chaos --verbose settings re"), ["remove"])

    def test_the_options_of_a_subcommand(self):
        self.assertEqual(self.complete("chaos settings get --"), ["--format", "--help"])

    def test_the_choices_of_an_option(self):
        self.assertEqual(self.complete("chaos settings get --format "), ["json", "yaml", "string"])

    def test_the_choices_of_an_option_after_an_equals_sign(self):
        self.assertEqual(self.complete("chaos settings get --format=y"), ["yaml"])

    def test_the_choices_of_an_argument(self):
        self.assertEqual(self.complete("chaos info c"), ["core"])

    def test_nothing_after_double_dashes(self):
        self.assertEqual(self.complete("chaos settings get -- --"), [])

    def test_the_value_of_an_option_is_not_a_command(self):
        self.assertEqual(self.complete("chaos --settings info se"), ["settings"])


class Terminal(Case):
    def test_colours_where_there_is_a_terminal(self):
        self.env["TERM"] = "xterm"
        self.env.pop("NO_COLOR", None)
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb") as terminal:
            subprocess.run([CHAOS, "info", "core"], cwd=self.home, env=self.env, stdout=theirs,
                           timeout=DEADLINE_S, check=True)
            os.close(theirs)
            self.assertIn(b"\x1b[94m", os.read(terminal.fileno(), 4096))


class Aws(Case):
    def completed(self, *words):
        return [line.partition("\t")[0] for line in
                self.chaos("complete", "--", "aws", *words).stdout.splitlines()]

    def test_it_lists_services_and_their_operations(self):
        self.assertRegex(self.chaos("aws").stdout, r"(?m)^elbv2 +\S")
        self.assertRegex(self.chaos("aws", "ec2").stdout, r"(?m)^describe-instances +\S")
        self.assertEqual(self.chaos("aws", "ec2").stdout, self.chaos("aws", "ec2", "help").stdout)
        self.assertEqual(os.listdir(self.home), [])

    def test_help_tells_what_an_operation_takes(self):
        page = self.chaos("aws", "s3", "put-bucket-versioning", "help").stdout
        self.assertRegex(page, r"(?m)^  --bucket +string, required$")
        self.assertRegex(page, r"(?m)^      Status +Enabled\|Suspended$")
        self.assertEqual(page, self.chaos("aws", "s3", "PutBucketVersioning", "--help").stdout)

    def test_names_that_are_not_there_are_answered_with_the_closest(self):
        for words, near in ((["ec3"], "ec2"), (["ec2", "describe-instanc"], "describe-instances"),
                            (["ec2", "describe-instances", "--instance-id", "i"], "instance-ids"),
                            (["ec2", "describe-instances", "--wait", "instance-runing"],
                             "instance-running")):
            with self.subTest(words):
                done = self.chaos("aws", *words)
                self.assertEqual(done.returncode, 2)
                self.assertIn(f"did you mean '{near}'?", done.stderr)

    def test_services_operations_parameters_and_waiters_complete(self):
        self.assertEqual(self.completed("elbv"), ["elbv2"])
        self.assertIn("describe-instances", self.completed("ec2", "describe-inst"))
        self.assertEqual(self.completed("ec2", "describe-instances", "--instance-ids", "i-1",
                                        "--fil"), ["--filters"])
        self.assertEqual(self.completed("ec2", "describe-instances", "--instance-ids", "i"), [])
        self.assertEqual(self.completed("ec2", "describe-instances", "--wait", "instance-r"),
                         ["instance-running"])
        self.assertEqual(self.completed("ec2", "describe-instances", "--all"), ["--all-pages"])

    def test_a_presigned_address_is_made_without_a_call(self):
        done = self.chaos("aws", "s3", "get-object", "--json", "-", "--presign", "60",
                          stdin='{"Bucket": "b", "Key": "k"}')
        self.assertRegex(done.stdout, r"^http://127\.0\.0\.1:9/b/k\?\S*X-Amz-Expires=60&\S+\n$")


if __name__ == "__main__":
    CHAOS = os.path.abspath(sys.argv.pop(1))
    unittest.main()
