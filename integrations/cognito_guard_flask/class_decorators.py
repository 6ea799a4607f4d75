"""Whether a view is meant to be guarded, by what stands in its class, or in the object that
registers it, to decorate it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from types import FunctionType
from typing import Any, final

from cognito_guard import ConfigurationError

from .reach import attributes
from .views import GUARDED_CLASS, is_guarding

__all__ = [
    "Api",
    "apis_around",
    "decorates_itself",
    "is_meant_to_be_guarded",
    "read_by_others",
    "refuse_read_once",
]


@final
class Api:
    """An object with decorators for all views that it registers, as an ``Api`` of Flask-RESTful or
    Flask-RESTX."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        self._kept = kept

    @property
    def guards(self) -> bool:
        """Whether there is a guard among them."""
        return any(map(is_guarding, _listed(self._kept["decorators"])))

    def refuse_read_once(self) -> None:
        """As :func:`refuse_read_once`, also for its namespaces, each of which has such a list."""
        parts = [self._kept, *map(attributes, _listed(self._kept.get("namespaces", ())))]
        for part in parts:
            _refuse_read_once(part.get("decorators"), "an Api or a Namespace")


def apis_around(found: Iterable[Any]) -> Iterator[Api]:
    """What has registered a view, as far as one of the functions around it holds that."""
    for one in found:
        for cell in (type(one) is FunctionType and one.__closure__) or ():
            with suppress(ValueError):  # nothing in it yet
                kept = attributes(cell.cell_contents)
                # With `decorators` alone, something else may use them for some of its views.
                is_api = {"decorators", "resources", "endpoints"} <= kept.keys()
                if is_api and not isinstance(cell.cell_contents, type):
                    yield Api(kept)


def is_meant_to_be_guarded(view_class: type) -> bool:
    """Whether this class or one above it has a guard for its view."""
    return hasattr(view_class, GUARDED_CLASS) or any(
        any(map(is_guarding, _listed(value))) for value in _decorators(view_class)
    )


def refuse_read_once(view_class: type) -> None:
    """Raise ``ConfigurationError`` for decorators that only the first view of a class would have,
    or the first request: they are used up then. Whether a guard is among them, nobody can tell who
    leaves them as they are."""
    for value in _decorators(view_class):
        _refuse_read_once(value, view_class.__name__)


def _refuse_read_once(value: Any, whose: str) -> None:
    # What has no length may hand out an iterator.
    if any(isinstance(e, Iterable) and not isinstance(e, Collection) for e in _listed(value)):
        raise ConfigurationError(
            f"the decorators of {whose} must be a list; an iterator can be read only once"
        )


def read_by_others(view_class: type) -> Iterator[tuple[str, type]]:
    """The attributes by which a class of somebody else's decorates methods, as `method_decorators`
    of Flask-RESTful and Flask-RESTX, with the nearest class that has a guard there."""
    lineage = view_class.__mro__
    for name in sorted(_names(lineage) - {"decorators"}):
        # The last one is his who reads it.
        for kind in [each for each in lineage if name in vars(each)][:-1]:
            if any(map(is_guarding, _listed(vars(kind)[name]))):
                yield name, kind
                break


def decorates_itself(kind: type) -> bool:
    """Whether there is one in the list of this very class."""
    return any(map(is_guarding, _listed(vars(kind).get("decorators", ()))))


def _decorators(view_class: type) -> Iterator[Any]:
    """What stands in attributes of the class that are to decorate its view, or are taken for it."""
    lineage = view_class.__mro__
    for name in _names(lineage):
        values = [vars(each)[name] for each in lineage if name in vars(each)]
        # Where a base class of somebody else's knows another name, it is he who reads it.
        yield from values if name == "decorators" else values[-1:]


def _names(lineage: Iterable[type]) -> set[str]:
    return {name for each in lineage for name in vars(each) if "decorator" in name.lower()}


def _listed(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _listed(each)
    else:
        yield getattr(value, "__func__", value)  # a static method
