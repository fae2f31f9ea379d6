#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare our regular expressions, JSON paths, decimals and tolerances with Python's, at random.

usage: match_compare.py DRIVER regex|jsonpath|decimal|tolerance [COUNT [SEED]]
       match_compare.py record jsonpath [COUNT [SEED]]

DRIVER is the built match_driver. Run it with a Python 3.11 that has jsonpath2 0.4 for "jsonpath"
and the Chaos Toolkit for "tolerance".
Prints each question whose answers differ; exits with 1 when there is one. "record" writes the
table that test_jsonpath reads instead: [path, document, values], null for values when the path or
the match is refused.
"""
import json
import random
import re
import subprocess
import sys
import warnings
from decimal import Decimal, InvalidOperation

LIMIT = 4  # CHAOS_E_LIMIT


class Driver:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, *question):
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


class Regex:
    atoms = list("aabbc1_ \n-Zi.^$") + [
        "\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\b", "\\B", "\\A", "\\Z", "\\.", "\\-", "\\\\",
        "\\x41", "\\u00e9", "\\U0001f600", "\\n", "\\t", "\\0", "\\1", "\\2", "\\12", "\\101",
        "\\400", "\\q", "\\Q", "\\K", "\\R", "\\h", "\\X", "\\N", "\\z", "\\G", "\\e", "\\ ", "é",
        "İ", "ı", "ß", "٣", "\\x4", "\\u12", "{", "}", "{2", "{,}", "{a}", "]", "#", " ", "|"]
    members = list("abcz019_^-]\\.[:&~|é") + [
        "a-z", "0-9", "A-Z", "z-a", "\\d", "\\W", "\\S", "\\D", "\\w", "\\s", "\\b", "\\]", "\\-",
        "[:alpha:]", "\\n", "\\x41-\\x45", "\\d-z", "a-\\w", "\\B", "\\0", "\\8", "é-ü", "--/", "h-j"]
    quantifiers = ["*", "+", "?", "*?", "+?", "??", "*+", "++", "?+", "{2}", "{1,}", "{,2}", "{1,2}",
                   "{2,1}", "{1,2}?", "{1,2}+", "{0}", "{,}", "{ 1}"]
    groups = ["(", "(", "(?:", "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?P<n>", "(?P<m>", "(?>", "(?i:",
              "(?-i:", "(?s:", "(?m-s:", "(?x:", "(?a:", "(?u:", "(?ai:", "(?(1)", "(?(n)", "(?(2)",
              "(?#", "(?L:", "(?<n>", "(?|", "(?R", "(?P>n", "(?'n'", "(?i", "(?P=", "(*F", "(?i-i:",
              "(?t:", "(?-a:", "(?q:", "(?P<1>", "(?P<>", "(?("]
    heads = [""] * 8 + ["(?i)", "(?m)", "(?s)", "(?x)", "(?a)", "(?ai)", "(?im)", "(?u)", "(?L)",
                        "(?msix)", "(?t)", "(?au)", "(?i)(?s)", "(?iu)"]
    letters = "aaabbcAB1_ \n-ziI.é\u0130\u0131\u0663\u00df\u1e9e\U0001f600\x1c\x85\u2028Z{2}"

    def pattern(self, rnd, depth=0):
        out = []
        for _ in range(rnd.choice([0, 1, 1, 2, 2, 3, 4])):
            kind = rnd.random()
            if kind < 0.5:
                item = rnd.choice(self.atoms) if rnd.random() < 0.4 else rnd.choice("aabbc1.")
            elif kind < 0.7:
                item = ("[" + rnd.choice(["", "", "^"])
                        + "".join(rnd.choice(self.members) for _ in range(rnd.randint(0, 3)))
                        + rnd.choice(["]"] * 12 + [""]))
            elif depth < 3:
                head = rnd.choice(self.groups if rnd.random() < 0.4 else self.groups[:8])
                item = head + self.pattern(rnd, depth + 1) + rnd.choice([")"] * 16 + [""])
            else:
                item = "a"
            if rnd.random() < 0.35:
                item += rnd.choice(self.quantifiers)
            out.append(item)
            if rnd.random() < 0.1:
                out.append("|")
            if rnd.random() < 0.05:
                out.append("(?P=n)")
        return "".join(out)

    def question(self, rnd):
        return (rnd.choice(self.heads) + self.pattern(rnd),
                "".join(rnd.choice(self.letters) for _ in range(rnd.randint(0, 8))))

    def expected(self, question):
        try:
            return {"value": re.compile(question[0]).search(question[1]) is not None}
        except (re.error, ValueError) as error:
            return {"error": str(error)}

    def agree(self, question, ours, theirs):
        if "error" in ours and "error" in theirs:
            text = theirs["error"].split(" (line ")[0]
            if "template operator" in ours["error"] + text:  # (?t): which one is told first differs
                return True
            return "\\N" in ours["error"] or ours["error"] == text
        return ours == theirs


class JsonPath:
    names = ["a", "b", "c", "_x1", "length", "zz", "true", "and", "é", "9a", "a b"]
    literals = ["1", "0", "-1", "2.5", "1e1", "true", "false", "null", '"a"', '"b"', '""', "[]",
                "[1, 2]", '{"a": 1}', "{}", '"a\\nb"', "01", "1.", "-", "'a'", "2", "3"]
    integers = ["0", "1", "2", "-1", "-2", "-5", "5", "3", "1.5", "1e1", "-0", "99999999999999999999"]
    functions = ["length", "keys", "values", "entries", "charAt", "substring", "indexOf"]

    def literal(self, rnd):
        return rnd.choice(self.literals)

    def operand(self, rnd, depth):
        if rnd.random() < 0.5 or depth > 3:
            return self.literal(rnd)
        return rnd.choice("@@@$") + self.steps(rnd, depth + 1)

    def call(self, rnd, depth):
        name = rnd.choice(self.functions)
        count = rnd.choice([0, 0, 0, 1, 2, 3]) if name not in ("charAt", "substring") else rnd.choice([0, 1, 1, 2])
        return name + "(" + ",".join(
            rnd.choice(["0", "1", "-1", "2", "true"]) if rnd.random() < 0.7 else self.operand(rnd, depth + 1)
            for _ in range(count)) + ")"

    def expression(self, rnd, depth):
        kind = rnd.random()
        if kind < 0.15 and depth < 4:
            return "not " + self.expression(rnd, depth + 1)
        if kind < 0.4 and depth < 4:
            return (self.expression(rnd, depth + 1) + rnd.choice([" and ", " or "])
                    + self.expression(rnd, depth + 1))
        if kind < 0.5 and depth < 4:
            return "(" + self.expression(rnd, depth + 1) + ")"
        if kind < 0.65:
            return self.operand(rnd, depth)
        return (self.operand(rnd, depth) + rnd.choice([" = ", "!=", "<", "<=", ">", ">=", " == "][:6 if rnd.random() < 0.95 else 7])
                + self.operand(rnd, depth))

    def subscript(self, rnd, depth):
        kind = rnd.random()
        if kind < 0.2:
            return '"' + rnd.choice(self.names) + '"'
        if kind < 0.35:
            return rnd.choice(self.integers)
        if kind < 0.5:
            return (rnd.choice([""] + self.integers[:9]) + ":" + rnd.choice([""] + self.integers[:9])
                    + rnd.choice(["", ":", ":1", ":2", ":-1", ":-2", ":0"]))
        if kind < 0.6:
            return "*"
        if kind < 0.8 and depth < 3:
            return "?(" + self.expression(rnd, depth + 1) + ")"
        if kind < 0.9 and depth < 3:
            return rnd.choice("@$") + self.steps(rnd, depth + 1)
        return self.call(rnd, depth)

    def steps(self, rnd, depth):
        out = ""
        for _ in range(rnd.choice([0, 1, 1, 2, 2, 3])):
            kind = rnd.random()
            if kind < 0.4:
                out += rnd.choice([".", ".", "..", "...", ". "][:3 if rnd.random() < 0.97 else 5])
                out += rnd.choice(self.names[:6] + ["*", "*"] if rnd.random() < 0.96 else self.names)
                continue
            if kind < 0.5:
                out += rnd.choice([".", ".."]) + self.call(rnd, depth)
                continue
            out += ".." if rnd.random() < 0.15 else ""
            out += "[" + ",".join(self.subscript(rnd, depth) for _ in range(rnd.choice([1, 1, 1, 2, 3]))) + "]"
        return out

    def document(self, rnd, depth=0):
        kind = rnd.random()
        if depth > 3 or kind < 0.25:
            return rnd.choice([0, 1, 2, -1, 2.5, 10.0, True, False, None, "", "a", "b", "héé", "abc",
                               10**20, float("inf")])
        if kind < 0.6:
            return [self.document(rnd, depth + 1) for _ in range(rnd.randint(0, 4))]
        return {rnd.choice(self.names): self.document(rnd, depth + 1) for _ in range(rnd.randint(0, 4))}

    def question(self, rnd):
        path = rnd.choice(["$"] * 30 + ["@", "", "a"]) + self.steps(rnd, 0)
        if rnd.random() < 0.04 and path:
            cut = rnd.randrange(len(path))
            path = path[:cut] + rnd.choice(["", "!", "[", ")", ".", '"', " "]) + path[cut + 1:]
        return path, self.document(rnd)

    def expected(self, question):
        from jsonpath2.path import Path
        try:
            return {"value": [m.current_value for m in Path.parse_str(question[0]).match(question[1])]}
        except ValueError as error:
            return {"error": str(error)}

    def agree(self, question, ours, theirs):
        if "error" in ours or "error" in theirs:
            return ("error" in ours) == ("error" in theirs)
        return json.dumps(ours) == json.dumps(theirs)


class Tolerance:
    values = [0, 1, 200, 3, -1, 2.5, 200.0, True, False, None, "", "a", "ab", "200", "[1, 2]", "{\"a\": 1}",
              "${code}", 10**20, float("inf")]
    patterns = ["a", "^b", "${name}", "(", "\\d+", "", 5, None, "[", "${code}"]
    paths = ["$", "$.a", "$.*", "$[0]", "$.${name}", "x", "", " $.a ", 5, None, "$[?(@ > 1)]", "$..a", "$.a[*]"]
    configuration = {"code": 200, "name": "a", "list": [1, 2]}

    def value(self, rnd, depth=0):
        kind = rnd.random()
        if kind < 0.5 or depth > 2:
            return rnd.choice(self.values)
        if kind < 0.7:
            return [self.value(rnd, depth + 1) for _ in range(rnd.randint(0, 3))]
        return {rnd.choice(["a", "b", "status", "target"]): self.value(rnd, depth + 1)
                for _ in range(rnd.randint(0, 3))}

    def mapping(self, rnd):
        kind = rnd.choice(["regex", "jsonpath", "jsonpath", "range", "other"])
        tolerance = {"type": kind} if rnd.random() < 0.98 else {}
        if kind == "regex" and rnd.random() < 0.95:
            tolerance["pattern"] = rnd.choice(self.patterns)
        if kind == "jsonpath" and rnd.random() < 0.95:
            tolerance["path"] = rnd.choice(self.paths)
        if kind == "range" and rnd.random() < 0.95:
            tolerance["range"] = [rnd.choice(self.values) for _ in range(rnd.choice([2, 2, 2, 3]))]
        if rnd.random() < 0.5:
            tolerance["target"] = rnd.choice(["a", "b", "status", "", None, 5])
        if kind == "jsonpath" and rnd.random() < 0.4:
            tolerance["count"] = rnd.choice([0, 1, 2, 1.0, None, True, "1"])
        if kind == "jsonpath" and rnd.random() < 0.4:
            tolerance["expect"] = rnd.choice([self.value(rnd), [self.value(rnd)], "${code}", "${list}"])
        return tolerance

    def question(self, rnd):
        tolerance = self.mapping(rnd) if rnd.random() < 0.6 else self.value(rnd)
        value = tolerance if rnd.random() < 0.1 else self.value(rnd)
        return tolerance, value, self.configuration

    def expected(self, question):
        from chaoslib.exceptions import InvalidActivity
        from chaoslib.hypothesis import ensure_hypothesis_tolerance_is_valid, within_tolerance
        tolerance, value, configuration = question
        try:
            ensure_hypothesis_tolerance_is_valid(tolerance)
            valid = True
        except (InvalidActivity, AttributeError):  # a path that is no text has no strip()
            valid = False
        try:
            met = bool(within_tolerance(tolerance, value, configuration, {}))
        except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError, re.error):
            met = None
        return {"value": [valid, met]}

    def agree(self, question, ours, theirs):
        return ours == theirs


class Decimals:
    texts = ["1", "1.5", " 2_000 ", "1e3", "-1e-3", "Infinity", "-inf", "nan", "sNaN1", "", "x", ".", "1.",
             ".5", "1e", "0e999999999999999999", "1e999999999999999999", "1e1000000000000000000",
             "1e-1999999999999999997", "1e-1999999999999999998", "0e-1999999999999999998", "\u0661",
             "\u3000 7", "_1_", "--1", "+1", "1 2", "0.1000000000000000055511151231257827021181583404541015625",
             "0.10000000000000000555111512312578270211815834045410156250001", "9" * 400, "00012.500", "-0"]
    numbers = [0, 1, -1, 0.1, 1.5, 2**63 - 1, -2**63, 2**64, 10**30, float("inf"), float("-inf"),
               float("nan"), True, False, 5e-324, 1.7976931348623157e308, -0.0, 1e22, 2000, 12.5, 0.5]

    def number(self, rnd):
        if rnd.random() < 0.6:
            return rnd.choice(self.numbers)
        return rnd.choice([rnd.uniform(-2, 2), rnd.randint(-5, 5), rnd.random() * 10**rnd.randint(-300, 300)])

    def text(self, rnd):
        if rnd.random() < 0.6:
            return rnd.choice(self.texts)
        return "".join(rnd.choice("0123456789..ee+-_ iInNfa") for _ in range(rnd.randint(1, 6)))

    def question(self, rnd):
        value = rnd.choice([self.number, self.text])(rnd) if rnd.random() < 0.95 else rnd.choice([None, {}, []])
        bounds = [rnd.choice([self.number] * 5 + [self.text])(rnd) for _ in range(2)]
        return value, *bounds

    def expected(self, question):
        value, lower, upper = question
        try:
            try:
                value = Decimal(value)
            except InvalidOperation:
                return {"value": [False, False]}
            return {"value": [Decimal(lower) <= value <= Decimal(upper), True]}
        except (InvalidOperation, TypeError, ValueError) as error:
            return {"error": str(error)}

    def agree(self, question, ours, theirs):
        if "error" in ours and "error" in theirs:
            return theirs["error"].startswith("[<class") or theirs["error"] in ours["error"]
        return ours == theirs


def record(kind, count, rnd):
    rows = {}
    while len(rows) < count:
        path, document = kind.question(rnd)
        values = kind.expected((path, document)).get("value")
        dull = not values and rnd.random() < 0.7
        if len(path) < 70 and not dull:
            rows[path] = json.dumps([path, document, values])
    print("[\n" + ",\n".join(rows.values()) + "\n]")


def main():
    kinds = {"regex": Regex, "jsonpath": JsonPath, "decimal": Decimals, "tolerance": Tolerance}
    if len(sys.argv) < 3 or sys.argv[2] not in kinds:
        sys.exit(__doc__)
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 5000
    rnd = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    warnings.simplefilter("ignore")
    if sys.argv[2] == "regex" and sys.version_info[:2] != (3, 11):
        sys.exit(77)  # each version of Python refuses other patterns, in other words
    if sys.argv[1] == "record":
        sys.exit(record(kinds[sys.argv[2]](), count, rnd))
    driver, kind, differ, errors = Driver(sys.argv[1]), kinds[sys.argv[2]](), 0, 0
    for _ in range(count):
        question = kind.question(rnd)
        theirs = kind.expected(question)
        ours = driver.ask(sys.argv[2], *question)
        errors += "error" in theirs
        if ours.get("code") == LIMIT:
            print("limit", json.dumps(question), ours)
            continue
        ours.pop("code", None)
        if not kind.agree(question, ours, theirs):
            differ += 1
            print(json.dumps(question), "\n   ours", json.dumps(ours), "\n theirs", json.dumps(theirs))
    print(f"{count} questions, {errors} of them errors, {differ} answers differ")
    sys.exit(differ != 0)


if __name__ == "__main__":
    main()
