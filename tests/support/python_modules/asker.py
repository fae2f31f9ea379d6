# SPDX-License-Identifier: Apache-2.0
"""Asks the engine through chaoslib."""
import logzero

import chaoslib
from chaoslib import decode_bytes, experiment_hash, substitute
from chaoslib.activity import ensure_activity_is_valid, run_activity
from chaoslib.caching import lookup_activity
from chaoslib.control import controls
from chaoslib.exceptions import ActivityFailed, InvalidActivity
from chaoslib.hypothesis import ensure_hypothesis_tolerance_is_valid, within_tolerance
from chaoslib.settings import get_loaded_settings


def ask():
    process = {"type": "probe", "name": "p", "provider": {"type": "process", "path": "true"}}
    python = {"type": "probe", "name": "q", "provider": {
        "type": "python", "module": "yard", "func": "add", "arguments": {"left": "${left}"}}}
    logzero.logger.info("asking")
    with controls("activity", {}, process) as control:
        control.with_state({})
    return {
        "process": run_activity(process, {"a": 1}, None),
        "python": run_activity(python, {"left": 5}, None),
        "within": within_tolerance([1, 5], 3),
        "probe": within_tolerance({"type": "probe", "name": "t", "provider": {
            "type": "python", "module": "asker", "func": "is_three"}}, 3),
        "settings": get_loaded_settings(),
        "lookup": lookup_activity("first"),
        "nothing": lookup_activity("none"),
        "text": substitute("${x} $y $$", {"x": 1}, {"g": {"y": 2}}),
        "bytes": decode_bytes("Ä".encode()),
        "hash": len(experiment_hash({"title": "x"})),
    }


def is_three(value):
    return value == 3


def invalid():
    problems = []
    for check, value in ((ensure_activity_is_valid, {"type": "probe", "name": "bad"}),
                         (ensure_hypothesis_tolerance_is_valid, None)):
        try:
            check(value)
        except InvalidActivity as x:
            problems.append(str(x))
    return problems


def failing():
    try:
        run_activity({"type": "action", "name": "f", "provider": {"type": "process"}}, {}, {})
    except ActivityFailed as x:
        return "failed: %s" % x


def asks_engine():
    """Whether chaoslib is ours: the reference's answers most by itself."""
    return "bundled" in chaoslib.__file__
