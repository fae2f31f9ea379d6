# SPDX-License-Identifier: Apache-2.0
"""Activities for the tests of the Python worker."""
import asyncio
import datetime
import decimal
import enum
import functools
import logging
import os
import signal
import sys
import threading
import time
import uuid

from chaoslib.exceptions import ActivityFailed, ExperimentExitedException, InterruptExecution

logger = logging.getLogger("chaostoolkit")
kept = []


class Colour(enum.IntEnum):
    RED = 3


class Anchor:
    def __repr__(self):
        return "<an anchor>"


def add(left, right=10, *, scale=1):
    return (left + right) * scale


def catch(**given):
    return given


def types(**given):
    return {name: [type(value).__name__, str(value)] for name, value in given.items()}


def both(configuration, secrets=None):
    configuration["changed"] = True
    return [configuration, secrets]


def positional(only, /, other):
    return only, other


@functools.lru_cache(maxsize=None)
def wrapped(a, b=2):
    return a + b


def rich():
    return {
        "date": datetime.date(2020, 2, 29),
        "time": datetime.datetime(2020, 2, 29, 12, 30, 15, 250, tzinfo=datetime.timezone.utc),
        "money": decimal.Decimal("12.340"),
        "id": uuid.UUID("12345678123456781234567812345678"),
        "pair": (1, "two"),
        "enum": Colour.RED,
        "keys": {1: "int", None: "none", 2.5: "float"},
        "big": 12345678901234567890123,
        "bytes": b"planks",
        "lone": "\ud800",
        "nan": [float("nan"), float("inf"), float("-inf")],
    }


def odd():
    return {"set": {3, 1, 2}, "object": Anchor(), ("a", 1): b"\xff\x00"}


def circular():
    ring = [1]
    ring.append(ring)
    return ring


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


def marked():
    return {"\x01bytes": "not bytes"}


def large(size):
    return "x" * size


def crash():
    return {"berth": 1}["pier"]


def fail(why="timber is wet"):
    raise ActivityFailed(why)


def interrupt():
    raise InterruptExecution("stop the saw")


def leave(code=0):
    sys.exit(code)


def ctrl_c():
    raise KeyboardInterrupt()


def shout(word):
    logger.warning("warning: %s", word)
    try:
        raise ValueError("inner")
    except ValueError:
        logger.exception("with a traceback")
    logger.debug("debug: %s", word)
    return word


def keep(value):
    kept.append(value)
    return len(kept)


def nap(seconds, ready=None):
    if ready:
        open(ready, "w").close()
    time.sleep(seconds)
    return "rested"


def slices(seconds, ready=None):
    if ready:
        open(ready, "w").close()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)
    return "rested"


def stubborn(seconds, ready):
    """Takes no for an answer only after a while."""
    open(ready, "w").close()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            time.sleep(0.01)
        except BaseException:
            pass
    return "at last"


def cleans_up(path):
    try:
        time.sleep(60)
    finally:
        open(path, "w").close()


def swallow():
    try:
        time.sleep(60)
    except BaseException as x:
        return type(x).__name__


def die(how):
    if how == "exit":
        os._exit(7)
    os.kill(os.getpid(), getattr(signal, how))
    time.sleep(10)


def signal_self(name):
    os.kill(os.getpid(), getattr(signal, name))
    return "not reached when the engine stops it"


def thread_name():
    return threading.current_thread() is threading.main_thread()


def runs_loop():
    async def pause():
        await asyncio.sleep(0)
        return "done"
    return asyncio.run(pause())


def environment():
    return [sys.argv[0], sys.stdin is not None, any("chaos_worker" in path for path in sys.path)]


def cancelled():
    raise asyncio.CancelledError()
