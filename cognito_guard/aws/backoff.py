"""When a service that fails is asked again: after 1 s, then after twice that each time, by one."""

from __future__ import annotations

from math import inf
from typing import final

__all__ = ["FIRST_SECONDS", "LAST_SECONDS", "Backoff"]

FIRST_SECONDS, LAST_SECONDS = 1.0, 60.0

_LONGEST_WAIT = 300.0


@final
class Backoff:
    """Remembers whether a service fails. Times are those of a clock that never goes back; one
    thread at a time may call it.

    ``patience``: seconds within which a question is answered, or has failed.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._failures = 0
        self._counted_at = self._until = -inf

    def left(self, now: float) -> float:
        """Seconds until somebody may ask; 0 for now."""
        return max(0.0, self._until - now)

    def began(self, now: float) -> None:
        """Somebody asks. Where it has failed before, the others wait for what comes of that."""
        if self._failures:
            self._until = now + self._patience

    def gave_up(self, now: float) -> None:
        """Whoever was to ask has left, and somebody else may."""
        if self._failures:
            self._until = now

    def failed(self, asked_at: float, now: float, retry_after: float) -> None:
        """A question of that time has failed. Those that were under way together count once."""
        wait = min(retry_after, _LONGEST_WAIT)
        if asked_at < self._counted_at:
            self._until = max(self._until, now + wait)
            return
        step = min(LAST_SECONDS, FIRST_SECONDS * 2.0 ** min(self._failures, 9))
        self._failures += 1
        self._counted_at = now
        self._until = now + max(wait, step)

    def succeeded(self, asked_at: float) -> None:
        """A question of that time has been answered."""
        if asked_at >= self._counted_at:
            self._failures = 0
            self._until = -inf
