"""Ways to fail."""
from chaoslib.exceptions import ActivityFailed


class YardError(Exception):
    pass


class Outer:
    class Inner(Exception):
        pass


class Late(ActivityFailed):
    pass


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def own():
    raise YardError("the crane", 3)


def nested():
    raise Outer.Inner("inside")


def caused():
    try:
        {}["rope"]
    except KeyError as x:
        raise YardError("no rope") from x


def suppressed():
    try:
        {}["rope"]
    except KeyError:
        raise YardError("no rope") from None


def group():
    raise ExceptionGroup("several", [ValueError("one"), TypeError("two")])


def uni():
    raise YardError("caf\xe9 \u2603 \U0001f600\ttab")


def odd_args():
    raise YardError(None, {"a": 1})


def unprintable():
    raise Mute()


def recursion():
    return recursion()


def syntax():
    eval("1 +")


def assertion():
    assert 1 == 2, "sums"


def stop():
    raise StopIteration(3)


def os_error():
    open("no/such/file")


def subclass_failed():
    raise Late("too late")


def unicode_error():
    b"\xff".decode("utf-8")


def import_error():
    import no_such_module_at_all


def generator_exit():
    raise ValueError("two\n\nblank lines\n")


def after():
    return "after"
