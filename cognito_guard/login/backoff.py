"""How often a refresh is tried while it fails: after 1 s, then after twice that each time."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import final

from .bounded import forget_oldest
from .secrecy import Secretive

__all__ = ["FIRST_SECONDS", "LAST_SECONDS", "Backoff"]

FIRST_SECONDS, LAST_SECONDS = 1.0, 60.0

_MAX_ENTRIES = 10_000


@final
class Backoff(Secretive):
    """Remembers, in this process, which sessions' refreshes fail. ``clock`` never goes back.

    Without a lock: each step on the dictionary is atomic, and an attempt more or less is no harm.
    """

    __slots__ = ("_clock", "_failing")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failing: dict[str, tuple[int, float]] = {}

    def left(self, key: str) -> float:
        """Seconds until the next attempt; 0 for now."""
        _, retry_at = self._failing.get(key, (0, -inf))
        return max(0.0, retry_at - self._clock())

    def failed(self, key: str) -> float:
        """Note an attempt that failed. Seconds until the next."""
        # Taken out first, so that the end of the dictionary is the newest.
        failures, _ = self._failing.pop(key, (0, -inf))
        seconds = min(LAST_SECONDS, FIRST_SECONDS * 2.0 ** min(failures, 9))
        self._failing[key] = failures + 1, self._clock() + seconds
        forget_oldest(self._failing, _MAX_ENTRIES)
        return seconds

    def succeeded(self, key: str) -> None:
        """Note an attempt that did not fail."""
        self._failing.pop(key, None)
