# SPDX-License-Identifier: Apache-2.0
"""Secrets blocks, but for Vault, which only the engine reads."""
import os

from chaoslib.exceptions import InvalidExperiment

__all__ = ["load_secrets"]


def load_secrets(secrets_info, configuration=None, extra_vars=None):
    """Groups of values: given ones, and those of the environment."""
    found = {}
    for group, members in secrets_info.items():
        found[group] = {}
        for key, value in members.items():
            if isinstance(value, dict) and value.get("type") == "env":
                if value["key"] not in os.environ:
                    raise InvalidExperiment("Secrets make reference to an environment key that "
                                            "does not exist: %s" % value["key"])
                value = os.environ[value["key"]]
            found[group][key] = value
        found[group].update((extra_vars or {}).get(group, {}))
    return found
