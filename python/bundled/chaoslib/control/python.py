# SPDX-License-Identifier: Apache-2.0
"""Controls in Python."""
import copy
import importlib

from chaos_worker import signatures
from chaoslib import substitute

__all__ = ["apply_python_control", "import_control"]


def import_control(control):
    try:
        return importlib.import_module(control["provider"]["module"])
    except ImportError:
        return None


def apply_python_control(level, control, experiment, context, state=None, configuration=None,
                         secrets=None, settings=None):
    """Call the function of a control for a level such as "activity-before"."""
    name, _, scope = level.partition("-")
    name = "%s_%s_control" % (scope, "loading_experiment" if name == "loader" else name)
    function = getattr(import_control(control), name, None)
    if not function:
        return
    arguments = copy.deepcopy(control["provider"].get("arguments", {}))
    if configuration or secrets:
        arguments = substitute(arguments, configuration, secrets)
    offered = {"secrets": secrets, "configuration": configuration, "state": state,
               "experiment": experiment, "settings": settings,
               "extensions": (experiment or {}).get("extensions")}
    parameters = signatures.parameters(function)
    arguments.update((key, value) for key, value in offered.items() if key in parameters)
    function(context=context, **arguments)
