def see(configuration, secrets):
    return [configuration, secrets]
