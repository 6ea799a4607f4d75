"""Views that are in no transaction of the request's, on whichever database."""

from __future__ import annotations

from typing import Any, TypeVar

__all__ = ["outside_transactions"]

V = TypeVar("V")


class _All(set[Any]):
    """All databases, in the place of those that ``transaction.non_atomic_requests`` has named:
    without a name, that speaks of the default alone."""

    def __contains__(self, alias: object) -> bool:
        return True


def outside_transactions(view: V) -> V:
    """Let ``ATOMIC_REQUESTS`` of no database put the view into a transaction."""
    view._non_atomic_requests = _All()  # type: ignore[attr-defined]
    return view
