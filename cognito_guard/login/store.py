"""SessionStore and AsyncSessionStore: what keeps sessions, by four operations on sealed bytes."""

from __future__ import annotations

from typing import Protocol, TypeAlias

__all__ = ["AnyStore", "AsyncSessionStore", "SessionStore"]


class SessionStore(Protocol):
    """Keeps sealed records under short ASCII keys, each for a number of seconds.

    A record may be deleted after that time, and should be, because nothing else deletes it. Every
    record contains its own end, so keeping it longer does no harm. An exception of a store signs
    nobody out. If a request needs the store, it gets 503.
    """

    def read(self, key: str, /) -> bytes | None:
        """Return the value under ``key``, or ``None``."""
        ...  # pragma: no cover

    def add(self, key: str, value: bytes, seconds: float, /) -> bool:
        """Store ``value`` if there is nothing under ``key``, atomically.
        Return whether it was stored."""
        ...  # pragma: no cover

    def replace(self, key: str, old: bytes, new: bytes, seconds: float, /) -> bool:
        """Store ``new`` if the value is ``old``, atomically: a removed record must stay removed.
        Return whether it was stored."""
        ...  # pragma: no cover

    def remove(self, key: str, value: bytes | None = None, /) -> bool:
        """Remove the value under ``key``, atomically. With ``value``, remove it only if it is
        equal. Return whether something was removed."""
        ...  # pragma: no cover


class AsyncSessionStore(Protocol):
    """As :class:`SessionStore`, for asyncio or trio."""

    async def read(self, key: str, /) -> bytes | None:
        """See :meth:`SessionStore.read`."""
        ...  # pragma: no cover

    async def add(self, key: str, value: bytes, seconds: float, /) -> bool:
        """See :meth:`SessionStore.add`."""
        ...  # pragma: no cover

    async def replace(self, key: str, old: bytes, new: bytes, seconds: float, /) -> bool:
        """See :meth:`SessionStore.replace`."""
        ...  # pragma: no cover

    async def remove(self, key: str, value: bytes | None = None, /) -> bool:
        """See :meth:`SessionStore.remove`."""
        ...  # pragma: no cover


AnyStore: TypeAlias = SessionStore | AsyncSessionStore
