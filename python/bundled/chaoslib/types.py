# SPDX-License-Identifier: Apache-2.0
"""Names of the shapes of values, for annotations."""
import enum
from typing import Any, Dict, List, Tuple, Union

_Mapping = Dict[str, Any]
Action = Probe = Activity = Control = Discovery = DiscoveredActivities = _Mapping
DiscoveredSystemInfo = EventPayload = Experiment = Extension = Hypothesis = _Mapping
Journal = Run = Settings = Step = ConfigVars = SecretVars = _Mapping
Configuration = Secrets = Dict[str, Dict[str, str]]
Layer = Any
TargetLayers = Dict[str, List[_Mapping]]
MicroservicesStatus = Tuple[_Mapping, _Mapping]
Tolerance = Union[int, str, bool, list, _Mapping]


class Strategy(enum.Enum):
    """When the hypothesis is checked."""

    BEFORE_METHOD = "before-method-only"
    AFTER_METHOD = "after-method-only"
    DURING_METHOD = "during-method-only"
    DEFAULT = "default"
    CONTINUOUS = "continuous"
    SKIP = "skip"

    @staticmethod
    def from_string(value):
        if value == "continuously":
            return Strategy.CONTINUOUS
        for strategy in Strategy:
            if strategy.value == value and strategy is not Strategy.CONTINUOUS:
                return strategy
        raise ValueError("Unknown strategy")


class Dry(enum.Enum):
    """What a dry run leaves out."""

    PROBES = "probes"
    ACTIONS = "actions"
    ACTIVITIES = "activities"
    PAUSE = "pause"

    @staticmethod
    def from_string(value):
        if not value:
            return None
        for dry in Dry:
            if dry.value == value:
                return dry
        raise ValueError("Unknown dry")


class Schedule:
    """How often the continuous hypothesis is checked, and when it ends the run."""

    def __init__(self, continuous_hypothesis_frequency=1.0, fail_fast=False, fail_fast_ratio=0):
        self.continuous_hypothesis_frequency = continuous_hypothesis_frequency
        self.fail_fast = fail_fast
        self.fail_fast_ratio = fail_fast_ratio


__all__ = ["Action", "Activity", "ConfigVars", "Configuration", "Control", "DiscoveredActivities",
           "DiscoveredSystemInfo", "Discovery", "Dry", "EventPayload", "Experiment", "Extension",
           "Hypothesis", "Journal", "Layer", "MicroservicesStatus", "Probe", "Run", "Schedule",
           "SecretVars", "Secrets", "Settings", "Step", "Strategy", "TargetLayers", "Tolerance"]
