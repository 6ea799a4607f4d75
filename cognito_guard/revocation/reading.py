"""Reading: one attempt to bring a copy up to date, page by page. Opens no socket by itself."""

from __future__ import annotations

from typing import final

from .known import Known
from .store import Changes

__all__ = ["Reading", "Unreadable"]


class Unreadable(Exception):
    """A store has entries that nobody can understand. The message is for the log."""


@final
class Reading:
    """Takes pages until there are no more, and has the entries known at once: what is known is
    true, whatever becomes of the rest."""

    __slots__ = ("_before", "_known", "_listed", "_unreadable", "_whole", "more", "position")

    def __init__(self, known: Known, position: str | None) -> None:
        self._known = known
        self._before: int | None = None
        self._listed = 0
        self._unreadable = 0
        self._whole = False
        self.position = position
        self.more = True

    def take(self, changes: object) -> None:
        """Take a page. Raises :class:`Unreadable` after the last, if there was something that
        cannot be understood; ``TypeError`` for what is no page."""
        if not isinstance(changes, Changes):
            raise TypeError
        if changes.whole and not self._whole:
            # Counted before the first page, which brings others' entries.
            self._whole, self._before = True, self._known.live()
        self._known.add(changes.entries)
        if self._whole:
            self._listed += len(changes.entries)
        self._unreadable += changes.unreadable
        self.position, self.more = changes.position, changes.more
        if not self.more and self._unreadable:
            raise Unreadable(f"{self._unreadable} entries cannot be understood")

    @property
    def lost(self) -> int:
        """How many entries at least were known and are not in the list any more."""
        return 0 if self._before is None else max(0, self._before - self._listed)
