def extra(name, kind="probe"):
    return {"type": kind, "name": name, "provider": {"type": "process", "path": "echo", "arguments": [name]}}


def after_activity_control(context, state, experiment):
    if context["name"] == "one":
        experiment["method"].insert(1, extra("inserted"))
        experiment["method"].append(extra("appended"))
    if context["name"] == "two":
        experiment["method"].remove(next(a for a in experiment["method"] if a["name"] == "three"))
    if context["name"] == "r1":
        experiment["rollbacks"].append(extra("r3", "action"))


def before_method_control(context, experiment):
    experiment["rollbacks"].insert(0, extra("r0", "action"))
