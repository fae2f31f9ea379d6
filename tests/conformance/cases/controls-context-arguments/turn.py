def before_activity_control(context):
    arguments = context["provider"]["arguments"]
    if context["name"] == "one":
        arguments[:] = ["changed"]
    elif context["name"] == "two":
        context["provider"] = {"type": "process", "path": "printf", "arguments": ["other"]}
    else:
        arguments["p"] = "/c/d"
        context["name"] = "renamed"
        context["pauses"] = {"before": 0}


def after_activity_control(context, state):
    context["provider"]["played"] = True
    state["extra"] = {"n": 1}
