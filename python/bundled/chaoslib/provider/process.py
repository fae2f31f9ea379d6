# SPDX-License-Identifier: Apache-2.0
"""Process activities: the engine runs them."""
from chaoslib.activity import ensure_activity_is_valid, run_activity

__all__ = ["run_process_activity", "validate_process_activity"]
run_process_activity = run_activity
validate_process_activity = ensure_activity_is_valid
