#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write src/value/printable.c: the characters that Python's repr() escapes, as ranges.

Run with the Python whose Unicode tables are wanted: tools/gen_printable.py > src/value/printable.c
"""
import sys

HEAD = """// SPDX-License-Identifier: Apache-2.0
/* Made by tools/gen_printable.py: do not edit. */
#include "value/printable.h"

#include <stddef.h>

struct range {
    uint32_t first;
    uint32_t last;
};

/* Characters that are not printable, in order. */
static const struct range ranges[] = {"""

TAIL = """};

bool printable(uint32_t point)
{
    size_t low = 0;
    size_t high = sizeof(ranges) / sizeof(ranges[0]);

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (point > ranges[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low == sizeof(ranges) / sizeof(ranges[0]) || point < ranges[low].first;
}"""


def ranges():
    first = None
    for point in range(sys.maxunicode + 2):
        hidden = point <= sys.maxunicode and not chr(point).isprintable()
        if hidden and first is None:
            first = point
        elif not hidden and first is not None:
            yield first, point - 1
            first = None


def main():
    print(HEAD)
    row = "   "
    for first, last in ranges():
        item = f" {{ {first:#x}, {last:#x} }},"
        if len(row) + len(item) > 100:
            print(row)
            row = "   "
        row += item
    print(row)
    print(TAIL)


main()
