# SPDX-License-Identifier: Apache-2.0
"""Handlers of what happens in a run. A control registers them when it is configured."""
import logging

__all__ = ["EventHandlerRegistry", "RunEventHandler"]
logger = logging.getLogger("chaostoolkit")


class RunEventHandler:
    """Override what you want to hear of."""

    def started(self, experiment, journal):
        pass

    def running(self, experiment, journal, configuration, secrets, schedule, settings):
        pass

    def finish(self, journal):
        pass

    def interrupted(self, experiment, journal):
        pass

    def signal_exit(self):
        pass

    def start_continuous_hypothesis(self, frequency):
        pass

    def continuous_hypothesis_iteration(self, iteration_index, state):
        pass

    def continuous_hypothesis_completed(self, experiment, journal, exception=None):
        pass

    def start_hypothesis_before(self, experiment):
        pass

    def hypothesis_before_completed(self, experiment, state, journal):
        pass

    def start_hypothesis_after(self, experiment):
        pass

    def hypothesis_after_completed(self, experiment, state, journal):
        pass

    def start_method(self, experiment):
        pass

    def method_completed(self, experiment, state=None):
        pass

    def start_rollbacks(self, experiment):
        pass

    def rollbacks_completed(self, experiment, journal):
        pass

    def start_cooldown(self, duration):
        pass

    def cooldown_completed(self):
        pass

    def start_activity(self, activity):
        pass

    def activity_completed(self, activity, run):
        pass


class EventHandlerRegistry:
    """Has every method of a handler: each tells all handlers, and what they raise is logged."""

    def __init__(self):
        self.handlers = []

    def register(self, handler):
        self.handlers.append(handler)


def _teller(event):
    def tell(self, *args, **kwargs):
        for handler in self.handlers:
            try:
                getattr(handler, event)(*args, **kwargs)
            except Exception:
                logger.debug("Handler %s failed", type(handler).__name__, exc_info=True)
    tell.__name__ = event
    return tell


for _event in [name for name in vars(RunEventHandler) if not name.startswith("_")]:
    setattr(EventHandlerRegistry, _event, _teller(_event))
