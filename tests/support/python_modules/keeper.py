# SPDX-License-Identifier: Apache-2.0
"""A control for the tests of the Python worker."""
import logging

from chaoslib.exceptions import InterruptExecution
from chaoslib.run import RunEventHandler

logger = logging.getLogger("chaostoolkit")
seen = {}


class Ears(RunEventHandler):
    def started(self, experiment, journal):
        journal["heard"] = experiment["title"]

    def finish(self, journal):
        raise RuntimeError("deaf")

    def running(self, experiment, journal, configuration, secrets, schedule, settings):
        journal["every"] = schedule.continuous_hypothesis_frequency


def configure_control(experiment, configuration=None, event_registry=None, **arguments):
    seen["experiment"] = experiment
    seen["activity"] = experiment["method"][0]
    event_registry.register(Ears())
    experiment["configured"] = sorted(arguments)


def before_activity_control(context, experiment, change=None, **more):
    assert experiment is seen["experiment"], "the experiment is another object"
    assert context is experiment["method"][0], "the context is not the activity"
    if seen.get("same", True):
        assert context is seen["activity"], "the activity is another object"
    if change == "context":
        context["dry"] = True
    elif change == "insert":
        experiment["method"].insert(1, dict(context, name="again"))
    elif change == "interrupt":
        context["touched"] = True
        raise InterruptExecution("stop here")
    elif change == "fail":
        raise RuntimeError("broken")


def after_activity_control(context, state, **more):
    if state.get("output") == "loud":
        state["output"] = "quiet"


def validate_control(control):
    control["validated"] = True
    if control["provider"].get("arguments", {}).get("refuse"):
        raise ValueError("refused")


def cleanup_control():
    logger.info("cleaned")
