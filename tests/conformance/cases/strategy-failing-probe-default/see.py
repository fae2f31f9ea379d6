def broken():
    raise ValueError("lost")


def fine():
    return True
