def before_activity_control(context, extensions):
    extensions.append({"name": "added by " + context["name"]})


def after_experiment_control(context, state, extensions, configuration, secrets, settings, experiment):
    state["seen"] = [extensions, configuration, secrets, sorted(settings or {}), experiment is context]
