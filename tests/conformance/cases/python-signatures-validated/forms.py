import functools

VALUE = 3


def defaults(a=1, b="two"):
    return [a, b]


class Crate(dict):
    def __init__(self, size=1):
        super().__init__(size=size)


class Caller:
    def __call__(self, n):
        return n + 1


half = functools.partial(defaults, a="fixed")
double = lambda n: n * 2
caller = Caller()
