"""Refresh tokens that have taken the place of others, and that the store has not taken yet.

A pool that rotates gives each once. While the store takes nothing, this process has the only copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from .._support.fork import forget_after_fork
from .bounded import forget_oldest
from .records import Record
from .secrecy import Secretive

__all__ = ["Rotated"]

_MAX_ENTRIES = 10_000


@final
class _Entry(Secretive):
    """``olds``: those in whose place ``new`` is. ``left``: who holds the lock that was left
    behind."""

    __slots__ = ("left", "new", "olds")

    def __init__(self, olds: Sequence[str | None], new: str) -> None:
        self.olds = olds
        self.new = new
        self.left: bytes | None = None


@final
class Rotated(Secretive):
    """Keeps them by the keys of the sessions.

    Without a lock: each step on the dictionary is atomic, and a session has one refresh at a time.
    """

    __slots__ = ("__weakref__", "_entries")

    def __init__(self) -> None:
        self._forget_parent()
        forget_after_fork(self)

    def _forget_parent(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def keep(self, key: str, old: str | None, new: str) -> None:
        """``new`` has taken the place of ``old``, which may never have been in the store."""
        before = self._entries.pop(key, None)
        self._entries[key] = _Entry([*(() if before is None else before.olds), old], new)
        forget_oldest(self._entries, _MAX_ENTRIES)

    def newest(self, key: str, record: Record) -> Record:
        """What the store has, with the refresh token that is good."""
        entry = self._entries.get(key)
        if entry is None or record.refresh not in entry.olds:
            return record
        return record.with_(refresh=entry.new)

    def has(self, key: str, record: Record) -> bool:
        """Whether a record's refresh token is one that the store may not have."""
        entry = self._entries.get(key)
        return entry is not None and record.refresh == entry.new

    def drop(self, key: str) -> None:
        """It is in the store, or the session is over."""
        self._entries.pop(key, None)

    def leave(self, key: str, owner: bytes) -> bool:
        """Whether the lock of a session is to stay, so that nobody asks with the old one."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.left = owner
        return entry is not None

    def left(self, key: str) -> bytes | None:
        """Who holds the lock that this process has left."""
        entry = self._entries.get(key)
        return None if entry is None else entry.left
