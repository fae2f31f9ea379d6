# SPDX-License-Identifier: Apache-2.0
"""Checks of many activities at once: can the module be imported, is there such a function, and do
the arguments fit it? Each answer is null, or a line in which NAME stands for the activity's name.
"""
import importlib
import types

from chaos_worker import signatures, values
from chaos_worker.worker import describe

NAME = "\x01"


def validate(worker, request, gate):
    """`activities`: [[module, function, [argument names]], ...]."""
    modules, functions, seen, problems = {}, {}, {}, []
    for module, function, names in request["activities"]:
        key = (module, function, *names)
        if key not in seen:
            if module not in modules:
                modules[module] = find_module(module, gate)
            found, problem = modules[module]
            if not problem:
                if (module, function) not in functions:
                    functions[module, function] = find_function(found, module, function)
                found, problem = functions[module, function]
            seen[key] = problem or check(found, function, names)
        problems.append(seen[key])
    return '"status":"succeeded","output":' + values.encode(problems)


def find_module(name, gate=None):
    """The module, or what is wrong. Without a gate: called by user code."""
    try:
        if gate is None:
            return importlib.import_module(name), None
        return gate.user(importlib.import_module, name), None
    except BaseException as x:
        if gate.stopped if gate else not isinstance(x, Exception):
            raise
        if isinstance(x, ModuleNotFoundError) and name.startswith(str(x.name)):
            return None, "there is no Python module '%s', named by activity '%s'" % (name, NAME)
        return None, "Python module '%s' of activity '%s' cannot be imported: %s" % (
            name, NAME, describe(x))


def find_function(module, name, function):
    """As the reference: a function or a built-in one that the module has; no class."""
    value = getattr(module, function, None) if function in dir(module) else None
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)):
        return value, None
    if value is None:
        import difflib
        known = [one for one, what in vars(module).items()
                 if isinstance(what, types.FunctionType) and not one.startswith("_")]
        near = difflib.get_close_matches(function, known, 1)
        hint = " (did you mean '%s'?)" % near[0] if near else ""
        return None, "Python module '%s' has no function '%s', called by activity '%s'%s" % (
            name, function, NAME, hint)
    return None, "in Python module '%s', '%s' is of type %s; activity '%s' needs a function" % (
        name, function, type(value).__name__, NAME)


def check(function, name, names):
    try:
        parameters = signatures.parameters(function)
    except ValueError:
        return None  # a built-in that does not tell what it takes
    given = list(names) + [one for one in ("secrets", "configuration")
                           if one in parameters and one not in names]
    misfit = signatures.misfit(function, given)
    if not misfit:
        return None
    kind, argument = misfit
    if kind == "missing":
        return "argument '%s' of Python function '%s' is missing in activity '%s'" % (
            argument, name, NAME)
    if kind == "unexpected":
        return "argument '%s' is unknown to Python function '%s' of activity '%s'" % (
            argument, name, NAME)
    return "the arguments of activity '%s' do not fit Python function '%s': %s" % (
        NAME, name, argument)
