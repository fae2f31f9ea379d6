from chaoslib.exceptions import InterruptExecution


def after_activity_control(context, state):
    if context["name"] == "one":
        raise SystemExit(30)
