"""Stores that the tests of ``cognito-guard revoke`` name on the command line."""

from __future__ import annotations

from typing import NoReturn

from ..revocation.shared import AsyncStore, SharedStore

STORE = SharedStore()
ASYNC = AsyncStore()
NONE = "no store"


def make() -> SharedStore:
    """Gives the store."""
    return STORE


class Down:
    """One that fails."""

    def add(self, revocations: object, /) -> NoReturn:
        """Fails."""
        raise ConnectionError("redis://:secret@example")

    def read(self, position: object, /) -> NoReturn:
        """Fails."""
        raise ConnectionError("redis://:secret@example")
