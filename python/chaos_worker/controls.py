# SPDX-License-Identifier: Apache-2.0
"""Controls, event handlers and notification plug-ins."""
import importlib
import json
import threading
import time
import types

from chaos_worker import documents, signatures, values
from chaos_worker.hooks import sync_settings
from chaos_worker.worker import describe, failure, outcome, text_of

HOOKS = ["configure_control", "cleanup_control", "validate_control"] + [
    "%s_%s_control" % (when, level) for when in ("before", "after")
    for level in ("loading_experiment", "experiment", "hypothesis", "method", "rollback",
                  "activity")]
OPTIONAL = {  # what a function may ask for by name, besides the context
    "configure_control": ("experiment", "secrets", "configuration", "settings"),
    "cleanup_control": (),
    "validate_control": (),
}
THREADS_ACT_S = 0.2
LEVEL_OPTIONAL = ("secrets", "configuration", "experiment", "settings")

EVENT_PARAMETERS = {  # in the order in which handlers get them, by position
    "started": ("experiment", "journal"),
    "running": ("experiment", "journal", "configuration", "secrets", "schedule", "settings"),
    "finish": ("journal",),
    "interrupted": ("experiment", "journal"),
    "signal_exit": (),
    "start_continuous_hypothesis": ("frequency",),
    "continuous_hypothesis_iteration": ("iteration_index", "state"),
    "continuous_hypothesis_completed": ("experiment", "journal", "exception"),
    "start_hypothesis_before": ("experiment",),
    "hypothesis_before_completed": ("experiment", "state", "journal"),
    "start_hypothesis_after": ("experiment",),
    "hypothesis_after_completed": ("experiment", "state", "journal"),
    "start_method": ("experiment",),
    "method_completed": ("experiment", "state"),
    "start_rollbacks": ("experiment",),
    "rollbacks_completed": ("experiment", "journal"),
    "start_cooldown": ("duration",),
    "cooldown_completed": (),
    "start_activity": ("activity",),
    "activity_completed": ("activity", "run"),
}


class Registry:
    """What configure_control gets as event_registry."""

    def __init__(self):
        self.handlers = []

    def register(self, handler):
        self.handlers.append(handler)


registry = Registry()


def load(worker, request, gate):
    """Import a control module; tell which hooks it has and what they take."""
    try:
        module = gate.user(importlib.import_module, request["module"])
    except BaseException as x:
        if gate.stopped:
            raise
        return '"status":"succeeded","output":null,"reason":' + values.encode(describe(x))
    found = {}
    for name in HOOKS:
        function = getattr(module, name, None)
        if not function:
            continue
        try:
            found[name] = list(signatures.parameters(function))
            if signatures.takes_any(function):
                found[name].append("**")
        except (TypeError, ValueError):
            found[name] = ["**"]
    return '"status":"succeeded","output":' + json.dumps(found)


def hook(worker, request, gate):
    store = documents.of(worker)
    if gate is worker.gate:
        sync_settings(worker)
    try:
        store.update(request.get("documents") or [])
    except documents.Forgotten as x:
        return failure("failed", "the document '%s' is not here" % x) + ',"forgotten":true'
    try:
        module = gate.user(importlib.import_module, request["module"])
    except ImportError:
        return reply([])
    except BaseException as x:
        return refused(x, gate)
    function = getattr(module, request["function"], None)
    if not function:
        return reply([])
    names = [name for name, *_ in request.get("documents") or []]
    places = {}
    try:
        arguments = bind(worker, store, function, request, names, places)
    except Exception as x:
        return refused(x, gate)
    watch = documents.Watch(store, names, places)
    opens_run = request["function"] == "before_experiment_control"
    try:
        if request["function"] == "validate_control":
            gate.user(function, places["control"][1])
        else:
            gate.user(function, **arguments)
        if opens_run:
            opens_run = False
            gate.user(let_threads_act)
    except BaseException as x:
        if opens_run:
            hear_out(let_threads_act)
        return refused(x, gate, watch.changes())
    return reply(watch.changes())


def let_threads_act():
    """A safeguard that is to stop the run before it begins is judged in a thread, when its hook has
    returned already. Our engine is faster than that thread: hold it back for a moment, to its end
    also when one of them objects, so that the others are heard too."""
    if not any(not thread.name.startswith("chaos-call-") and
               thread is not threading.current_thread() for thread in threading.enumerate()):
        return
    end, stop = time.monotonic() + THREADS_ACT_S, None
    while time.monotonic() < end:
        try:
            time.sleep(max(0, end - time.monotonic()))
        except BaseException as x:
            stop = stop or x
    if stop is not None:
        raise stop


def hear_out(function):
    """Call it; what stops it was heard already."""
    try:
        function()
    except BaseException:
        pass


