def see(configuration):
    return configuration
