def see(secrets):
    return secrets if secrets is None else sorted((k, str(v)) for k, v in secrets.items())


def word(word):
    return word
