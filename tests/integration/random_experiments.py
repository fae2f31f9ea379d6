# SPDX-License-Identifier: Apache-2.0
"""Experiments drawn at random, a number each: valid ones, odd ones and wrong ones.

What docs/differences.md says to differ is not drawn: HEAD of JSON, timeouts in text, bytes, strategies
that do not exist, probes as tolerances that take no value, InterruptExecution, sys.exit() in the
background (there it depends on which thread is faster).
"""
import random

TEXTS = ["", "hello", "a1b2", "12", "3.5", "true", "null", "[1, 2]", '{"a": 1}', "x\ny", "café",
         "  pad ", "0", "-1", "1e3", "None", "True"]
PATHS = ["$", "$.a", "$.a.b", "$.a[0]", "$.a[*]", "$.*", "$..b", "$.a[?(@.b > 1)]", "$.stdout",
         "$.a[?(@.b)].b", "$[0]", "$[*].b", "$.a[0:2]", "$.a[-1:]", "$.missing", "$['a']",
         "$.a[0,1]", "$.a[?(@.b = 2)]", "$.a[?(@.b == 2)].b", "$..*", "$.a.*", "$.a[1:]", "a", "$[",
         "$.a[?(@.c.d > 1)].b", "$.a[?(@.b != 1)]", "$.a[?(@.b and @.c)]", "$.status"]
PATTERNS = ["^h", "l+o$", "\\d+", "(?i)HELLO", "a|b", "[", "(?P<n>x)", "^$", ".", "\\bx", "x\\ny",
            "caf.", "(?s)x.y", "\\w+\\s*", "*"]
MEMBERS = ["stdout", "status", "a", "b", "stderr", "body", "missing"]
PLACEHOLDERS = ["${c1}", "${c2}", "a ${c1} b", "$${c1}", "${nope}", "$c1", "${c1}${c2}", "${c4}",
                "${ c1 }", "$", "${", "${c1", "$5"]
HOOKS = ["before_activity_control", "after_activity_control", "before_hypothesis_control",
         "after_hypothesis_control", "before_method_control", "after_rollback_control"]


