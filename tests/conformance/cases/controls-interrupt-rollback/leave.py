from chaoslib.exceptions import InterruptExecution


def before_rollback_control(context):
    raise InterruptExecution("before the rollbacks: %d" % len(context["rollbacks"]))
