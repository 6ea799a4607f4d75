"""Caches that stand between a route and a guard, and give to anybody what they have from one."""

from __future__ import annotations

from collections.abc import Iterable
from types import FunctionType
from typing import Any

from .reach import reach
from .views import is_guard

__all__ = ["caches_a_guard"]


def caches_a_guard(found: Iterable[Any], classes: Iterable[type]) -> bool:
    """Whether one of these callables, or of the methods of these classes, is wrapped by a cache
    that knows the arguments of a view and not its caller, such as ``functools.cache``."""
    methods = (
        one
        for each in classes
        for base in each.__mro__
        for value in vars(base).values()
        for one in reach(getattr(value, "__func__", value), stop=is_guard).values()
    )
    return any(_is_cache(one) and _leads_to_a_guard(one) for one in (*found, *methods))


def _is_cache(one: Any) -> bool:
    names = {*dir(type(one))}
    if type(one) is FunctionType:
        names |= vars(one).keys()
    return {"cache_clear", "cache_info"} <= names


def _leads_to_a_guard(cache: Any) -> bool:
    """By what it wraps: among what it has kept may be a guard that it has made."""
    wrapped = getattr(cache, "__dict__", {}).get("__wrapped__")
    return any(map(is_guard, reach(wrapped, stop=is_guard).values()))
