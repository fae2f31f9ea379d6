# SPDX-License-Identifier: Apache-2.0
"""Python values to JSON text and back.

Big integers, NaN and the infinities are written bare, as Python's json does. Byte strings, dates
and date-times become an object with one member whose name is MARK and the kind; an object that
happens to look like that gets one more MARK, so that nothing is ever mistaken.
"""
import json
import sys

MARK = "\x01"
ESCAPED_MARK = "\\u0001"
DEPTH_MAX = 400  # the engine reads at most 500 levels


def decode(text):
    if ESCAPED_MARK in text:
        return json.loads(text, object_hook=_revive)
    return json.loads(text)


def _revive(members):
    if len(members) != 1:
        return members
    (name, value), = members.items()
    if name[:1] != MARK:
        return members
    if name[1:2] == MARK:
        return {name[1:]: value}
    return _KINDS[name[1:]](value)


def _date(text):
    import datetime
    return datetime.date.fromisoformat(text)


def _datetime(text):
    import datetime
    day, _, rest = text.partition("T")
    at = next((i for i, c in enumerate(rest) if c in "+-Z"), len(rest))
    clock, zone = rest[:at], rest[at:]
    clock, dot, fraction = clock.partition(".")
    if dot:  # Python before 3.11 wants three digits or six
        clock += "." + fraction[:6].ljust(6, "0")
    return datetime.datetime.fromisoformat(day + "T" + clock + ("+00:00" if zone == "Z" else zone))


_KINDS = {"bytes": bytes.fromhex, "date": _date, "datetime": _datetime}


class Encoder:
    """Encodes values; `odd` collects the names of types that JSON has no form for."""

    def __init__(self):
        self.odd = []
        self.marks = 0

    def encode(self, value):
        try:
            text = json.dumps(value, default=self.replace, separators=(",", ":"))
            fits = (text.count("{") + text.count("[") < DEPTH_MAX or not _deeper(value, DEPTH_MAX))
            if fits and text.count('{"' + ESCAPED_MARK) == self.marks:
                return text
        except (TypeError, ValueError, RecursionError):
            pass
        self.odd.clear()
        return json.dumps(self.plain(value, [], 0), separators=(",", ":"))

    def note(self, kind):
        if kind not in self.odd:
            self.odd.append(kind)

    def replace(self, value):
        """What stands for a value that json does not know."""
        kind = type(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            self.note(kind.__name__)
            return self.marked("bytes", bytes(value).hex())
        day = getattr(sys.modules.get("datetime"), "date", None)
        if day and isinstance(value, day):
            name = "datetime" if isinstance(value, sys.modules["datetime"].datetime) else "date"
            return self.marked(name, value.isoformat())
        for module, name in (("decimal", "Decimal"), ("uuid", "UUID")):
            known = getattr(sys.modules.get(module), name, None)
            if known and isinstance(value, known):
                return str(value)
        self.note(kind.__name__)
        if isinstance(value, (set, frozenset)):
            try:
                return sorted(value)
            except TypeError:
                return sorted(value, key=repr)
        if hasattr(kind, "__index__"):
            return int(value)
        return _repr(value)

    def marked(self, kind, text):
        self.marks += 1
        return {MARK + kind: text}

    def plain(self, value, above, depth):
        """A copy that json can encode whatever `value` is; `above` are its ancestors."""
        if isinstance(value, int) and value.bit_length() > 14000:
            self.note("int of more than 4000 digits")
            return hex(value)  # Python refuses to write it in decimal
        if value is None or isinstance(value, (bool, str, int, float)):
            return value
        if not isinstance(value, (dict, list, tuple)):
            value = self.replace(value)
            if isinstance(value, dict):
                return value  # marked
            if not isinstance(value, list):
                return value
        if any(value is one for one in above):
            self.note("circular " + type(value).__name__)
            return _repr(value)
        if depth >= DEPTH_MAX:
            self.note("deeply nested " + type(value).__name__)
            return "<%s nested too deeply>" % type(value).__name__
        above = above + [value]
        if not isinstance(value, dict):
            return [self.plain(item, above, depth + 1) for item in value]
        copy = {self.key(key): self.plain(item, above, depth + 1) for key, item in value.items()}
        if len(copy) == 1:
            (name, item), = copy.items()
            if name[:1] == MARK:
                return {MARK + name: item}
        return copy

    def key(self, key):
        if isinstance(key, str):
            return str(key)
        if key is None or isinstance(key, (bool, int, float)):
            return json.loads(json.dumps({key: 0}).split(":")[0][1:])
        self.note("key of type " + type(key).__name__)
        return key.decode("utf-8", "backslashreplace") if isinstance(key, bytes) else str(key)


def _repr(value):
    try:
        return repr(value)
    except Exception:
        return object.__repr__(value)


def _deeper(value, levels):
    """Whether containers are nested deeper than `levels`."""
    layer = [value]
    for _ in range(levels):
        below = []
        for one in layer:
            if isinstance(one, dict):
                below.extend(v for v in one.values() if isinstance(v, (dict, list, tuple)))
            elif isinstance(one, (list, tuple)):
                below.extend(v for v in one if isinstance(v, (dict, list, tuple)))
        if not below:
            return False
        layer = below
    return True


def encode(value):
    """The JSON text of a value whose odd parts nobody needs to hear of."""
    return Encoder().encode(value)
