# SPDX-License-Identifier: Apache-2.0
"""The "extensions" block of an experiment: named mappings that tools keep their data in."""
from chaoslib.exceptions import InvalidExperiment

__all__ = ["get_extension", "has_extension", "merge_extension", "remove_extension",
           "set_extension", "validate_extensions"]


def validate_extensions(experiment):
    for extension in experiment.get("extensions") or []:
        if not (extension.get("name") or "").strip():
            raise InvalidExperiment("All extensions require a non-empty name")


def get_extension(experiment, name):
    for extension in experiment.get("extensions") or []:
        if extension.get("name") == name:
            return extension
    return None


def has_extension(experiment, name):
    return get_extension(experiment, name) is not None


def set_extension(experiment, extension):
    remove_extension(experiment, extension.get("name"))
    experiment.setdefault("extensions", []).append(extension)


def remove_extension(experiment, name):
    known = get_extension(experiment, name)
    if known is not None:
        experiment["extensions"].remove(known)


def merge_extension(experiment, extension):
    known = get_extension(experiment, extension.get("name"))
    if known is None:
        experiment.setdefault("extensions", []).append(extension)
    else:
        known.update(extension)
