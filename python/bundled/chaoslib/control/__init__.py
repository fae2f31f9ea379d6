# SPDX-License-Identifier: Apache-2.0
"""Controls around activities that an extension runs on its own account."""
import contextlib
import copy
import logging

from chaoslib import _engine
from chaoslib.control.python import apply_python_control
from chaoslib.exceptions import InterruptExecution
from chaoslib.settings import get_loaded_settings

__all__ = ["Control", "apply_controls", "controls", "get_context_controls",
           "get_global_controls"]
logger = logging.getLogger("chaostoolkit")


def get_global_controls():
    """Those of the settings and of control files."""
    return list(_engine.document("controls") or [])


class Control:
    """One block that controls surround."""

    def __init__(self):
        self.state = None

    def begin(self, level, experiment, context, configuration=None, secrets=None):
        self.state = None
        apply_controls(level, experiment, context, "before", None, configuration, secrets)

    def with_state(self, state):
        self.state = state

    def end(self, level, experiment, context, configuration=None, secrets=None):
        state, self.state = self.state, None
        apply_controls(level, experiment, context, "after", state, configuration, secrets)


@contextlib.contextmanager
def controls(level, experiment=None, context=None, configuration=None, secrets=None):
    control = Control()
    try:
        control.begin(level, experiment, context, configuration, secrets)
        yield control
    finally:
        control.end(level, experiment, context, configuration, secrets)


def get_context_controls(level, experiment=None, context=None):
    """The controls that apply: the global ones, those of the context, and the automatic ones of
    the experiment. compat: around the method and the rollbacks an experiment with controls has
    only its own."""
    found = get_global_controls()
    if not experiment:
        return found
    top = experiment.get("controls") or []
    automatic = [copy.deepcopy(one) for one in top if one.get("automatic", True)]
    found += context.get("controls") or [] if isinstance(context, dict) else []
    if not top:
        return found
    if not found or level in ("method", "rollback"):
        return automatic
    for one in list(found):
        if "ref" in one:
            found += [copy.deepcopy(other) for other in top if other["name"] == one["ref"]][:1]
        elif level != "experiment":
            found[:0] = [copy.deepcopy(other) for other in automatic
                         if other.get("name") != one.get("name")]
    return found


def apply_controls(level, experiment, context, scope, state=None, configuration=None,
                   secrets=None):
    for control in get_context_controls(level, experiment, context):
        if control.get("scope") not in (None, "", scope):
            continue
        if (control.get("provider") or {}).get("type") != "python":
            continue
        try:
            apply_python_control(level + "-" + scope, control, experiment, context, state,
                                 configuration, secrets, get_loaded_settings() or None)
        except InterruptExecution:
            raise
        except Exception:
            logger.debug("%s-control '%s' failed", scope.title(), control.get("name"),
                         exc_info=True)
