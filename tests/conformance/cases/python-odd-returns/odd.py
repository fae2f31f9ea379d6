import collections
import enum

Point = collections.namedtuple("Point", "x y")


class Name(str):
    pass


class Level(enum.IntEnum):
    HIGH = 7


class Word(str, enum.Enum):
    YES = "yes"


def pair():
    return 1, (2, (3,))


def named():
    return Point(1, [2])


def counter():
    return collections.Counter("aab")


def ordered():
    return collections.OrderedDict([("z", 1), ("a", 2)])


def enums():
    return {"level": Level.HIGH, "word": Word.YES}


def big():
    return [2 ** 63, -(2 ** 63) - 1, 10 ** 40, 2 ** 53 + 1]


def small():
    return [0.1, 1e-7, 1e16, 123456789012345680.0, -0.0, 5e-324, 1.0, 1e15]


def nested():
    return [[[[[]]]], {"a": {"b": {}}}]


def text():
    return "tab\t quote\" slash/ back\\ nul\x00 del\x7f \u2028 \U0001f600 \xe9"


def boolkeys():
    return {True: 1, None: 2, 3: 3, 1.5: 4}


def subclass():
    return Name("sub")


def nothing():
    pass
