#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plug-ins, built outside of the tree with the public headers only, and loaded.

usage: test_plugin.py NATIVE_CALL [unittest arguments]
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

NATIVE_CALL = None
SOURCE = pathlib.Path(os.environ["FRACAS_SOURCE_DIR"])
HEADERS = ("error.h", "extension.h")

ROW = """
#include <chaos/extension.h>
static int answer(const struct chaos_call *call, json_t **ret_output, struct chaos_error *err)
{
    (void)call;
    (void)err;
    *ret_output = json_integer(42);
    return 0;
}
static const struct chaos_function functions[] = {
    { .name = "answer", .summary = "the answer", .result = CHAOS_INTEGER, .run = answer },
};
static const struct chaos_extension extension = {
    .abi = ABI, .module = MODULE, .functions = functions, .n_functions = 1,
};
const struct chaos_extension *const *chaos_extension_entry(void)
{
    static const struct chaos_extension *const all[] = { &extension, NULL };
    return all;
}
"""


class Plugin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.root)
        (cls.root / "include/chaos").mkdir(parents=True)
        for header in HEADERS:
            shutil.copy(SOURCE / "include/chaos" / header, cls.root / "include/chaos")
        shutil.copytree(SOURCE / "examples/plugin", cls.root / "example")
        subprocess.run(["make", "-s", f"CHAOS_INCLUDE={cls.root}/include",
                        "CFLAGS=-O2 -Wall -Wextra -Werror"], cwd=cls.root / "example", check=True)

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.root))

    def build(self, name, module="test.one", abi="CHAOS_EXTENSION_ABI", code=ROW):
        source = self.folder / f"{name}.c"
        source.write_text(code)
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "jansson"], check=True,
                               capture_output=True, text=True).stdout.split()
        subprocess.run(["cc", "-shared", "-fPIC", f"-DABI={abi}", f'-DMODULE="{module}"',
                        f"-I{self.root}/include", "-o", self.folder / f"{name}.so", source, *flags],
                       check=True)

    def call(self, module, function, path=None, **arguments):
        activity = {"name": "a", "provider": {"type": "native", "module": module, "func": function,
                                              "arguments": arguments}}
        environment = dict(os.environ, CHAOS_EXTENSION_PATH=str(path or self.folder))
        done = subprocess.run([NATIVE_CALL, json.dumps(activity)], capture_output=True, text=True,
                              env=environment, timeout=60)
        answer = json.loads(done.stdout)
        answer["log"] = done.stderr
        return answer

    def test_the_example_runs_its_probe(self):
        answer = self.call("example.disk", "free_percent", self.root / "example", path_="/")
        self.assertIn("'path_' of 'free_percent' is not known", answer["message"])
        answer = self.call("example.disk", "free_percent", self.root / "example")
        self.assertTrue(0 <= answer["output"] <= 100, answer)

    def test_the_example_runs_its_action(self):
        target = self.folder / "filler"
        activity = {"name": "a", "provider": {"module": "example.disk", "func": "fill",
                                              "arguments": {"path": str(target), "mib": 1}}}
        environment = dict(os.environ, CHAOS_EXTENSION_PATH=str(self.root / "example"))
        done = subprocess.run([NATIVE_CALL, json.dumps(activity)], capture_output=True, text=True,
                              env=environment, timeout=60)
        self.assertEqual(json.loads(done.stdout)["output"], 1048576, done)
        self.assertEqual(target.stat().st_size, 1048576)

    def test_directories_are_separated_by_colons(self):
        self.build("one")
        answer = self.call("test.one", "answer", f"/:{self.folder}:")
        self.assertEqual(answer["output"], 42, answer)

    def test_another_abi_is_one_warning_and_the_others_work(self):
        self.build("a", module="test.old", abi="99")
        self.build("b")
        answer = self.call("test.one", "answer")
        self.assertEqual(answer["output"], 42, answer)
        self.assertIn("a.so' is left out: built for ABI 99", answer["log"])
        self.assertEqual(len(answer["log"].splitlines()), 1, answer["log"])

    def test_a_module_that_is_there_already_is_one_warning(self):
        self.build("a")
        self.build("b")
        answer = self.call("test.one", "answer")
        self.assertEqual(answer["output"], 42, answer)
        self.assertIn("b.so' is left out: there is already a module 'test.one'", answer["log"])

    def test_a_built_in_module_cannot_be_replaced(self):
        self.build("a", module="chaos.net.probes")
        answer = self.call("test.one", "answer")
        self.assertIn("there is already a module 'chaos.net.probes'", answer["log"])

    def test_what_is_no_library_is_one_warning(self):
        (self.folder / "text.so").write_text("no library")
        answer = self.call("test.one", "answer")
        self.assertIn("text.so' is left out: ", answer["log"])
        self.assertIn("there is no native module 'test.one'", answer["message"])

    def test_a_library_without_the_entry_is_one_warning(self):
        self.build("lib", code="int nothing; int nothing;")
        self.assertIn("it has no function chaos_extension_entry()",
                      self.call("test.one", "answer")["log"])

    def test_a_pipe_is_not_opened(self):
        os.mkfifo(self.folder / "pipe.so")
        self.assertEqual(self.call("test.one", "answer")["log"], "")

    def test_a_directory_that_is_not_there_is_one_warning(self):
        answer = self.call("test.one", "answer", "/nonexistent")
        self.assertIn("no plug-ins from '/nonexistent' ($CHAOS_EXTENSION_PATH)", answer["log"])

    def test_nothing_is_opened_for_a_built_in_module(self):
        (self.folder / "text.so").write_text("no library")
        answer = self.call("chaos.net.probes", "tcp_connect", host="127.0.0.1", port=0)
        self.assertEqual(answer["log"], "")


if __name__ == "__main__":
    NATIVE_CALL = sys.argv.pop(1)
    unittest.main()
