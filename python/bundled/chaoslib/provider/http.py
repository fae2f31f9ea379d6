# SPDX-License-Identifier: Apache-2.0
"""HTTP activities: the engine runs them."""
from chaoslib.activity import ensure_activity_is_valid, run_activity

__all__ = ["run_http_activity", "validate_http_activity"]
run_http_activity = run_activity
validate_http_activity = ensure_activity_is_valid
