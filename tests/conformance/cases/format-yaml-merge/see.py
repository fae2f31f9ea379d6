def see(configuration):
    return {k: v if k != 'keys' else sorted(map(str, v)) for k, v in configuration.items()}
