# SPDX-License-Identifier: Apache-2.0
"""Activities of the live experiments."""
import sys
import time


def value(n):
    return n


def fail(text):
    raise ValueError(text)


def sleep(s):
    time.sleep(s)
    return s


def see(configuration, secrets):
    return [configuration, secrets]


def shout(word):
    print(word)
    print(word, file=sys.stderr)
    return word
