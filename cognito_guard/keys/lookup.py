"""The key for a token, however many fetches that takes: for threads, and for tasks."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import KeysUnavailable
from ..fetch import FETCH_SECONDS
from ..signature import VerificationKey
from ..waiting import Pending
from .key_set import KeySet

__all__ = ["afind_key", "find_key"]

# How long a request waits for its key. A little longer than one fetch may take, so that its own
# outcome arrives first.
_WAIT_SECONDS = FETCH_SECONDS + 0.5


def find_key(keys: KeySet, kid: str) -> VerificationKey:
    """The key with this id. Blocks only while it is fetched.

    Raises as :meth:`KeySet.key <cognito_guard.KeySet.key>`, and :class:`KeysUnavailable` for a
    fetch that does not end.
    """
    deadline = 0.0
    while isinstance(key := keys.key(kid), Pending):
        deadline = deadline or time.monotonic() + _WAIT_SECONDS
        if (seconds := deadline - time.monotonic()) <= 0 or not key.wait(seconds):
            raise KeysUnavailable(_retry_after(keys, kid))
    return key


async def afind_key(keys: KeySet, kid: str) -> VerificationKey:
    """As :func:`find_key`, but suspends the task (asyncio or trio) where that one blocks."""
    deadline = 0.0
    while isinstance(key := keys.key(kid), Pending):
        deadline = deadline or time.monotonic() + _WAIT_SECONDS
        if (seconds := deadline - time.monotonic()) <= 0 or not await key.wait_async(seconds):
            raise KeysUnavailable(_retry_after(keys, kid))
    return key


def _retry_after(keys: KeySet, kid: str) -> int:
    """Seconds until asking again makes sense: what ``keys`` says, if it has a ``retry_after``."""
    retry_after: Callable[[str], int] | None = getattr(keys, "retry_after", None)
    return retry_after(kid) if callable(retry_after) else 1
