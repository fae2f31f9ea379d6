#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compare src/value with Python, PyYAML and the reference over random values.

usage: compare_values.py VALUE_FILTER [COUNT [SEED]]

Runs with the interpreter whose modules are the truth; parts whose module is missing are skipped and
named. Exits with 1 when anything differs.
"""
import datetime
import json
import math
import random
import string
import struct
import subprocess
import sys

try:
    import yaml
except ImportError:
    yaml = None
try:
    from chaoslib import substitute
except ImportError:
    substitute = None


class Filter:
    def __init__(self, path, name):
        self.process = subprocess.Popen(
            [path, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __call__(self, text):
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        self.process.stdin.write(b"%d\n" % len(data) + data)
        self.process.stdin.flush()
        length = int(self.process.stdout.readline())
        return self.process.stdout.read(length).decode("utf-8")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise SystemExit(f"value_filter ended with {self.process.returncode}")


class Report:
    def __init__(self):
        self.compared = 0
        self.different = 0

    def check(self, part, given, ours, theirs):
        self.compared += 1
        if ours == theirs:
            return
        self.different += 1
        if self.different <= 20:
            print(f"{part} differs\n  given  {given!r}\n  ours   {ours!r}\n  theirs {theirs!r}")


def outcome(function, *args):
    """What it returns, or "!" when it refuses."""
    try:
        return function(*args)
    except Exception:  # every refusal counts alike
        return "!"


def refusal(text):
    return "!" if text.startswith("!") else text


def random_real(rng):
    kind = rng.randrange(6)
    if kind == 0:
        return struct.unpack("<d", rng.randbytes(8))[0]
    if kind == 1:
        return math.ldexp(1.0, rng.randrange(-1074, 1024))
    if kind == 2:
        return round(rng.uniform(-1e6, 1e6), rng.randrange(8))
    if kind == 3:
        return float(rng.randrange(-(10**18), 10**18))
    if kind == 4:
        return rng.choice([0.0, -0.0, 5e-324, 1e16, 1e15, 9999999999999998.0, 1e-4, 1e-5, 1e22])
    return rng.random() * 10.0 ** rng.randrange(-20, 20)


ALPHABETS = [
    string.ascii_letters + "    ",
    string.printable,
    "ab: #-?,[]{}&*!|>'\"%@`\n ",
    "0123456789_:.+-eExXobTZ ",
    "aé漢\U0001f680\u2028\x85\xa0\ufeff\x7f\x00\t\u200b\u0378\U000e0001 '\"\\",
]
WORDS = "yes no on off true null ~ = << .inf .nan 0o7 0x1f 1_000 1:30 2021-03-04 - ? --- ...".split()


def random_text(rng):
    if rng.randrange(8) == 0:
        return rng.choice(WORDS)
    length = rng.choice([0, 1, 2, 3, 5, 10, 20, 60, 120, 200, 400])
    letters = rng.choice(ALPHABETS)
    return "".join(rng.choice(letters) for _ in range(length))


def random_value(rng, depth=0):
    kind = rng.randrange(10 if depth < 4 else 6)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.randrange(-(10 ** rng.randrange(1, 30)), 10 ** rng.randrange(1, 30))
    if kind == 2:
        return random_real(rng)
    if kind < 6:
        return random_text(rng)
    count = rng.randrange(5)
    if kind < 8:
        return [random_value(rng, depth + 1) for _ in range(count)]
    return {random_text(rng): random_value(rng, depth + 1) for _ in range(count)}


def compare_json(make, rng, count, report):
    indented, canonical, shown = make("json"), make("canonical"), make("repr")
    for _ in range(count):
        real = random_real(rng)
        report.check("real", real, indented(json.dumps(real)), json.dumps(real))
        value = random_value(rng)
        text = json.dumps(value)
        report.check("json", value, indented(text), json.dumps(value, indent=2, ensure_ascii=False))
        report.check("canonical", value, canonical(text), json.dumps(value, sort_keys=True))
        report.check("repr", value, shown(text), repr(value))
        report.check("json read", text, *damaged(rng, text, indented))


def damaged(rng, text, read):
    """A text with one character changed, as both read it."""
    at = rng.randrange(len(text))
    changed = text[:at] + rng.choice('{}[]",:0123456789.eE+-nulltrue\\ \n\x01u') + text[at + 1 :]

    def theirs():
        value = json.loads(changed)
        out = json.dumps(value, indent=2, ensure_ascii=False)
        return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in out)

    return refusal(read(changed)), outcome(theirs)


def random_plain(rng):
    patterns = [
        lambda: "".join(rng.choice("0123456789_:.+-eE") for _ in range(rng.randrange(1, 8))),
        lambda: rng.choice(["", "+", "-"]) + rng.choice(["0b", "0x", "0o", "0", "00"])
        + "".join(rng.choice("01234567_abcf9") for _ in range(rng.randrange(0, 20))),
        lambda: rng.choice(["", "+", "-"]) + ":".join(
            str(rng.randrange(100)) for _ in range(rng.randrange(1, 5)))
        + rng.choice(["", ".", ".5", ".25_0"]),
        lambda: f"{rng.randrange(10000):04d}-{rng.randrange(15)}-{rng.randrange(35):02d}"
        + rng.choice(["", "T", " ", "  ", "t"])
        + rng.choice(["", "1:02:03", "25:02:03", "12:30:45", "12:30", "2:60:01"])
        + rng.choice(["", ".", ".5", ".1234567", ".000000"])
        + rng.choice(["", "Z", " Z", "+1", "-05:30", " +12:00", "+24:00", "-00:00", "z"]),
        lambda: rng.choice(["y", "n", "yes", "No", "ON", "oFF", "True", "tRUE", "null", "Null",
                            "NULL", "nULL", "~", ".inf", "-.Inf", "+.INF", ".iNF", ".nan", ".NaN",
                            "-.nan", "=", "<<", "1e3", "1.e+3", "1.5e3", "1.5E+3", ".5", "-.5",
                            "+.5e+1", "._5", ".5_", "0.", "1__2", "0_7", "09", "0b", "0x", "0b_",
                            "0x_1f", "-0b11", "+0x1F", "1:30", "190:20:30.15", "9" * 20, "-0",
                            "9223372036854775807", "9223372036854775808", "-9223372036854775808",
                            "-9223372036854775809", "0x" + "f" * 20, "0" + "7" * 30, "1_000"]),
        lambda: random_text(rng).replace("\x00", ""),
    ]
    return rng.choice(patterns)()


def yaml_value(text, loader):
    return repr(with_text_keys(yaml.load(text, Loader=loader)))


def check_yaml(part, text, ours, report):
    """PyYAML's own parser and libyaml differ a little: ours may agree with either."""
    theirs = outcome(yaml_value, text, yaml.SafeLoader)
    if ours != theirs and hasattr(yaml, "CSafeLoader"):
        theirs = outcome(yaml_value, text, yaml.CSafeLoader)
    report.check(part, text, ours, theirs)


