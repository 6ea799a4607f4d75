"""The two clocks: the calendar, which people set, and one that never goes back.

The calendar is looked up at each call, so that a test may stop it (freezegun, time-machine). The
steady clock is not for tests to stop: what waits would wait for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

__all__ = ["calendar", "steady_clock"]


def calendar() -> float:
    """Seconds since 1970, by whatever ``time.time`` is now."""
    return time.time()


def _best() -> Callable[[], float]:
    # On Linux `time.monotonic` stands still while the machine is suspended. A laptop or a virtual
    # machine that wakes up after a week-end would take three days old keys for fresh ones.
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        try:
            clock = partial(time.clock_gettime, getattr(time, name))
            clock()
        except (AttributeError, OSError):  # another system, or a sandbox that does without
            continue
        return clock
    return partial(time.monotonic)  # wrapped, so that freezegun does not put its own in its place


steady_clock: Callable[[], float] = _best()
"""Seconds since some moment in the past. It goes on while the machine sleeps (Linux), and while a
test has stopped the calendar."""
