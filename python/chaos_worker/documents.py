# SPDX-License-Identifier: Apache-2.0
"""The living documents that controls see: one Python object each for the whole run.

What the engine changed is patched into the objects in place, so that code that kept a reference
sees it; what user code changed is found by comparing their text before and after, and told change
by change: calls in several threads must not undo each other.
"""
import json
import threading

from chaos_worker import values

_store = None


def of(worker):
    """The documents of this process."""
    global _store
    if _store is None:
        _store = Documents(worker)
    return _store


class Forgotten(Exception):
    """The engine counts on a document that this process never had."""


class Documents:
    def __init__(self, worker):
        self.worker = worker
        self.lock = threading.RLock()
        self.values = {}
        self.versions = {}
        self.texts = {}    # name -> its text when last compared
        self.watches = 0   # calls under way whose changes are not told yet
        self.lent = set()  # names of those that user code was given: it may have kept them
        self.caches = []   # of the reference's chaoslib.caching

    def update(self, sent):
        """Take over what the engine sends: [[name] or [name, value, version], ...]. What another
        thread brought before, or newer, is passed over; version 0 always counts."""
        with self.lock:
            for name, *rest in sent:
                value, version = rest or (None, 0)
                if version and version <= self.versions.get(name, 0):
                    continue
                if rest:
                    self.versions[name] = version
                    self.take(name, value)
                elif name not in self.values:
                    raise Forgotten(name)
            if self.caches and any(name == "experiment" for name, *_ in sent):
                for cache in self.caches:
                    self.fill_cache(cache)

    def take(self, name, value):
        """A new content from the engine: what a call under way has changed stays changed."""
        before = self.texts.pop(name, None)
        if before is not None and self.watches:
            pending = differences(json.loads(before),
                                  json.loads(values.encode(self.values[name])))
            self.texts[name] = values.encode(value)
            if pending:
                value = values.decode(json.dumps(amend(json.loads(self.texts[name]), pending)))
        self.values[name] = patch(self.values[name], value) if name in self.values else value

    def compare(self, name):
        """What changed in a document since it was last compared."""
        before, text = self.texts.get(name), values.encode(self.values.get(name))
        if text == before:
            return []
        self.texts[name] = text
        if before is None:
            return [[[], json.loads(text)]]
        return differences(json.loads(before), json.loads(text))

    def resolve(self, place):
        if place is None:
            return None
        if place.get("document") is None:
            return place.get("value")
        return resolve(self.values[place["document"]], place.get("pointer", ""))

    def get(self, name):
        """A document for the library; from the engine when no control was given it yet."""
        if name in self.values:
            return self.values[name]
        value = self.worker.ask("document", name=name).get("output")
        with self.lock:
            if value is not None:
                self.values.setdefault(name, value)
        return self.values.get(name)

    def fill_cache(self, cache):
        experiment = self.get("experiment") or {}
        cache.clear()
        cache.update(activities_of(experiment))


def activities_of(experiment):
    """The activities that `ref` may name, by name."""
    hypothesis = experiment.get("steady-state-hypothesis") or {}
    lot = (experiment.get("method") or []) + (hypothesis.get("probes") or [])
    return {one["name"]: one for one in lot if one.get("name")}


class Watch:
    """Compares what a call was given with what it left. Ends with changes()."""

    def __init__(self, store, names, places):
        self.store = store
        self.names = [name for name in names if name in store.lent]
        self.alone = {}
        with store.lock:
            store.watches += 1
            for name in self.names:
                if name not in store.texts:
                    store.texts[name] = values.encode(store.values.get(name))
            for name, (place, value) in places.items():
                if isinstance(value, (dict, list)):
                    self.alone[name] = (place, value, values.encode(value))

    def changes(self):
        """The members of "changes": text of JSON."""
        found = {}
        with self.store.lock:
            self.store.watches -= 1
            for name in self.names:
                found[name] = self.store.compare(name)
            for name, (place, value, before) in self.alone.items():
                text = values.encode(value)
                document = (place or {}).get("document")
                if text == before or found.get(document):
                    continue  # the same, or part of what is told already
                if document in self.store.texts:
                    found[document] = self.store.compare(document)
                else:
                    found[name] = differences(json.loads(before), json.loads(text))
        return ['"%s":%s' % (name, json.dumps(changes, separators=(",", ":")))
                for name, changes in found.items() if changes]


def is_marked(value):
    """An object that stands for something else (values.py)."""
    return len(value) == 1 and next(iter(value)).startswith(values.MARK)


def differences(before, after, path=()):
    """What makes `before` into `after`, both as json reads them: a list of [path, value], or [path]
    for a member that is gone. A list that grew or shrank is one change."""
    if isinstance(before, dict) and isinstance(after, dict) \
            and not is_marked(before) and not is_marked(after):
        found = [[[*path, key]] for key in before if key not in after]
        for key, value in after.items():
            found += differences(before[key], value, (*path, key)) if key in before \
                else [[[*path, key], value]]
        return found
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [one for i, (old, new) in enumerate(zip(before, after))
                for one in differences(old, new, (*path, i))]
    return [] if _same(before, after) else [[[*path], after]]


def amend(value, changes):
    """`value` with the changes of differences() made; where their place is gone they are, too."""
    for path, *wanted in changes:
        if not path:
            value = wanted[0]
            continue
        *way, last = path
        try:
            parent = value
            for step in way:
                parent = parent[step]
            if wanted:
                parent[last] = wanted[0]
            else:
                del parent[last]
        except (LookupError, TypeError):
            pass
    return value


def resolve(value, pointer):
    """RFC 6901."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def patch(target, wanted):
    """`target` changed in place to equal `wanted`, or `wanted` when their kinds differ."""
    if isinstance(target, dict) and isinstance(wanted, dict):
        for key in [key for key in target if key not in wanted]:
            del target[key]
        for key, value in wanted.items():
            target[key] = patch(target[key], value) if key in target else value
        return target
    if isinstance(target, list) and isinstance(wanted, list):
        _patch_list(target, wanted)
        return target
    if type(target) is type(wanted) and target == wanted:
        return target
    return wanted


def _patch_list(target, wanted):
    """Items that are equal keep their identity, also when others came or went around them."""
    start = 0
    while start < min(len(target), len(wanted)) and _same(target[start], wanted[start]):
        start += 1
    end = 0
    while (end < min(len(target), len(wanted)) - start
           and _same(target[-1 - end], wanted[-1 - end])):
        end += 1
    old = target[start:len(target) - end]
    new = wanted[start:len(wanted) - end]
    if len(old) == len(new):
        new = [patch(one, other) for one, other in zip(old, new)]
    else:
        old = list(old)
        for i, value in enumerate(new):
            known = next((one for one in old if _same(one, value)), None)
            if known is not None:
                new[i] = known
                old = [one for one in old if one is not known]
    target[start:len(target) - end] = new


def _same(one, other):
    """Equal as JSON: unlike ==, tells 1 from True and from 1.0."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            key in other and _same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other or (one != one and other != other)
