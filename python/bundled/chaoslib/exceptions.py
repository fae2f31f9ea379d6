# SPDX-License-Identifier: Apache-2.0
"""The exceptions that extensions raise and catch."""

__all__ = ["ActivityFailed", "ChaosException", "ControlPythonFunctionLoadingError",
           "DiscoveryFailed", "InterruptExecution", "InvalidActivity", "InvalidControl",
           "InvalidExperiment", "InvalidSource"]


class ChaosException(Exception):
    """The base of them."""


class ActivityFailed(ChaosException):
    """The activity failed; the run goes on."""


FailedActivity = ActivityFailed  # its name of old


class InterruptExecution(ChaosException):
    """The run is to be interrupted."""


class ExperimentExitedException(ChaosException):
    """Raised in background activities when the run leaves without waiting for them."""


class InvalidActivity(ChaosException):
    pass


class InvalidControl(ChaosException):
    pass


class InvalidExperiment(ChaosException):
    pass


class InvalidSource(ChaosException):
    pass


class DiscoveryFailed(ChaosException):
    pass


class ControlPythonFunctionLoadingError(Exception):
    pass
