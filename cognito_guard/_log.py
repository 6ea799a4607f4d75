"""The one logger, ``cognito_guard``, and how much of the same it may say.

Records hold reason codes and addresses, nothing secret. Who can cause a record at will could fill a
disk with them, so each reason is said a few times a minute, and the rest is counted and summed up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple, final

if TYPE_CHECKING:
    from logging import Logger

__all__ = [
    "INFO",
    "KEYS_FETCHED_AGAIN",
    "KEYS_NOT_FETCHED",
    "KEY_LEFT_OUT",
    "LIMIT",
    "WARNING",
    "WINDOW_SECONDS",
    "Log",
]

LIMIT, WINDOW_SECONDS = 10, 60.0
"""So many records of one reason are written in so many seconds."""

INFO, WARNING = 20, 30
"""The levels of ``logging``, without its import."""

# The reasons of what no request is refused for. As permanent as those of `Reason`.
KEYS_NOT_FETCHED = "keys_not_fetched"
KEYS_FETCHED_AGAIN = "keys_fetched_again"
KEY_LEFT_OUT = "key_left_out"

# How often it is looked whether there is anything to sum up.
_LOOK_SECONDS = 1.0


class _Window(NamedTuple):
    """What is said for one reason in one minute. Times are monotonic seconds."""

    opened_at: float
    counter: Iterator[int]
    """Its steps are atomic, so nobody waits for anybody to be counted."""
    level: int
    message: str
    values: tuple[object, ...]
    extra: dict[str, Any]


@final
class Log:
    """A voice on the logger, with a budget for each reason.

    The sum of a window is written by whoever speaks first after its end, for whatever reason: there
    is no timer and no thread. No lock either, so that a flood does not make its callers queue here,
    and a child of ``fork`` cannot inherit a lock that nobody will release. Two threads that meet at
    the end of a window may lose a count or write a few records more; neither matters.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, int | None, str | None], _Window] = {}
        self._look_at = -inf

    def refused(self, status: int, reason: str) -> None:
        """Say that a request was refused."""
        self.say(INFO, reason, "refused with %d: %s", status, reason, status=status)

    def say(
        self,
        level: int,
        reason: str,
        message: str,
        *values: object,
        status: int | None = None,
        source: str | None = None,
    ) -> None:
        """Write a record with ``reason``, ``status``, ``source`` and ``count`` as attributes.

        The counts of a reason's records add up to how often it was said. Reasons and sources must
        be of a bounded number: there is a budget for each of them.
        """
        logger = _logger()
        if not logger.isEnabledFor(level):
            return
        now = self._clock()
        if now >= self._look_at:
            self._look_at = now + _LOOK_SECONDS
            self._sum_up(now, logger)
        key = (reason, status, source)
        window = self._windows.get(key)
        if window is None:
            extra = {"reason": str(reason), "status": status, "source": source}
            window = _Window(now, count(1), level, message, values, extra)
            window = self._windows.setdefault(key, window)
        if next(window.counter) <= LIMIT:
            logger.log(level, message, *values, extra={**window.extra, "count": 1})

    def _sum_up(self, now: float, logger: Logger) -> None:
        for key in list(self._windows):
            window = self._windows.get(key)
            if (
                window is None
                or now - window.opened_at < WINDOW_SECONDS
                or self._windows.pop(key, None) is not window  # somebody else took it out
            ):
                continue
            more = next(window.counter) - 1 - LIMIT
            if more > 0:
                logger.log(
                    window.level,
                    f"{window.message}, %d times more in %d s",
                    *window.values,
                    more,
                    now - window.opened_at,
                    extra={**window.extra, "count": more},
                )


_found: list[Logger] = []


def _logger() -> Logger:
    if not _found:
        # Imported when there is something to say: it takes as long as verifying 200 tokens. And
        # kept, because `getLogger` takes a lock.
        import logging

        _found.append(logging.getLogger("cognito_guard"))
    return _found[0]
