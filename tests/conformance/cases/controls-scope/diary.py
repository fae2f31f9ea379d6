"""Notes which of its functions were called, and with what."""
import json


def note(*words):
    with open("diary.txt", "a") as diary:
        diary.write(json.dumps(words, sort_keys=True, default=str) + "\n")


def hook(name):
    def hooked(context, who, state=None):
        note(name, who, context.get("name"))
    return hooked


for level in ("experiment", "hypothesis", "method", "rollback", "activity"):
    for when in ("before", "after"):
        globals()["%s_%s_control" % (when, level)] = hook("%s %s" % (when, level))
