# SPDX-License-Identifier: Apache-2.0
"""The environment and the working directory, which user code may change: in the reference it shares
them with every activity, so the engine is told and takes them over."""
import os
import threading

from chaos_worker import values


class Surroundings:
    def __init__(self):
        self.lock = threading.Lock()
        self.variables = dict(variables())
        self.directory = directory()

    def changes(self):
        """What changed since this was last asked, as the text of a message, or None."""
        with self.lock:
            now, where = variables(), directory()
            if now == self.variables and where == self.directory:
                return None
            now = dict(now)
            fields = {"environment": difference(self.variables, now)}
            if where is not None and where != self.directory:
                fields["directory"] = where
            self.variables, self.directory = now, where
        return '{"surroundings":%s}' % values.encode(fields)


def variables():
    known = getattr(os.environ, "_data", None)  # saves decoding them all after every call
    return known if isinstance(known, dict) else os.environ


def directory():
    try:
        return os.getcwd()
    except OSError:
        return None  # it was removed


def difference(before, now):
    changed = {}
    for name in {*before, *now}:
        value = now.get(name)
        if value != before.get(name):
            try:
                changed[text(name)] = None if value is None else text(value)
            except UnicodeError:
                pass  # no message can hold it
    return changed


def text(value):
    if isinstance(value, bytes):
        return value.decode()
    value.encode()
    return value
