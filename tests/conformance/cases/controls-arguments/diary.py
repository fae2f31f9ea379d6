"""Notes which of its functions were called, and with what."""
import json


def note(*words):
    with open("diary.txt", "a") as diary:
        diary.write(json.dumps(words, sort_keys=True, default=str) + "\n")


def before_experiment_control(context, secrets=None, configuration=None, **arguments):
    note("experiment", arguments, secrets, configuration)


def before_activity_control(context, n, flag, items, text, pin):
    note("activity", n, flag, items, text, pin)


def configure_control(n, items=None, **more):
    note("configure", n, items, more)


def after_activity_control(context, state, wrong):
    note("never")
