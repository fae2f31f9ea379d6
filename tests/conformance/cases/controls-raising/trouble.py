from chaoslib.exceptions import ActivityFailed


def fail(what):
    if what == "value":
        raise ValueError("no value")
    if what == "key":
        return {}["key"]
    raise ActivityFailed("control failed")


def before_activity_control(context, what):
    fail(what)


def after_activity_control(context, state, what):
    state[what] = True
    fail(what)


def before_experiment_control(context, what):
    fail(what)
