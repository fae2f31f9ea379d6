def configure_control():
    raise RuntimeError("cannot configure")


def before_activity_control(context):
    open("called.txt", "w").close()
