"""Opened: records that were opened a moment ago, so that a session's next request opens none."""

from __future__ import annotations

from typing import final

from .bounded import forget_oldest
from .records import Record
from .secrecy import Secretive

__all__ = ["Opened"]

_MAX_ENTRIES = 1_000
_MAX_BYTES = 16 * 1024


@final
class Opened(Secretive):
    """Remembers, in this process, what sealed bytes say. It never says that a session lives: who
    asks has read those bytes from the store just now, and for other bytes there is no answer.

    Without a lock: each step on the dictionary is atomic, and an entry more or less is no harm.
    """

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        # By the store's key, which only the session's id leads to, as only that opens the bytes.
        self._entries: dict[str, tuple[bytes, Record]] = {}

    def find(self, key: str, sealed: bytes) -> Record | None:
        """The record that these very bytes are, if it was opened before."""
        entry = self._entries.get(key)
        return entry[1] if entry is not None and entry[0] == sealed else None

    def add(self, key: str, sealed: bytes, record: Record) -> None:
        """Remember that a session's ``sealed`` bytes are this record. The oldest are forgotten."""
        if len(sealed) > _MAX_BYTES:
            return
        self._entries[key] = sealed, record
        forget_oldest(self._entries, _MAX_ENTRIES)

    def forget(self, key: str) -> None:
        """Remember nothing of a session."""
        self._entries.pop(key, None)