TAGS = ["int", "float", "bool", "null", "str", "timestamp", "binary", "seq", "map", "merge", "nope"]


def random_document(rng, depth=0, anchors=None):
    """Flow style, with anchors, aliases, merges and tags."""
    anchors = [] if anchors is None else anchors
    kind = rng.randrange(8 if depth < 3 else 4)
    mark = ""
    if rng.randrange(6) == 0:
        mark = f"&a{len(anchors)} "
    if kind == 0 and anchors:
        return "*" + rng.choice(anchors) + " "
    if kind < 4:
        text = rng.choice(WORDS + ["x", "'1'", '"2"', "3.5", "text with words"])
        if rng.randrange(5) == 0:
            text = f"!!{rng.choice(TAGS)} {text}"
    elif kind < 6:
        text = "[" + ", ".join(
            random_document(rng, depth + 1, anchors) for _ in range(rng.randrange(4))) + "]"
    else:
        keys = ["a", "b", "c", "2", "true", "~", "1.5", "=", "<<", "<<", "2021-03-04"]
        text = "{" + ", ".join(
            f"{rng.choice(keys)} : {random_document(rng, depth + 1, anchors)}"
            for _ in range(rng.randrange(5))) + "}"
    if mark:
        anchors.append(mark[1:-1])
    return mark + text