def bind(worker, store, function, request, names, places):
    """The keyword arguments of a hook, by the names of its parameters."""
    parameters = signatures.parameters(function)
    arguments = request.get("arguments") or {}
    optional = OPTIONAL.get(request["function"], LEVEL_OPTIONAL)
    for name in optional:
        if name in parameters:
            arguments[name] = store.values.get(name) if name in names else None
            if name in names:
                store.lent.add(name)
    if request["function"] == "validate_control":
        places["control"] = (None, request.get("control"))
        return {}
    if request["function"] == "configure_control":
        if "event_registry" in parameters:
            arguments["event_registry"] = registry
        return arguments
    if request["function"] == "cleanup_control":
        return {}
    if "settings" in parameters and "settings" not in names:
        arguments["settings"] = worker.settings or None
    place = request.get("context")
    arguments["context"] = store.resolve(place)
    places["context"] = (place, arguments["context"])
    place = request.get("state")
    state = store.resolve(place)
    places["state"] = (place, state)
    if "state" in parameters:
        arguments["state"] = state
    if "extensions" in parameters:
        arguments["extensions"] = store.values["experiment"].get("extensions")
        store.lent.add("experiment")
    lend_whole(store, places)
    return arguments


def lend_whole(store, places):
    """A context that is a whole document is lent like one given by its own name."""
    for place, _ in places.values():
        if place and place.get("document") and not place.get("pointer"):
            store.lent.add(place["document"])


def reply(changes):
    return '"status":"succeeded","handlers":%d,"changes":{%s}' % (
        len(registry.handlers), ",".join(changes))


def refused(x, gate, changes=()):
    """The reply for an exception in a hook: what it changed before counts all the same."""
    if isinstance(x, Exception) and not gate.stopped:
        name = "interrupted" if _interrupts(x) else "failed"
        text = text_of(x) if name == "interrupted" else describe(x)
        body = failure(name, text)
    else:
        body = outcome(x)
    return body + ',"handlers":%d,"changes":{%s}' % (len(registry.handlers), ",".join(changes))


def _interrupts(x):
    from chaos_worker.worker import is_library
    return is_library(x, "InterruptExecution")


def event(worker, request, gate):
    """Tell the registered handlers, as the reference's registry does: one that fails is only
    noted in the log."""
    store = documents.of(worker)
    sent = request.get("documents") or []
    try:
        store.update(sent)
    except documents.Forgotten as x:
        return failure("failed", "the document '%s' is not here" % x) + ',"forgotten":true'
    arguments = {}
    for name, value in (request.get("arguments") or {}).items():
        if isinstance(value, dict) and isinstance(value.get("$document"), str):
            store.lent.add(value["$document"])
            value = documents.resolve(store.values.get(value["$document"]),
                                      value.get("$pointer", ""))
        elif name == "schedule" and isinstance(value, dict):
            value = schedule(value)
        elif name == "exception" and isinstance(value, str):
            value = experiment_exception(value)
        arguments[name] = value
    names = EVENT_PARAMETERS.get(request["event"], tuple(arguments))
    ordered = [arguments.get(name) for name in names]
    watch = documents.Watch(store, [name for name, *_ in sent], {})
    for handler in list(registry.handlers):
        method = getattr(handler, request["event"], None)
        if method is None:
            continue
        try:
            gate.user(method, *ordered)
        except Exception as x:
            if gate.stopped:
                return refused(x, gate, watch.changes())
            worker.log(10, "event handler %s failed in %s: %s" % (
                type(handler).__name__, request["event"], describe(x)))
        except BaseException as x:
            return refused(x, gate, watch.changes())
    return reply(watch.changes())


def schedule(fields):
    import sys
    known = getattr(sys.modules.get("chaoslib.types"), "Schedule", None)
    value = types.SimpleNamespace() if known is None else known.__new__(known)
    defaults = {"continuous_hypothesis_frequency": 1.0, "fail_fast": False, "fail_fast_ratio": 0}
    value.__dict__.update({**defaults, **fields})
    return value


def experiment_exception(text):
    import sys
    known = getattr(sys.modules.get("chaoslib.exceptions"), "ChaosException", Exception)
    return known(text)


def notify(worker, request, gate):
    name, function = request["module"], request["function"]
    try:
        module = gate.user(importlib.import_module, name)
        target = getattr(module, function, None)
        if not isinstance(target, types.FunctionType):
            worker.log(10, "notification plug-in '%s' has no function '%s'" % (name, function))
        else:
            gate.user(target, request.get("channel"), request.get("payload"))
    except Exception as x:
        if gate.stopped:
            raise
        worker.log(10, "notification plug-in '%s.%s' failed: %s" % (name, function, describe(x)))
    return '"status":"succeeded"'
