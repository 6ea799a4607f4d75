"""What no two users may have the same of, by the fields of their model and by its constraints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db.models import AutoField, DateTimeField, Field, UniqueConstraint

__all__ = ["clashing", "is_unique"]


class _Together(NamedTuple):
    """Fields that no two users may have all the same. ``always``: without a condition;
    ``with_nulls``: a NULL is the same as another one."""

    names: frozenset[str]
    always: bool = True
    with_nulls: bool = False


def is_unique(model: Any, field: Field[Any, Any]) -> bool:
    """Whether no two users have the same, by the field itself or by a constraint."""
    return field.unique or {field.name} in [one.names for one in _together(model)]


def clashing(model: Any, *, apart: Iterable[str], said: Iterable[str]) -> list[list[str]]:
    """The fields of each constraint that two new users may both fall under, so that the second
    cannot be stored.

    ``apart``: fields that are seen to, or reported, by themselves; ``said``: those that tokens
    fill, and may fill with the same.
    """
    fields = {field.name: field for field in model._meta.concrete_fields}
    apart, said = set(apart), set(said)
    return [
        sorted(one.names)
        for one in _together(model)
        if one.names <= fields.keys()
        and not one.names & apart
        and (one.always or one.names & said)
        and not any(_is_apart(fields[name], one) for name in one.names - said)
    ]


def _together(model: Any) -> Iterator[_Together]:
    """Of the model, and of those that it is a kind of: each has its own."""
    for options in (kind._meta for kind in model.__mro__ if hasattr(kind, "_meta")):
        if options.abstract:
            continue  # what is said there is said by the model as well, unless it says otherwise
        for names in options.unique_together:
            yield _Together(frozenset(names))
        for one in options.constraints:
            if isinstance(one, UniqueConstraint):
                names = frozenset(_constrained(one))
                yield _Together(names, one.condition is None, one.nulls_distinct is False)


def _constrained(constraint: UniqueConstraint) -> set[str]:
    named: set[str] = set(constraint.fields)
    expressions: Any = constraint.expressions
    for one in expressions:
        # A field by itself, in an `F`, is no tree of expressions.
        parts = one.flatten() if hasattr(one, "flatten") else [one]
        named |= {part.name for part in parts if hasattr(part, "name")}
    return named


def _is_apart(field: Any, together: _Together) -> bool:
    """Whether new users differ in a field that nobody sets."""
    if field.unique or isinstance(field, AutoField) or field.generated or field.has_db_default():
        return True
    if isinstance(field, DateTimeField) and (field.auto_now or field.auto_now_add):
        return True
    if field.has_default():
        return callable(field.default)
    return bool(field.null) and not together.with_nulls
