"""LocalClock: a clock that a test moves, for a local pool and the guard that trusts it."""

from __future__ import annotations

from typing import final

from .._support.clock import calendar

__all__ = ["LocalClock"]


@final
class LocalClock:
    """Returns seconds since 1970: the real time, until a test stops it.

    Pass the same one to ``LocalUserPool(clock=...)`` and ``Guard(clock=...)``. A guard without it
    uses the real time and does not notice what a test does here.
    """

    def __init__(self) -> None:
        self._stopped: float | None = None

    def __repr__(self) -> str:
        return "<LocalClock>" if self._stopped is None else f"<LocalClock at {self._stopped}>"

    def __call__(self) -> float:
        """The time, in seconds since 1970."""
        return calendar() if self._stopped is None else self._stopped

    def stop(self, at: float | None = None) -> None:
        """Stop the clock at ``at``, in seconds since 1970 (default: the current whole second)."""
        self._stopped = float(int(self()) if at is None else at)

    def advance(self, seconds: float) -> None:
        """Move the clock by this number of seconds and stop it there. A negative number moves it
        back."""
        if self._stopped is None:
            self.stop()
        self._stopped = self() + seconds

    def resume(self) -> None:
        """Use the real time again."""
        self._stopped = None
