# SPDX-License-Identifier: Apache-2.0
"""The settings of the run."""
import logging
import os
import re

from chaos_worker import worker

__all__ = ["get_loaded_settings", "load_settings", "locate_settings_entry", "save_settings"]
CHAOSTOOLKIT_CONFIG_PATH = os.path.abspath(os.path.expanduser("~/.chaostoolkit/settings.yaml"))
logger = logging.getLogger("chaostoolkit")


def get_loaded_settings():
    return worker.current.settings or {}


def load_settings(settings_path=CHAOSTOOLKIT_CONFIG_PATH):
    if not os.path.exists(settings_path):
        logger.debug("there are no settings at '%s'", settings_path)
        return None
    import yaml
    with open(settings_path) as file:
        try:
            worker.current.settings = yaml.safe_load(file)
        except yaml.YAMLError as x:
            logger.error("Failed parsing YAML settings: %s", x)
            return None
    return worker.current.settings


def save_settings(settings, settings_path=CHAOSTOOLKIT_CONFIG_PATH):
    import yaml
    worker.current.settings = settings
    os.makedirs(os.path.dirname(settings_path), exist_ok=True)
    with open(settings_path, "w") as file:
        yaml.dump(settings, file, default_flow_style=False)


def locate_settings_entry(settings, key):
    """(parent, entry, its key, its index) of a dotted key, in which dots that do not separate have
    a backslash before them; None when there is no such entry."""
    parent = entry = settings
    last = index = None
    for part in re.split(r"(?<!\\)\.", key):
        part = part.replace("\\", "")
        indexed = re.search(r"\[(\d+)\]$", part)
        last, index = (part, None)
        if indexed:
            part, index, last = part[:indexed.start()], int(indexed[1]), None
        if part not in entry:
            return None
        parent, entry = entry, entry[part]
        if indexed:
            if index >= len(entry):
                return None
            parent, entry = entry, entry[index]
    return parent, entry, last, index
