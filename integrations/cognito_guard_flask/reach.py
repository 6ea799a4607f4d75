"""What a view leads to, as far as Flask goes: the functions that it wraps."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import CodeType, FunctionType, MethodType
from typing import Any, TypeAlias

from flask import Blueprint, Flask
from flask.views import View
from werkzeug.local import LocalProxy

from cognito_guard import reachable, wrapped

__all__ = ["Found", "Marks", "attributes", "has_code", "reach", "wrapped_by"]

Found: TypeAlias = "dict[object, Any]"
"""Callables by what they are told apart by."""

# They hold views that they do not wrap.
_OPAQUE = (Flask, Blueprint, LocalProxy)


def reach(
    start: object, *, stop: Callable[[object], bool] = lambda one: False, of_methods: bool = True
) -> Found:
    """:func:`cognito_guard.reachable`; finds ``View`` classes as well."""
    return reachable(start, stop=stop, of_methods=of_methods, opaque=_OPAQUE, classes=(View,))


def wrapped_by(view: Any) -> Iterator[tuple[object, Any, bool]]:
    """:func:`cognito_guard.wrapped`; as :func:`reach`."""
    return wrapped(view, opaque=_OPAQUE, classes=(View,))


def attributes(one: object) -> Mapping[str, Any]:
    """What an object has in its ``__dict__``, found without running anything."""
    if issubclass(type(one), _OPAQUE):
        return {}
    try:
        kept: Mapping[str, Any] = object.__getattribute__(one, "__dict__")
    except AttributeError:
        return {}
    return kept


def has_code(one: object, codes: Iterable[CodeType]) -> bool:
    """Whether this is a function with one of these bodies. Unlike an attribute, a body is not
    copied from one function to another."""
    return type(one) is FunctionType and any(one.__code__ is code for code in codes)


_MOST = 100
"""So much is said of one callable, where somebody decorates it anew for each request."""


class Marks:
    """Marks on callables that are told apart by identity and kept alive by others."""

    def __init__(self) -> None:
        self._kept: dict[object, tuple[object, ...]] = {}
        self._said: dict[object, list[Any]] = {}
        self.version = 0
        """Changes when a callable is marked."""

    def add(self, one: object, said: Any) -> None:
        """Remember it, and what is said of it, for as long as it lives."""
        key = _key(one)
        known = self._said.setdefault(key, [])
        if said in known or len(known) == _MOST:
            return
        self.version += 1
        known.append(said)
        if len(known) > 1:
            return
        # Not a WeakMethod: it fails where both parts of a method are collected together.
        parts = (one.__func__, one.__self__) if type(one) is MethodType else (one,)
        try:
            self._kept[key] = tuple(
                weakref.ref(part, lambda _: self._forget(key)) for part in parts
            )
        except TypeError:  # there are no weak references to it
            self._kept[key] = (one,)

    def of(self, one: object) -> list[Any]:
        """All that was said of it."""
        return self._said.get(_key(one), [])

    def _forget(self, key: object) -> None:
        self._kept.pop(key, None)
        self._said.pop(key, None)

    def __contains__(self, one: object) -> bool:
        return _key(one) in self._kept


def _key(one: object) -> object:
    return next(iter(reachable(one, stop=lambda _: True)))
