# SPDX-License-Identifier: Apache-2.0
"""Help for the `discover` function of an extension."""
import importlib
import inspect
import logging
import platform
import typing
import uuid
from datetime import datetime, timezone

from chaoslib import __version__
from chaoslib.exceptions import DiscoveryFailed

__all__ = ["discover_actions", "discover_activities", "discover_probes",
           "initialize_discovery_result", "portable_type_name",
           "portable_type_name_to_python_type"]
logger = logging.getLogger("chaostoolkit")
NAMES = {None: "null", bool: "boolean", int: "integer", float: "number", str: "string",
         bytes: "byte", set: "set", tuple: "tuple", list: "list", dict: "mapping"}
TYPES = {name: kind for kind, name in NAMES.items()}


def initialize_discovery_result(extension_name, extension_version, discovery_type):
    """What `discover` fills in and returns."""
    host = platform.uname()
    return {
        "chaoslib_version": __version__,
        "id": str(uuid.uuid4()),
        "target": discovery_type,
        "date": datetime.now(timezone.utc).isoformat(),
        "platform": {
            "system": host.system, "node": host.node, "release": host.release,
            "version": host.version, "machine": host.machine, "proc": host.processor,
            "python": platform.python_version(),
        },
        "extension": {"name": extension_name, "version": extension_version},
        "activities": [],
        "system": None,
    }


def discover_actions(extension_mod_name):
    return discover_activities(extension_mod_name, "action")


def discover_probes(extension_mod_name):
    return discover_activities(extension_mod_name, "probe")


def discover_activities(extension_mod_name, activity_type):
    """The functions that the module exports, with their arguments."""
    try:
        module = importlib.import_module(extension_mod_name)
    except ImportError:
        raise DiscoveryFailed("could not import extension module '%s'"
                              % extension_mod_name) from None
    exported = getattr(module, "__all__", None)
    if exported is None:
        logger.warning("'%s' does not expose the __all__ attribute, which tells what functions "
                       "are activities", extension_mod_name)
        return []
    return [_describe(module, name, function, activity_type)
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if not exported or name in exported]


def _describe(module, name, function, activity_type):
    signature = inspect.signature(function)
    activity = {"type": activity_type, "name": name, "mod": module.__name__,
                "doc": inspect.getdoc(function), "arguments": []}
    if signature.return_annotation is not inspect.Signature.empty:
        activity["return_type"] = portable_type_name(signature.return_annotation)
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD):
            continue
        argument = {"name": parameter.name}
        if parameter.default is not inspect.Parameter.empty:
            argument["default"] = parameter.default
        if parameter.annotation is not inspect.Parameter.empty:
            argument["type"] = portable_type_name(parameter.annotation)
        activity["arguments"].append(argument)
    return activity


def portable_type_name(python_type):
    """A name for a type that readers of other languages understand."""
    kind = typing.get_origin(python_type) or python_type
    try:
        return NAMES.get(kind, "object")
    except TypeError:  # not hashable
        return "object"


def portable_type_name_to_python_type(name):
    return TYPES.get(name, object)
