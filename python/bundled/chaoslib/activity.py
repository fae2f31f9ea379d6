# SPDX-License-Identifier: Apache-2.0
"""Activities that an extension runs on its own account."""
from chaoslib import _engine
from chaoslib.exceptions import InvalidActivity
from chaoslib.provider.python import run_python_activity, validate_python_activity

__all__ = ["ensure_activity_is_valid", "get_all_activities_in_experiment", "run_activity"]


def run_activity(activity, configuration, secrets):
    """Call it and return its output; ActivityFailed when it fails."""
    if activity["provider"]["type"] == "python":
        return run_python_activity(activity, configuration, secrets)
    return _engine.ask("run_activity", activity=activity, configuration=configuration or {},
                       secrets=secrets or {})


def ensure_activity_is_valid(activity):
    problem = _engine.ask("check_activity", activity=activity)
    if problem:
        raise InvalidActivity(problem)
    if "ref" not in activity and activity["provider"]["type"] == "python":
        validate_python_activity(activity)


def get_all_activities_in_experiment(experiment):
    hypothesis = experiment.get("steady-state-hypothesis") or {}
    return [*hypothesis.get("probes", []), *experiment.get("method", []),
            *experiment.get("rollbacks", [])]
