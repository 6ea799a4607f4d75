"""A list for the processes of one machine, kept by one of them. A real site takes Redis."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.managers import BaseManager
from typing import Any

from cognito_guard.revocation import Changes, Revocation

__all__ = ["Address", "connect", "share"]

Address = tuple[str, int, str]
"""Host, port, and the key that processes need to be let in."""


class _Kept:
    """A :class:`~cognito_guard.revocation.RevocationStore`: all there ever was, in its order."""

    def __init__(self) -> None:
        self._entries: list[Revocation] = []

    def add(self, revocations: Sequence[Revocation], /) -> None:
        self._entries += revocations

    def read(self, position: str | None, /) -> Changes:
        end = len(self._entries)
        return Changes(self._entries[int(position or 0) : end], str(end), position is None)


_kept = _Kept()  # in the process of the manager


def _store() -> _Kept:
    return _kept


class _Manager(BaseManager):
    pass


_Manager.register("store", callable=_store, exposed=("add", "read"))


@contextmanager
def share() -> Iterator[Address]:
    """Keep a list in a process of its own, for as long as the context lasts."""
    key = secrets.token_hex(16)
    here = ("127.0.0.1", 0)
    with _Manager(here, key.encode("ascii"), ctx=get_context("spawn")) as manager:
        address: Any = manager.address  # of the kind that was asked for
        yield (*address, key)


def connect(address: Address) -> Any:
    """The list of another process, as a store."""
    host, port, key = address
    manager = _Manager((host, port), key.encode("ascii"))
    manager.connect()
    return manager.store()  # type: ignore[attr-defined]  # registered above
