"""The key for a token, however many fetches that takes: for threads, and for tasks."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from .._support.clock import steady_clock
from ..errors import ConfigurationError, KeysUnavailable
from ..network import FETCH_SECONDS
from ..network.waiting import Pending
from .key_set import KeySet
from .signature import VerificationKey

__all__ = ["aawait_keys", "afind_key", "await_keys", "end_of", "find_key"]

# How long a request waits for its key. A little longer than one fetch may take, so that its own
# outcome arrives first.
_WAIT_SECONDS = FETCH_SECONDS + 0.5

# How many waits of a request may be over before they began. One is, where a fetch was quick or took
# place at once for want of threads; two, where the sibling's address is asked as well. A key set
# that goes on like that has its callers go round in circles.
_OVER_AT_ONCE = 8

_LONGEST_WAIT = 24 * 3600.0  # seconds, for all keys at start-up


def find_key(keys: KeySet, kid: str) -> VerificationKey:
    """The key with this id. Blocks only while it is fetched.

    Raises as :meth:`KeySet.key <cognito_guard.KeySet.key>`, and :class:`KeysUnavailable` for a
    fetch that does not end.
    """
    deadline, over = 0.0, 0
    while isinstance(key := keys.key(kid), Pending):
        deadline = deadline or steady_clock() + _WAIT_SECONDS
        over += key.over
        seconds = deadline - steady_clock()
        if over > _OVER_AT_ONCE or seconds <= 0 or not key.wait(seconds):
            raise KeysUnavailable(_retry_after(keys, kid))
    return key


async def afind_key(keys: KeySet, kid: str) -> VerificationKey:
    """As :func:`find_key`, but suspends the task (asyncio or trio) where that one blocks."""
    deadline, over = 0.0, 0
    while isinstance(key := keys.key(kid), Pending):
        deadline = deadline or steady_clock() + _WAIT_SECONDS
        over += key.over
        seconds = deadline - steady_clock()
        if over > _OVER_AT_ONCE or seconds <= 0 or not await key.wait_async(seconds):
            raise KeysUnavailable(_retry_after(keys, kid))
    return key


def _retry_after(keys: KeySet, kid: str) -> int:
    """Seconds until asking again makes sense: what ``keys`` says, if it has a ``retry_after``."""
    retry_after: Callable[[str], int] | None = getattr(keys, "retry_after", None)
    return retry_after(kid) if callable(retry_after) else 1


def end_of(wait: float) -> float:
    """When a wait of so many seconds is over. Raises :class:`ConfigurationError`."""
    number = isinstance(wait, int | float) and not isinstance(wait, bool)
    if not number or not 0 <= wait <= _LONGEST_WAIT:
        raise ConfigurationError("wait must be a number of seconds, 0 to 86400")
    return steady_clock() + wait


def await_keys(ready: Callable[[], Pending | None], ends_at: float) -> bool:
    """Block until ``ready`` says that keys are held, by ``None``; not beyond ``ends_at``.

    Whether they are. Attempts that fail are made again, as soon as one is allowed.
    """
    while (wait := _next_wait(ready, ends_at)) is not None:
        pending, seconds = wait
        if seconds <= 0:
            return False
        pending.wait(seconds)
    return True


async def aawait_keys(ready: Callable[[], Pending | None], ends_at: float) -> bool:
    """As :func:`await_keys`, but suspends the task (asyncio or trio) where that one blocks."""
    while (wait := _next_wait(ready, ends_at)) is not None:
        pending, seconds = wait
        if seconds <= 0:
            return False
        await pending.wait_async(seconds)
    return True


def _next_wait(ready: Callable[[], Pending | None], ends_at: float) -> tuple[Pending, float] | None:
    patience = inf
    try:
        pending = ready()
    except KeysUnavailable as error:
        pending, patience = Pending(), float(error.retry_after)
    return None if pending is None else (pending, min(patience, ends_at - steady_clock()))
