"""Every form in which something can be called."""
import functools


def defaults(a=1, b="two", c=(3, 4)):
    return [a, b, c]


def star(a, *rest, **more):
    return {"a": a, "rest": rest, "more": more}


def keyword(*, k, other="o"):
    return [k, other]


class Crate(dict):
    def __init__(self, size=1):
        super().__init__(size=size)


half = functools.partial(defaults, a="fixed")
double = lambda n: n * 2


class Caller:
    def __call__(self, n):
        return n + 1


caller = Caller()


def logged(func):
    @functools.wraps(func)
    def inner(*args, **kwargs):
        return {"inner": func(*args, **kwargs)}
    return inner


@logged
def wrapped(a, b=2):
    return [a, b]
