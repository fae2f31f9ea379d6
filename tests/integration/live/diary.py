# SPDX-License-Identifier: Apache-2.0
"""A control that notes its calls."""


def note(*words):
    with open("diary.txt", "a") as diary:
        diary.write(" ".join(map(str, words)) + "\n")


def hook(name):
    def hooked(context, who, state=None, **more):
        note(name, who, isinstance(state, (dict, list)))
    return hooked


for level in ("experiment", "hypothesis", "method", "rollback", "activity"):
    for when in ("before", "after"):
        globals()["%s_%s_control" % (when, level)] = hook("%s %s" % (when, level))
