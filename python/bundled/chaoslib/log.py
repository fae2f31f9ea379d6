# SPDX-License-Identifier: Apache-2.0
"""The log belongs to the engine: records of the logger "chaostoolkit" are sent to it."""
import datetime
import decimal
import uuid

__all__ = ["configure_logger"]


def encoder(o):
    """For json.dumps(default=...): dates, decimals and UUIDs."""
    if isinstance(o, datetime.date):
        return o.isoformat()
    if isinstance(o, (decimal.Decimal, uuid.UUID)):
        return str(o)
    raise TypeError("Object of type '%s' is not JSON serializable" % type(o))


def configure_logger(verbose=False, log_format="string", log_file=None, log_file_level="debug",
                     logger_name="chaostoolkit", context_id=None,
                     override_logzero_if_present=True):
    """Done already."""
