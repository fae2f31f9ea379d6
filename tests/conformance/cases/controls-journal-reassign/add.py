def after_experiment_control(context, state):
    state["added"] = {"f": 1.0, "i": 10 ** 20, "t": (1, 2), "n": None, "u": "\u2603", "nested": [{"a": [[]]}]}
    state["experiment"]["title"] = "Renamed"
    del state["platform"]
