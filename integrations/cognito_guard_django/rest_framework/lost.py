"""Permissions of a view that are lost: methods that leave out what asks them, and a list that is
used up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import takewhile
from types import FunctionType
from typing import Any

from cognito_guard import ConfigurationError

from ..views.reading import goes_on
from .operators import holds, is_ours

__all__ = ["read_once", "refuse_lost"]

# What an override calls, or reads, that still asks them. `perform_authentication` is not among
# them: a permission of ours finds out who is calling by itself.
_GO_ON = {
    "dispatch": ("dispatch", "initial", "check_permissions", "enforce"),
    "initial": ("initial", "check_permissions", "get_permissions", "enforce"),
    "check_permissions": ("check_permissions", "get_permissions", "permission_classes", "enforce"),
}


def refuse_lost(cls: Any, given: dict[str, Any]) -> None:
    """Raise ``ConfigurationError`` for a class of views with permissions of ours and a method that
    never goes on to what asks them, or with permissions or authentication that only the first
    request would meet. ``given``: what an instance has of its own."""
    name = read_once(cls, given)
    if name is not None:
        # Whether ours are in it, nobody can tell who leaves it as it is.
        raise ConfigurationError(
            f"{name} of {cls.__name__} must be a list; an iterator can be read only once"
        )
    # Asked at each request, so what most classes have none of comes first.
    for name, words in _GO_ON.items():
        for holder, method in _overrides(cls, name, given):
            if not any(goes_on(method, word) for word in words) and _is_guarded(cls, given):
                raise ConfigurationError(
                    f"{holder}.{name} leaves out the permissions of {cls.__name__}; call "
                    f"super().{name}, or set permission_classes to [] where it decides alone"
                )


def read_once(cls: Any, given: dict[str, Any]) -> str | None:
    """The attribute that is an iterator, if one is: of permissions, or of authentication. What has
    no length may hand one out."""
    for name in ("permission_classes", "authentication_classes"):
        value = given.get(name, getattr(cls, name, None))
        if isinstance(value, Iterable) and not isinstance(value, Collection):
            return name
    return None


def _is_guarded(cls: Any, given: dict[str, Any]) -> bool:
    found = given.get("permission_classes", cls.permission_classes)
    made = (getattr(found, "fget", None), cls.get_permissions)
    return holds(found) or any(map(_speaks_of_ours, made))


def _speaks_of_ours(function: Any) -> bool:
    if not isinstance(function, FunctionType):
        return False
    names = function.__code__.co_names
    return holds(function) or any(is_ours(function.__globals__.get(name)) for name in names)


def _overrides(cls: type, name: str, given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if name in given:
        yield cls.__name__, given[name]
    for holder in takewhile(lambda one: one.__module__ != "rest_framework.views", cls.__mro__):
        if name in vars(holder):
            yield holder.__name__, vars(holder)[name]