def with_text_keys(value):
    """As the keys of JSON, which is what ours are."""
    if isinstance(value, dict):
        return {key_text(k): with_text_keys(v) for k, v in value.items()}
    if isinstance(value, list):
        return [with_text_keys(v) for v in value]
    return value


def key_text(key):
    if isinstance(key, (datetime.date, datetime.datetime)):
        return key.isoformat()
    return next(iter(json.loads(json.dumps({key: 0}))))


def compare_yaml(make, rng, count, report):
    shown, two, four = make("yaml-repr"), make("yaml2"), make("yaml4-sorted")
    again = make("yaml-yaml")
    for _ in range(count):
        plain = random_plain(rng)
        check_yaml("yaml scalar", plain, refusal(shown(plain)), report)
        document = random_document(rng)
        check_yaml("yaml", document, refusal(shown(document)), report)
        value = random_value(rng)
        report.check("yaml dump", value, two(json.dumps(value)),
                     yaml.dump(value, default_flow_style=False, indent=2, sort_keys=False))
        report.check("yaml dump", value, four(json.dumps(value)),
                     yaml.dump(value, default_flow_style=False, indent=4))
        value = [rng.randbytes(rng.randrange(200)),
                 {"when": datetime.date.fromordinal(rng.randrange(1, 3652059)), "n": [
                     datetime.datetime(2021, 3, 4, 5, 6, 7, rng.randrange(1000000),
                                       datetime.timezone(datetime.timedelta(minutes=-90)))]}]
        text = yaml.dump(value, default_flow_style=False, indent=2)
        report.check("yaml bytes and dates", value, again(text), text)


def python_order(left, right):
    try:
        if left <= right:
            return "0" if left == right else "-1"
        return "1" if left >= right else "2"
    except TypeError as x:
        return "!" + str(x)


def compare_order(make, rng, count, report):
    ordered = make("order")
    pool = [0, 1, True, False, None, 1.0, 1.5, -0.0, 2**63, 2**64, float(2**63), float(2**64), 1e300,
            10**300, math.inf, -math.inf, math.nan, "", "a", "b", "é", "\U0001f680", [], [1], [1, 2],
            ["a"], {}, {"a": 1}, {"a": 1.0}, 9007199254740993, 9007199254740992.0, [True], [1.0]]
    for _ in range(count):
        left, right = rng.choice(pool), rng.choice(pool)
        text = json.dumps([left, right])
        left, right = json.loads(text)
        report.check("order", text, ordered(text),
                     f"{bool(left):d} {left == right:d} {python_order(left, right)}")


def compare_substitute(make, rng, count, report):
    ours = make("substitute")
    pieces = ["$", "$$", "${", "}", "$name", "${name}", "${NAME}", "${é}", "$1", "${list}", "$list",
              "${ghost}", "text", " ", "${none}", "${key}", "\n", "${name", "$_", "${ name }", "ſ"]
    configuration = {"name": 3, "list": [1, {"a": "${name}"}], "none": None, "_": "under",
                     "NAME": "upper", "é": "accent"}
    secrets = {"one": {"key": "s3cr3t", "name": "hidden"}, "two": {"key": "other", "real": 1e16}}
    for _ in range(count):
        data = ["".join(rng.choice(pieces) for _ in range(rng.randrange(4))), {"${name}": "${real}"}]
        given = [data if rng.randrange(3) else data[0],
                 rng.choice([configuration, None, {}]), rng.choice([secrets, None, {}])]
        report.check("substitute", given, refusal(ours(json.dumps(given))),
                     outcome(lambda: repr(substitute(*json.loads(json.dumps(given))))))


def main():
    path = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rng = random.Random(seed)
    report = Report()
    filters = []

    def make(name):
        filters.append(Filter(path, name))
        return filters[-1]

    compare_json(make, rng, count, report)
    compare_order(make, rng, count, report)
    if yaml:
        compare_yaml(make, rng, count, report)
    else:
        print("SKIPPED: no PyYAML to compare with")
    if substitute:
        compare_substitute(make, rng, count, report)
    else:
        print("SKIPPED: no reference to compare substitutions with")
    for each in filters:
        each.close()
    print(f"{report.compared} compared, {report.different} different (seed {seed})")
    sys.exit(1 if report.different else 0)


main()
