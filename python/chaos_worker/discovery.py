# SPDX-License-Identifier: Apache-2.0
"""What an installed extension offers, and which extensions are installed."""
import importlib
import types

from chaos_worker import values
from chaos_worker.worker import describe, failure, is_library, outcome, text_of


def discover(worker, request, gate):
    name = request["package"]
    if request.get("install"):
        problem = install(worker, name, gate)
        if problem:
            return failure("failed", problem)
    module_name, problem = top_level(name)
    if problem:
        return failure("failed", problem)
    try:
        module = gate.user(importlib.import_module, module_name)
        function = getattr(module, "discover", None)
        if not isinstance(function, types.FunctionType):
            return failure("failed", "Python package '%s' does not tell what it offers: it has no "
                           "function 'discover'" % module_name)
        found = gate.user(function, discover_system=bool(request.get("system", True)))
    except ImportError as x:
        return failure("failed", "Python module '%s' of package '%s' cannot be imported: %s" % (
            module_name, name, describe(x)))
    except Exception as x:
        if gate.stopped:
            raise
        return failure("failed", text_of(x) if is_library(x, "DiscoveryFailed") else
                       "the discovery of Python package '%s' failed: %s" % (name, describe(x)))
    except BaseException as x:
        return outcome(x)
    return '"status":"succeeded","output":' + values.encode(found)


def install(worker, name, gate):
    """Get the newest release with pip; return what went wrong, or None."""
    import subprocess
    import sys
    command = [sys.executable, "-m", "pip", "install", "-U", name]
    worker.log(20, "Installing Python package '%s'" % name)
    done = gate.user(subprocess.run, command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                     stderr=subprocess.STDOUT, check=False)
    text = done.stdout.decode("utf-8", "replace").rstrip()
    worker.log(10, text)
    if done.returncode:
        last = text.splitlines()[-1] if text else "exit status %d" % done.returncode
        return "Python package '%s' cannot be installed: %s" % (name, last)
    return None


def top_level(name):
    """The import name of a distribution, or what is wrong."""
    from importlib import metadata
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None, "Package %s not found" % name  # compat: notifications carry this text
    except ValueError as x:
        return None, "'%s' is not the name of a Python package: %s" % (name, x)
    for one in (distribution.read_text("top_level.txt") or "").split():
        return one, None
    for path in distribution.files or ():
        first = path.parts[0]
        if len(path.parts) > 1 and path.suffix == ".py" and not first.endswith(".dist-info"):
            return first, None
        if len(path.parts) == 1 and path.suffix == ".py":
            return path.stem, None
    return None, "Python package '%s' is installed, but holds no module" % name


def extensions(worker, request, gate):
    from importlib import metadata
    found = {}
    for distribution in metadata.distributions():
        info = distribution.metadata
        name = info["Name"] or ""
        if name.startswith("chaostoolkit-") and name != "chaostoolkit-lib" and name not in found:
            found[name] = {"name": name, "version": info["Version"], "summary": info["Summary"],
                           "license": info["License"]}
    return '"status":"succeeded","output":' + values.encode(list(found.values()))
