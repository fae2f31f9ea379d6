def after_hypothesis_control(context, state):
    state["steady_state_met"] = True
