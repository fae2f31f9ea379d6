def see(value):
    return value


def below(value, limit):
    return value < limit


def below_configured(value, configuration):
    return value < configuration["limit"]


def truthy(value):
    return "yes"
