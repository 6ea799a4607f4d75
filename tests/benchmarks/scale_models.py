"""The plain models that :mod:`.scale` puts numbers into: one worker's cache, and its keys.

``test_scale.py`` holds each against the real one.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from math import sqrt
from random import Random
from typing import TypeVar

from cognito_guard.keys.remote import REFRESH_SECONDS, UNKNOWN_KEY_SECONDS

T = TypeVar("T", bound=Hashable)

_SPREAD = 0x9E3779B97F4A7C15
"""An odd number whose multiples are spread over 64 bits."""

REFRESH_JITTER = 0.9
"""The least part of ``REFRESH_SECONDS`` after which keys are fetched anew."""


class Remembered:
    """The cache of verified tokens: so many ``entries``, the oldest ones leave first.

    With ``places``, a token is remembered when it is verified for the second time. The first one
    leaves its mark in a table of so many places (a power of two), instead of the mark that was
    there. Without, it is remembered at once.
    """

    def __init__(self, entries: int, places: int = 0, mark: Callable[[T], int] = hash) -> None:
        self._entries = entries
        self._mark = mark
        self._mask = places - 1
        self._seen: list[int | None] | None = [None] * places if places else None
        self._held: set[Hashable] = set()
        self._order: deque[Hashable] = deque()

    def __len__(self) -> int:
        return len(self._held)

    def knows(self, token: T) -> bool:
        """Whether a token need not be verified. If it must be, it has been afterwards."""
        held = self._held
        if token in held:
            return True
        if self._seen is not None:
            mark = self._mark(token)
            place = mark & self._mask
            if self._seen[place] != mark:
                self._seen[place] = mark
                return False
        held.add(token)
        self._order.append(token)
        if len(held) > self._entries:
            held.remove(self._order.popleft())
        return False


def places(entries: int) -> int:
    """How many marks the cache has room for: two to four for each entry, and 64 to 131,072."""
    return 1 << min(max(4 * entries, 1 << 6), 1 << 17).bit_length() - 1


def spread(token: int) -> int:
    """A mark of a number, the same in every run."""
    return (token * _SPREAD >> 20) & 0xFFFFFFFFFFF


def tokens(
    random: Random, users: int, *, rate: float, seconds: float, life: float, skewed: bool
) -> array[int]:
    """The tokens that a worker is sent, one a request.

    Each user has one token at a time, for ``life`` seconds, and renews it at a time of their own.
    Users are drawn alike, or ``skewed``: the one of rank `n` in proportion to `1/n` (Zipf's law).
    """
    found = array("q")
    draw = random.random
    for number in range(round(rate * seconds)):
        # `users ** u` for an even `u` has a density in proportion to its inverse.
        user = int(users ** draw()) if skewed else 1 + int(users * draw())
        born = (number / rate + spread(user) % 1_000_003 / 1_000_003 * life) // life
        found.append(user * 1_000 + int(born))
    return found


def hit_rate(cache: Remembered, requests: Iterable[int], warm_up: int) -> float:
    """Which part of the requests needed no verification, once so many have gone by."""
    knows = cache.knows
    hits = counted = 0
    for number, token in enumerate(requests):
        known = knows(token)
        if number >= warm_up:
            counted += 1
            hits += known
    return hits / counted


def refreshes(random: Random, workers: int, hours: int) -> list[float]:
    """When the workers fetch their keys, in seconds, after a start of all within one second."""
    found = []
    for _ in range(workers):
        at = random.random()
        while at < hours * 3600:
            found.append(at)
            at += REFRESH_SECONDS * (REFRESH_JITTER + (1 - REFRESH_JITTER) * random.random())
    return sorted(found)


def rotation(random: Random, workers: int, *, rate: float, life: float) -> list[float]:
    """When each worker first meets a key that signs every new token from 0 on, in seconds.

    Tokens are renewed evenly, so a worker's share of new ones grows evenly to all after ``life``.
    """
    return sorted(sqrt(2 * life * random.expovariate(1) / rate) for _ in range(workers))


def most_in_a_second(times: Iterable[float]) -> int:
    """How many of them fall into the fullest second."""
    counts: dict[int, int] = {}
    for time in times:
        counts[int(time)] = counts.get(int(time), 0) + 1
    return max(counts.values())


def unknown_key_fetches(workers: int) -> float:
    """How many fetches a second strangers can cause with made-up key ids, at most."""
    return workers / UNKNOWN_KEY_SECONDS
