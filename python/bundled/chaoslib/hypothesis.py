# SPDX-License-Identifier: Apache-2.0
"""Tolerances: the engine judges them."""
from chaoslib import _engine
from chaoslib.activity import ensure_activity_is_valid, run_activity
from chaoslib.exceptions import ActivityFailed, InvalidActivity, InvalidExperiment

__all__ = ["ensure_hypothesis_is_valid", "ensure_hypothesis_tolerance_is_valid",
           "within_tolerance"]


def within_tolerance(tolerance, value, configuration=None, secrets=None):
    if isinstance(tolerance, dict) and tolerance.get("type") == "probe":
        provider = tolerance["provider"]
        arguments = {**(provider.get("arguments") or {}), "value": value}
        probe = {**tolerance, "provider": {**provider, "arguments": arguments}}
        try:
            return bool(run_activity(probe, configuration, secrets))
        except ActivityFailed:
            return False
    return bool(_engine.ask("within_tolerance", tolerance=tolerance, value=value,
                            configuration=configuration or {}, secrets=secrets or {}))


def ensure_hypothesis_tolerance_is_valid(tolerance):
    if isinstance(tolerance, dict) and tolerance.get("type") == "probe":
        ensure_activity_is_valid(tolerance)
        return
    problem = _engine.ask("check_tolerance", tolerance=tolerance)
    if problem:
        raise InvalidActivity(problem)


def ensure_hypothesis_is_valid(experiment):
    hypothesis = experiment.get("steady-state-hypothesis")
    if hypothesis is None:
        return
    if not hypothesis.get("title"):
        raise InvalidExperiment("hypothesis requires a title")
    for probe in hypothesis.get("probes") or []:
        ensure_activity_is_valid(probe)
        if "tolerance" not in probe:
            raise InvalidActivity("hypothesis probe must have a tolerance entry")
        ensure_hypothesis_tolerance_is_valid(probe["tolerance"])
