# SPDX-License-Identifier: Apache-2.0
"""A control that ends the run."""
from chaoslib.exceptions import InterruptExecution


def before_activity_control(context):
    if context["name"] == "stop":
        raise InterruptExecution("enough")
