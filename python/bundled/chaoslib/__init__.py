# SPDX-License-Identifier: Apache-2.0
"""The names that extensions of the Chaos Toolkit import, for a Python without chaostoolkit-lib.

Written for Fracas. What the engine does itself (processes, HTTP, tolerances) is asked of it.
"""
import decimal
import hashlib
import json
import logging
import os
import string
import uuid
from collections import ChainMap
from datetime import date

from chaoslib.exceptions import ActivityFailed

__all__ = ["PayloadEncoder", "__version__", "canonical_json", "convert_vars", "decode_bytes",
           "experiment_hash", "merge_vars", "substitute"]
__version__ = "1.45.1"  # the release whose behaviour this follows
logger = logging.getLogger("chaostoolkit-lib")


class _Template(string.Template):
    """A text that is one pattern and nothing else takes the value with its type."""

    def fill(self, mapping):
        whole = self.pattern.fullmatch(self.template)
        name = whole and whole["braced"]  # "$name" alone is text, as in the reference
        if name and name in mapping:
            return mapping[name]
        return self.safe_substitute(mapping)


def substitute(data, configuration, secrets):
    """A copy of `data` with ${name} replaced, in all its texts, by the value of that name."""
    if not data:
        return data
    groups = list(secrets.values()) if secrets else []
    return _substitute(data, ChainMap(configuration or {}, *groups))


def _substitute(data, mapping):
    if isinstance(data, str):
        return _Template(data).fill(mapping)
    if isinstance(data, dict):
        return {key: _substitute(value, mapping) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_substitute(value, mapping) for value in data]
    return data


def decode_bytes(data, default_encoding="utf-8"):
    """The text in `data`; ActivityFailed when it is none."""
    encoding = default_encoding
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        pass
    try:
        from charset_normalizer import detect
        found = detect(data) or {}
        if (found.get("confidence") or 0) >= 0.5:
            encoding = found["encoding"]
        return data.decode(encoding)
    except (ImportError, UnicodeDecodeError):
        raise ActivityFailed("Failed to decode bytes using encoding '%s'" % encoding) from None


def merge_vars(var=None, var_files=None):
    """The configuration and the secrets that variables and files of them give."""
    configuration, secrets = {}, {}
    for path in var_files or []:
        if not os.path.isfile(path):
            logger.error("Cannot read var file '%s'", path)
            continue
        with open(path) as file:
            text = file.read()
        data = None
        try:
            if path.endswith((".yaml", ".yml")):
                import yaml
                data = yaml.safe_load(text)
            elif path.endswith(".json"):
                data = json.loads(text) if text else None
        except Exception as x:
            logger.error("Failed to parse variable file '%s': %s", path, x)
            continue
        if data:
            configuration.update(data.get("configuration", {}))
            secrets.update(data.get("secrets", {}))
        else:
            _read_environment(text)
    configuration.update(var or {})
    return configuration, secrets


def _read_environment(text):
    for line in map(str.strip, text.splitlines()):
        if line and not line.startswith("#"):
            name, value = line.split("=", 1)
            os.environ[name] = value


def convert_vars(value):
    """A mapping from texts like name=value and name:type=value."""
    found = {}
    for one in value:
        try:
            name, text = one.split("=", 1)
        except (AttributeError, TypeError):
            raise ValueError("var needs to be in the format name[:type]=value") from None
        name, colon, kind = name.rpartition(":")
        found[name if colon else kind] = convert_to_type(kind if colon else None, text)
    return found


def convert_to_type(type, val):
    if type in (None, "str", "string"):
        return val
    if type in ("int", "integer"):
        return int(val)
    if type in ("float", "number"):
        return float(val)
    if type == "bytes":
        return val.encode("utf-8")
    if type == "bool":
        return val if isinstance(val, bool) else val.lower() not in ("false", "0", "no")
    if type == "json":
        return json.loads(val) if val and isinstance(val, str) else val
    raise ValueError("variable type can only be: bool, str, int, float, bytes or json")


class PayloadEncoder(json.JSONEncoder):
    """Knows dates, UUIDs, decimals and exceptions too."""

    def default(self, o):
        if isinstance(o, date):
            return o.isoformat()
        if isinstance(o, (uuid.UUID, decimal.Decimal)):
            return str(o)
        if isinstance(o, Exception):
            return "An exception was raised: %s('%s')" % (type(o).__name__, o)
        return super().default(o)


def canonical_json(experiment):
    return json.dumps(experiment, skipkeys=True, sort_keys=True).encode("utf-8")


def experiment_hash(experiment, hash_algo=None):
    data = canonical_json(experiment)
    if hash_algo is None:
        return hashlib.blake2b(data, digest_size=12).hexdigest()
    if hash_algo not in hashlib.algorithms_available:
        raise ValueError("Unsupported hashlib algorithm: '%s'" % hash_algo)
    return hashlib.new(hash_algo, data).hexdigest()
