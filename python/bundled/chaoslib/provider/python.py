# SPDX-License-Identifier: Apache-2.0
"""Python activities."""
import importlib

from chaos_worker import activities, validation
from chaos_worker.worker import describe
from chaoslib import substitute
from chaoslib.exceptions import ActivityFailed, InterruptExecution, InvalidActivity

__all__ = ["run_python_activity", "validate_python_activity"]


def run_python_activity(activity, configuration, secrets):
    provider = activity["provider"]
    function = getattr(importlib.import_module(provider["module"]), provider["func"])
    arguments = provider.get("arguments", {}).copy()
    if configuration or secrets:
        arguments = substitute(arguments, configuration, secrets)
    activities.inject(function, provider, arguments,
                      {"configuration": configuration, "secrets": secrets})
    try:
        return function(**arguments)
    except InterruptExecution:
        raise
    except Exception as x:
        raise ActivityFailed(describe(x)) from x


def validate_python_activity(activity):
    name, provider = activity["name"], activity["provider"]
    for key, what in (("module", "module path"), ("func", "function name")):
        if not provider.get(key):
            raise InvalidActivity("activity '%s' must have a %s" % (name, what))
    found, problem = validation.find_module(provider["module"])
    if not problem:
        found, problem = validation.find_function(found, provider["module"], provider["func"])
    if not problem:
        problem = validation.check(found, provider["func"], list(provider.get("arguments") or {}))
    if problem:
        raise InvalidActivity(problem.replace(validation.NAME, name))
