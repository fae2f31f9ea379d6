def before_method_control(context, secrets, configuration):
    secrets["bank"]["pin"] = "anew"
    secrets["late"] = {"late": "added"}
    configuration["a"] = [configuration["a"], 2]


def show(secrets, configuration):
    secrets["bank"] = "mine"
    configuration["a"] = "mine"
    return [sorted(secrets.items(), key=str), configuration]
