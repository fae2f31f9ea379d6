import sys


def leave():
    sys.exit(3)


def key():
    raise KeyboardInterrupt()
