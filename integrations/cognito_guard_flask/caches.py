"""Caches that stand between a route and a guard, and give to anybody what they have from one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .reach import attributes, reach
from .views import is_guard

__all__ = ["caches_a_guard"]

_MARKS = (
    {"cache_clear", "cache_info"},  # functools, and those that do as it does
    {"cache_key", "cache_lock"},  # cachetools
    {"cache_timeout", "make_cache_key"},  # Flask-Caching
)


def caches_a_guard(found: Iterable[Any], classes: Iterable[type]) -> bool:
    """Whether one of these callables, or of the methods of these classes, is wrapped by a cache
    that knows the arguments of a view or its URL, and not its caller, as ``functools.cache``."""
    methods = (
        one
        for each in classes
        for base in each.__mro__
        for value in vars(base).values()
        for one in reach(getattr(value, "__func__", value), stop=is_guard).values()
    )
    return any(_is_cache(one) and _leads_to_a_guard(one) for one in (*found, *methods))


def _is_cache(one: Any) -> bool:
    names = {*dir(type(one)), *attributes(one)}
    return any(marks <= names for marks in _MARKS)


def _leads_to_a_guard(cache: Any) -> bool:
    """By what it wraps: among what it has kept may be a guard that it has made."""
    wrapped = attributes(cache).get("__wrapped__")
    return any(map(is_guard, reach(wrapped, stop=is_guard).values()))
