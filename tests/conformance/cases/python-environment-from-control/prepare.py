import os


def configure_control():
    os.environ["LATER"] = "set"


def before_experiment_control(context):
    os.environ["SHED"] = "open"


def before_activity_control(context):
    os.environ["ROUND"] = context["name"]


def after_activity_control(context, state):
    if context["name"] == "first":
        os.chdir("deck")


def after_method_control(context, state):
    os.environ["SHED"] = "closed"
    os.chdir("..")
