"""Guards as values: permissions of ours, and policies, wherever they stand."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FunctionType
from typing import Any

from cognito_guard import Policy

__all__ = ["MARK", "guards_in", "is_marked", "is_permission"]

MARK = "_cognito_guard_asks"
"""An attribute of what asks a guard of ours before it goes on: a function, or our mixin."""


# Objects of these types are no guards and hold none. A class of permissions has another metaclass.
_PLAIN = frozenset({type(None), bool, int, str, type, FunctionType})


def guards_in(value: Any) -> Iterable[Any]:
    """The permissions of ours and the policies that a value is, or has in it."""
    # At a glance: most attributes of a view are one of these, and all are asked at each request.
    return () if type(value) in _PLAIN else _guards_in(value)


def _guards_in(value: Any) -> Iterator[Any]:
    if isinstance(value, Policy) or is_permission(value):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from guards_in(one)
    elif isinstance(value, dict):
        yield from guards_in(list(value.values()))


def is_marked(one: object) -> bool:
    """Whether this is a function that asks a guard of ours."""
    return isinstance(one, FunctionType) and MARK in vars(one)


def is_permission(value: Any) -> bool:
    """Whether this is a permission of ours, a class of them, or a combination."""
    # Not imported for this: nobody has a permission of ours where this is missing.
    operators: Any = sys.modules.get("cognito_guard_django.rest_framework.operators")
    return operators is not None and bool(operators.is_ours(value))
