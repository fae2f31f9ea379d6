import time


def before_activity_control(context):
    if context["name"] == "one":
        open("ready", "w").close()
        time.sleep(6)
