import os
import sys


def extend():
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "more"))


def main_name():
    return __name__


def argv():
    return isinstance(sys.argv, list)
