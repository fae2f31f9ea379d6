def see(configuration):
    return configuration


def arg(x, y, z):
    return [x, y, z]
