def before_activity_control(context):
    note("before", context)


def after_activity_control(context, state):
    note("after", context)
    state["seen"] = True


def after_method_control(context, state):
    note("method", {"name": sorted(r["activity"]["name"] for r in state)})


def note(what, context):
    with open(what + "-" + str(context["name"])[:5] + ".txt", "a") as diary:
        diary.write("%s %s\n" % (what, context["name"]))
