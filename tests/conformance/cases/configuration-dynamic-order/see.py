def see(configuration):
    return sorted(configuration)
