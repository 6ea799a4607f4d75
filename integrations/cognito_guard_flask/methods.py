"""Methods of classes of views that a class below has replaced by others without a guard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import MethodType
from typing import Any

from flask.views import http_method_funcs

from .class_decorators import decorates_itself, read_by_others
from .reach import reach, wrapped_by
from .views import is_guard

__all__ = ["lost_method", "owners"]

_DISPATCH = "dispatch_request"


def owners(view: Any) -> Iterator[type]:
    """The classes whose bound methods a view is, or wraps, without a guard before them: those of
    Flask-Admin and Flask-Classful, and any other that is no ``View``."""
    for _, one, _ in wrapped_by(view):
        if is_guard(one):
            return
        if type(one) is MethodType:
            owner: Any = one.__self__
            yield owner if isinstance(owner, type) else type(owner)


def lost_method(view_class: type) -> str | None:
    """The name of a method, or of a list of decorators for methods, without a guard that counts
    instead of one with a guard.

    That is one of the same name, or a ``dispatch_request`` from further below. Whether it calls the
    guarded one in the end cannot be known. It is no loss where its class, or one further below, is
    guarded as a whole.
    """
    lineage = view_class.__mro__
    for name in sorted({name for each in lineage for name in vars(each)}):
        guarded = next((each for each in lineage if _is_guarded(vars(each).get(name))), None)
        if guarded is None:
            continue
        for other in (name, _DISPATCH) if name in http_method_funcs else (name,):
            below = lineage[: lineage.index(guarded)]
            if _is_lost(other, below):
                return other
    for name, guarded in read_by_others(view_class):
        for other in (name, _DISPATCH):
            if _is_lost(other, lineage[: lineage.index(guarded)]):
                return other
    return None


def _is_lost(name: str, below: Sequence[type]) -> bool:
    """Whether one of these classes has an attribute of this name, and the first that has it no
    guard there.

    ``below`` are the classes below the one with the guarded method, the lowest first.
    """
    for position, each in enumerate(below):
        if vars(each).get(name) is not None:
            return not _is_guarded(vars(each)[name]) and not any(
                map(decorates_itself, below[: position + 1])
            )
    return False


def _is_guarded(value: Any) -> bool:
    value = getattr(value, "__func__", value)  # a static method
    return callable(value) and any(
        is_guard(one)
        for one in reach(value, stop=lambda one: is_guard(one) or isinstance(one, type)).values()
    )
