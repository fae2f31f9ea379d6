"""Notes which of its functions were called, and with what."""
import json


def note(*words):
    with open("diary.txt", "a") as diary:
        diary.write(json.dumps(words, sort_keys=True, default=str) + "\n")


def before_experiment_control(context, who):
    note("before experiment", who)


def after_experiment_control(context, state, who):
    note("after experiment", who, state["status"])


def before_activity_control(context, who, settings):
    note("before", who, context["name"], sorted(settings))


def after_activity_control(context, state, who):
    note("after", who, context["name"], state["status"])


def before_loading_experiment_control(context, who):
    note("loading", who, context)


def after_loading_experiment_control(context, state, who):
    note("loaded", who, context, sorted(state))


def configure_control(who, experiment, settings, event_registry):
    note("configure", who, sorted(experiment or {}), sorted(settings or {}))


def cleanup_control():
    note("cleanup")
