"""Whether a ``View`` class is meant to be guarded, by what stands in it to decorate its view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask.views import View

from cognito_guard import ConfigurationError

from .views import GUARDED_CLASS, is_guarding

__all__ = ["decorates_itself", "is_meant_to_be_guarded", "refuse_read_once"]


def is_meant_to_be_guarded(view_class: type[View]) -> bool:
    """Whether this class or one above it has a guard for its view."""
    return hasattr(view_class, GUARDED_CLASS) or any(
        any(map(is_guarding, _listed(value))) for value in _decorators(view_class)
    )


def refuse_read_once(view_class: type[View]) -> None:
    """Raise ``ConfigurationError`` for decorators that only the first view of a class would have,
    or the first request: they are used up then. Whether a guard is among them, nobody can tell who
    leaves them as they are."""
    for value in _decorators(view_class):
        if any(isinstance(one, Iterator) for one in _listed(value)):
            raise ConfigurationError(
                f"the decorators of {view_class.__name__} must be a list; an iterator can be read "
                "only once"
            )


def decorates_itself(kind: type) -> bool:
    """Whether there is one in the list of this very class."""
    return any(map(is_guarding, _listed(vars(kind).get("decorators", ()))))


def _decorators(view_class: type[View]) -> Iterator[Any]:
    """What stands in attributes of the class that are to decorate its view, or are taken for it."""
    lineage = view_class.__mro__
    for name in {name for each in lineage for name in vars(each) if "decorator" in name.lower()}:
        values = [vars(each)[name] for each in lineage if name in vars(each)]
        # Where a base class of somebody else's knows another name, it is he who reads it.
        yield from values if name == "decorators" else values[-1:]


def _listed(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _listed(each)
    else:
        yield getattr(value, "__func__", value)  # a static method
