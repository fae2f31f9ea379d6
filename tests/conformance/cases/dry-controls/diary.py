def after_activity_control(context, state):
    with open("diary.txt", "a") as diary:
        diary.write("%s %s %s\n" % (context["name"], state.get("output"), state.get("status")))
