def see(configuration):
    return {k: str(v) if isinstance(v, bytes) else v for k, v in configuration.items()}