class Experiments:
    """Draws from one seed. `port`: of an HTTP server with the routes of test_live_journals.Web."""

    def __init__(self, seed, port):
        self.seed = seed
        self.port = port
        self.r = random.Random(seed)

    def some(self, share):
        return self.r.random() < share

    def value(self, depth=0):
        pick = self.r.choice
        kind = self.r.randrange(9 if depth < 3 else 5)
        if kind < 2:
            return pick([None, True, False])
        if kind == 2:
            return pick([0, 1, -1, 2, 5, 10, 200, 10**20])
        if kind == 3:
            return pick([0.0, 1.0, 2.5, -0.5, 1e3, 1e-7, 1e22, 3.14])
        if kind == 4:
            return pick(TEXTS)
        if kind == 5:
            return {"a": [{"b": self.r.randrange(4), "c": pick([1, None, {"d": 2}])}
                          for _ in range(self.r.randrange(4))], "b": pick([1, "x", [1, 2]])}
        if kind == 6:
            return [self.value(depth + 1) for _ in range(self.r.randrange(4))]
        return {pick(["a", "b", "c", "status", "stdout", "a b"]): self.value(depth + 1)
                for _ in range(self.r.randrange(4))}

    def tolerance(self):
        pick = self.r.choice
        kind = self.r.randrange(13)
        if kind < 3:
            return pick([self.value(), 0, 1, 200, True, "hello", 1.0, "200", [0, 200], ["a", "b"]])
        if kind < 5:
            made = {"type": "regex", "pattern": pick(PATTERNS)}
        elif kind < 8:
            made = {"type": "jsonpath", "path": pick(PATHS)}
            if self.some(.4):
                made["expect"] = pick([1, [1], [1, 2], "x", None, True, [], [{"b": 1}], 0])
            if self.some(.3):
                made["count"] = pick([0, 1, 2, "1", None, True, 1.0])
        elif kind < 10:
            made = {"type": "range", "range": pick([[0, 1], [1, 0], [-1, 2.5], ["0", "5"], [1],
                                                    [1, 2, 3], [None, 1], [0, 200]])}
        elif kind < 12:
            return {"type": "probe", "name": "judge", "provider": {
                "type": "python", "module": "drawn", "func": pick(["truth", "equal", "boom"]),
                "arguments": pick([{}, {"x": 1}, {"value": 3}, {"x": "${value}"}])}}
        else:
            return {"type": pick(["regexp", "", "range", "jsonpath", "regex", None, 3])}
        if self.some(.4):
            made["target"] = pick(MEMBERS)
        return made

    def python(self):
        pick = self.r.choice
        func = pick(["echo"] * 6 + ["conf", "two", "boom", "prints", "tuples", "leave", "missing"])
        given = {"echo": {"x": pick([self.value(), pick(PLACEHOLDERS)])},
                 "two": pick([{}, {"a": 1}, {"a": "${c1}", "b": "${c2}-${c3}"}])}
        made = {"type": "python", "module": "drawn", "func": func, "arguments": given.get(func, {})}
        if self.some(.2):
            made["secrets"] = pick([["s"], ["s", "t"], ["nope"]])
        return made

    def process(self):
        pick = self.r.choice
        made = {"type": "process", "path": pick(["/bin/echo", "echo", "printf", "true"])}
        if self.some(.3):
            made = {"type": "process", "path": "/bin/sh", "arguments": ["-c", pick(
                ["exit 3", "echo out; echo err >&2", "printf '{\"a\": 1}'", "kill -9 $$"])]}
        elif self.some(.8):
            made["arguments"] = pick(["a b", "'a b' c", ["x", "${c2}y"], {"--a": "b"}, [1, 2], [],
                                      {"--flag": None}, {"--flag": ""}, ["%s", "x"], ""])
        if self.some(.1):
            made["timeout"] = pick([1, 2.5])
        return made

    def http(self):
        pick = self.r.choice
        made = {"type": "http", "url": "http://127.0.0.1:%d/%s" % (self.port, pick(
            ["json", "text", "status/404", "status/500", "echo", "echo?x=1", "slow?s=0.1"]))}
        if self.some(.5):
            made["method"] = pick(["GET", "POST", "post", "PUT", "DELETE", "PATCH"])
        if self.some(.4):
            made["arguments"] = pick([{"a": 1}, {"a": [1, 2]}, {}, "x=1", {"a": None}, {"a": True},
                                      {"k": "${c2}"}])
        if self.some(.4):
            made["headers"] = pick([{"X-A": "1"}, {"Content-Type": "application/json"}, {}])
        if self.some(.2):
            made["timeout"] = pick([2, [1, 2], 0.02])
        return made

    def control(self):
        pick = self.r.choice
        made = {"name": pick(["one", "other"]), "provider": {
            "type": "python", "module": pick(["steward", "steward", "steward", "nowhere"])}}
        if self.some(.4):
            made["scope"] = pick(["before", "after"])
        if self.some(.3):
            made["automatic"] = self.some(.5)
        if self.some(.4):
            made["provider"]["arguments"] = pick([
                {"tag": "x"}, {"fail": pick(HOOKS)}, {"stop": pick(HOOKS)}, {"change": 1}])
        return made

    def activity(self, number, kind=None, judged=False):
        pick = self.r.choice
        if number and self.some(.08):
            return {"ref": pick(["n0", "n0", "n100"])}
        made = {"type": kind or pick(["probe", "action"]), "name": "n%d" % number,
                "provider": pick([self.python, self.python, self.process, self.http])()}
        if judged or self.some(.15):
            made["tolerance"] = self.tolerance()
        if self.some(.1):
            made["pauses"] = {pick(["before", "after"]): pick([0, 0.01, "0.01", "${c4}", -1, True])}
        if self.some(.1) and made["provider"].get("func") != "leave":
            made["background"] = True
        if self.some(.1):
            made["controls"] = [self.control()]
        if self.some(.03):
            made["name"] = pick(["${c1}", "x y", ""])
        if self.some(.02):
            made.pop(pick(list(made)))
        return made

    def source(self, is_dynamic):
        pick = self.r.choice
        kind = self.r.randrange(6)
        if kind < 2:
            return pick([self.value(), "plain", "5", "0.01"])
        if kind == 2 and is_dynamic:
            return {"type": "probe", "name": "dynamic", "provider": {
                "type": "python", "module": "drawn", "func": "echo",
                "arguments": {"x": self.value()}}}
        made = {"type": "env", "key": pick(["E1", "E2", "E3", "E4", "NOWHERE"])}
        if self.some(.8):
            made["default"] = pick(["d", 1, 2.5, None, True, [1], "${c1}"])
        if self.some(.5):
            made["env_var_type"] = pick(["str", "int", "float", "bool", "json", "odd"])
        return made

    def draw(self):
        """The experiment, and what follows `run` on the command line."""
        r, pick = self.r, self.r.choice
        made = {"title": "t%d" % self.seed, "description": "d",
                "method": [self.activity(i) for i in range(r.randrange(4))]}
        if self.some(.8):
            made["steady-state-hypothesis"] = {"title": "h", "probes": [
                self.activity(100 + i, "probe", True) for i in range(r.randrange(1, 3))]}
        if self.some(.6):
            made["rollbacks"] = [self.activity(200 + i, "action") for i in range(r.randrange(3))]
        has_secrets = self.some(.5)
        if has_secrets:
            made["secrets"] = {"s": {"k": pick(["visible", {"type": "env", "key": "E1"}])},
                               "t": {"z": "plainvalue"}}
        if self.some(.8):
            made["configuration"] = {name: self.source(not has_secrets)
                                     for name in ("c1", "c2", "c3", "c4") if self.some(.6)}
        if self.some(.3):
            made["controls"] = [self.control()]
        if self.some(.15):
            made["runtime"] = pick([{"hypothesis": {"strategy": pick(
                ["default", "before-method-only", "after-method-only"])}}, {"rollbacks": {
                    "strategy": pick(["default", "always", "never", "deviated"])}}])
        if self.some(.05):
            made["tags"] = pick([["a"], [], "x", [1]])
        if self.some(.02):
            made.pop(pick(list(made)))
        options = self.options()
        if "title" not in made and "--no-validation" in options:
            options.remove("--no-validation")
        return made, options

    def options(self):
        pick = self.r.choice
        made = []
        if self.some(.3):
            made += ["--rollback-strategy", pick(["default", "always", "never", "deviated"])]
        if self.some(.2):
            made += ["--hypothesis-strategy", pick(["default", "before-method-only",
                                                    "after-method-only"])]
        if self.some(.1):
            made += ["--dry", pick(["probes", "actions", "activities", "pause"])]
        if self.some(.2):
            made += ["--var", pick(["c1=3", "c2:int=4", "c3:bool=true", "c1:float=2.5", "c2:int=x",
                                    "c4:json=[1]", "c1"])]
        if self.some(.1):
            made += ["--var-file", pick(["vars.json", "vars.yaml", "vars.env"])]
        if self.some(.1):
            made.append("--no-validation")
        return made
