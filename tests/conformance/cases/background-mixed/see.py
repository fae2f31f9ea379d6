import time


def see(s):
    time.sleep(s)
    return s


def bad():
    raise ValueError("wet")
