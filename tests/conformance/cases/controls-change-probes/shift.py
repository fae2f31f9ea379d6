def before_hypothesis_control(context):
    context["probes"][0]["tolerance"] = 0
    if len(context["probes"]) == 1:
        context["probes"].append({"type": "probe", "name": "added", "tolerance": [0, 1],
                                  "provider": {"type": "process", "path": "echo"}})


def after_hypothesis_control(context, state):
    state["seen"] = len(state["probes"])
