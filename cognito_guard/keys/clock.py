"""The clock by which keys age. It never goes back, and it goes on while the machine sleeps."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

__all__ = ["steady_clock"]


def _best() -> Callable[[], float]:
    # On Linux `time.monotonic` stands still while the machine is suspended. A laptop or a virtual
    # machine that wakes up after a week-end would take three days old keys for fresh ones.
    try:
        clock = partial(time.clock_gettime, time.CLOCK_BOOTTIME)
        clock()
    except (AttributeError, OSError):  # another system, or a sandbox that does without
        return time.monotonic
    return clock


steady_clock: Callable[[], float] = _best()
"""Seconds since some moment in the past."""
