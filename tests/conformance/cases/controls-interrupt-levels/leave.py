from chaoslib.exceptions import InterruptExecution


def after_method_control(context, state):
    raise InterruptExecution("after the method: %d" % len(state))
