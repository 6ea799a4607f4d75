"""RevocationStore and AsyncRevocationStore: what keeps a list that processes share."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias, final

from ..errors import ConfigurationError
from .entries import Revocation

__all__ = ["AnyStore", "AsyncRevocationStore", "Changes", "RevocationStore", "is_async"]

_OPERATIONS = ("add", "read")


@final
class Changes(NamedTuple):
    """What a store returns to a reader that has read up to a position."""

    entries: Sequence[Revocation]
    """The entries that were added since then. An entry may occur several times."""

    position: str
    """Where to continue reading. Only the store understands this text."""

    whole: bool = False
    """Whether the entries are the whole list and not only the new ones: because no position was
    given, or because the store no longer knows what came after it."""

    more: bool = False
    """Whether there is more to read at once, from the new position."""

    unreadable: int = 0
    """The number of entries that cannot be read. The others count, but the read has failed."""


class RevocationStore(Protocol):
    """Keeps entries until they end, and returns the new ones. Any exception counts as a failure.

    **A store must keep this promise:** a reader that continues from a position eventually gets
    every entry that has not ended and whose ``add`` returned before the read began. If the store
    cannot guarantee this with the entries after the position, it returns the whole list.
    """

    def add(self, revocations: Sequence[Revocation], /) -> None:
        """Keep these entries. If an entry exists already, the later end counts."""
        ...  # pragma: no cover

    def read(self, position: str | None, /) -> Changes:
        """Return what came after a position from an earlier read; for ``None``, the whole list."""
        ...  # pragma: no cover


class AsyncRevocationStore(Protocol):
    """As :class:`RevocationStore`, for asyncio or trio."""

    async def add(self, revocations: Sequence[Revocation], /) -> None:
        """See :meth:`RevocationStore.add`."""
        ...  # pragma: no cover

    async def read(self, position: str | None, /) -> Changes:
        """See :meth:`RevocationStore.read`."""
        ...  # pragma: no cover


AnyStore: TypeAlias = RevocationStore | AsyncRevocationStore


def is_async(store: object) -> bool:
    """Whether a store is an :class:`AsyncRevocationStore`.

    Raises :class:`ConfigurationError` for what is neither one nor the other.
    """
    operations = [getattr(store, name, None) for name in _OPERATIONS]
    if isinstance(store, type) or not all(map(callable, operations)):
        raise ConfigurationError("store must be a RevocationStore: an object with add and read")
    waits = [inspect.iscoroutinefunction(one) for one in operations]
    if any(waits) and not all(waits):
        raise ConfigurationError("store must have all its operations async, or none")
    return all(waits)
