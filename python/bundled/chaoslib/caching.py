# SPDX-License-Identifier: Apache-2.0
"""Activities by name, as `ref` finds them."""
import functools

from chaos_worker.documents import activities_of
from chaoslib import _engine

__all__ = ["cache_activities", "clear_cache", "lookup_activity", "with_cache"]
_own = {}


def cache_activities(experiment):
    _own.update(activities_of(experiment))
    return list(_own.values())


def clear_cache():
    _own.clear()


def with_cache(f):
    @functools.wraps(f)
    def wrapped(experiment, *args, **kwargs):
        if experiment:
            cache_activities(experiment)
        try:
            return f(experiment, *args, **kwargs)
        finally:
            clear_cache()
    return wrapped


def lookup_activity(ref):
    """The activity of the running experiment with that name, or None."""
    return _own.get(ref) or activities_of(_engine.document("experiment") or {}).get(ref)
