def see(configuration):
    return {name: str(value) if isinstance(value, bytes) else value
            for name, value in configuration.items()}
