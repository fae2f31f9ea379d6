from chaoslib.exceptions import InterruptExecution


def before_activity_control(context):
    if context["name"] == "two":
        raise InterruptExecution('enough')
