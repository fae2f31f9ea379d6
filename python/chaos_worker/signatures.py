# SPDX-License-Identifier: Apache-2.0
"""What a function takes. Plain functions are read directly; others need the module inspect, which
takes longer to import than most activities run."""
import types

CO_VARARGS, CO_VARKEYWORDS = 4, 8


def is_plain(function):
    return (type(function) is types.FunctionType and not hasattr(function, "__wrapped__")
            and not hasattr(function, "__signature__"))


def parameters(function):
    """The names of all parameters, as inspect.signature() lists them."""
    if not is_plain(function):
        import inspect
        return tuple(inspect.signature(function).parameters)
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & CO_VARARGS) + bool(code.co_flags & CO_VARKEYWORDS)
    return code.co_varnames[:count]


def takes_any(function):
    """Whether it has a parameter like **more."""
    code = getattr(function, "__code__", None)
    return bool(code and code.co_flags & CO_VARKEYWORDS)


def misfit(function, names):
    """Why keyword arguments of these names do not fit: ("missing" or "unexpected", argument), or
    None when they do."""
    if not is_plain(function):
        return _misfit_by_inspect(function, names)
    code = function.__code__
    positional = code.co_varnames[:code.co_argcount]
    keyword = code.co_varnames[code.co_argcount:code.co_argcount + code.co_kwonlyargcount]
    optional = set(positional[len(positional) - len(function.__defaults__ or ()):])
    optional |= set(function.__kwdefaults__ or ())
    only = set(positional[:code.co_posonlyargcount])
    for name in positional + keyword:
        if name not in optional and (name not in names or name in only):
            return "missing", name
    if code.co_flags & CO_VARKEYWORDS:
        return None
    allowed = set(positional + keyword) - only
    for name in names:
        if name not in allowed:
            return "unexpected", name
    return None


def _misfit_by_inspect(function, names):
    import inspect
    try:
        inspect.signature(function).bind(**dict.fromkeys(names))
    except TypeError as x:
        text = str(x)
        if "missing" in text:
            return "missing", text.rsplit(":", 1)[-1].strip().strip("'")
        if "unexpected" in text:
            return "unexpected", text.rsplit(" ", 1)[-1].strip().strip("'")
        return "other", text
    except ValueError:
        return None  # a built-in that does not tell what it takes
    return None
