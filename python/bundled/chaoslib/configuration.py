# SPDX-License-Identifier: Apache-2.0
"""Configuration blocks."""
import os

from chaoslib import convert_to_type
from chaoslib.exceptions import InvalidExperiment

__all__ = ["load_configuration"]


def load_configuration(config_info, extra_vars=None):
    """Their values: given ones, those of the environment, and `extra_vars` above all."""
    extra_vars = extra_vars or {}
    found = {}
    for key, value in config_info.items():
        if key in extra_vars:
            value = extra_vars[key]
        elif isinstance(value, dict) and value.get("type") == "env":
            name = value["key"]
            if name not in os.environ and "default" not in value:
                raise InvalidExperiment("Configuration makes reference to an environment key that"
                                        " does not exist: %s" % name)
            value = convert_to_type(value.get("env_var_type"),
                                    os.environ.get(name, value.get("default")))
        found[key] = value
    found.update((key, value) for key, value in extra_vars.items() if key not in found)
    return found
