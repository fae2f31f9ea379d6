# SPDX-License-Identifier: Apache-2.0
"""The installed extensions."""
import collections
from importlib import metadata

__all__ = ["list_extensions"]

ExtensionInfo = collections.namedtuple("ExtensionInfo",
                                       "name version summary license author url")


def list_extensions():
    found = {}
    for distribution in metadata.distributions():
        info = distribution.metadata
        name = info["Name"] or ""
        if name.startswith("chaostoolkit-") and name != "chaostoolkit-lib":
            found.setdefault(name, ExtensionInfo(name, info["Version"], info["Summary"],
                                                 info["License"], info["Author"],
                                                 info["Home-page"]))
    return list(found.values())
