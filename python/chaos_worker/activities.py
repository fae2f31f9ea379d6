# SPDX-License-Identifier: Apache-2.0
"""Calls of activities."""
import importlib
import os

from chaos_worker import signatures, values
from chaos_worker.hooks import sync_settings
from chaos_worker.worker import describe, exited, failure, is_library, outcome, text_of

OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"


def call(worker, request, gate):
    provider = request["provider"]
    if gate is worker.gate:
        sync_settings(worker)
    try:
        module = gate.user(importlib.import_module, provider["module"])
        function = getattr(module, provider["func"])
        arguments = provider.get("arguments", {}).copy()
        inject(function, provider, arguments, request)
    except BaseException as x:
        return outcome(x)
    try:
        output = gate.user(function, **arguments)
    except Exception as x:
        return failed(x)
    except BaseException as x:
        return outcome(x)
    return succeeded(worker, request, output)


def inject(function, provider, arguments, request):
    parameters = signatures.parameters(function)
    if "secrets" in provider and "secrets" in parameters:
        arguments["secrets"] = {}
        for group in provider["secrets"]:
            arguments["secrets"].update((request.get("secrets") or {}).get(group, {}).copy())
    if "configuration" in parameters:
        arguments["configuration"] = (request.get("configuration") or {}).copy()


def succeeded(worker, request, output):
    encoder = values.Encoder()
    text = encoder.encode(output)
    if encoder.odd:
        worker.log(30, "note: activity '%s' returned a value of type %s, which JSON has no form "
                   "for: it is kept as text or as the nearest JSON value"
                   % (request.get("name"), ", ".join(encoder.odd)))
    return '"status":"succeeded","output":' + text


def failed(x):
    """An exception within the function: the activity failed, or asks to interrupt the run."""
    text = describe(x)
    if is_library(x, "InterruptExecution"):
        body = failure("interrupted", text_of(x))
    else:
        body = failure("failed", text)
    return body + ',"exception":' + values.encode(lines(x, text))


def lines(x, text):
    """The traceback as the reference's journal shows it, without the frames that are ours."""
    import traceback
    trace = x.__traceback__
    while trace and trace.tb_frame.f_code.co_filename.startswith(OURS):
        trace = trace.tb_next
    try:
        above = traceback.format_exception(type(x), x, trace)
    except Exception:
        above = [text + "\n"]
    return above + [DURING, "chaoslib.exceptions.ActivityFailed: %s\n" % text]


__all__ = ["call", "exited"]
