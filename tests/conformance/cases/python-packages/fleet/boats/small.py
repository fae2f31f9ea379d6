from ..words import NAMES


def name(n):
    return NAMES[n]
