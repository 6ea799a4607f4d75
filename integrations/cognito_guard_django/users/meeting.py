"""Work that a database has ended because two transactions have met, begun again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connections

from .refusals import has_met

__all__ = ["again"]

T = TypeVar("T")

_MORE_TIMES = 3
"""How often to begin again where a database has ended one of two transactions that met."""


def again(using: Callable[[], str], work: Callable[[], T]) -> T:
    """What ``work`` gives, which writes to the database ``using`` in transactions of its own."""
    for _ in range(_MORE_TIMES):
        try:
            return work()
        except OperationalError as error:
            # A transaction of somebody else's around is his to begin again.
            here = connections[using()]
            if here.in_atomic_block or not here.get_autocommit() or not has_met(error):
                raise
    return work()
