"""A connection to a host, within a time: its name looked up, its addresses tried.

Neither can be interrupted from outside. So each is done in a thread of its own, and who waits
leaves when the time is over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from .._support.clock import steady_clock
from .._support.threads import in_background

__all__ = ["STAGGER_SECONDS", "Deadline", "first_of", "look_up"]

T = TypeVar("T")

STAGGER_SECONDS = 0.25
"""Until the next address is tried as well (RFC 8305, section 5)."""


class Deadline:
    """The end of something that may take ``seconds``, and ``step`` in each of its steps."""

    def __init__(self, seconds: float, step: float) -> None:
        self.seconds, self.step = seconds, step
        self._ends_at = steady_clock() + seconds
        self.over = False
        """Whether it was the end of the whole that was met."""

    def left(self) -> float:
        """Seconds that the next step may take. Raises ``TimeoutError`` for none."""
        left = self._ends_at - steady_clock()
        self.over = left <= self.step
        if left <= 0:
            raise TimeoutError
        return min(left, self.step)


def look_up(host: str, port: int, deadline: Deadline) -> list[str]:
    """The addresses of ``host``. Raises ``TimeoutError``, or what the resolver raises."""
    import socket

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses.extend(dict.fromkeys(str(one[4][0]) for one in found))
        except Exception as error:  # noqa: BLE001  # for the one who waits
            errors.append(error)
        answered.set()

    addresses: list[str] = []
    errors: list[Exception] = []
    answered = threading.Event()
    in_background(ask, "cognito_guard.lookup")
    if not answered.wait(deadline.left()):
        raise TimeoutError
    if errors:
        raise errors[0]
    return addresses


def first_of(
    attempts: Sequence[Callable[[], T]], deadline: Deadline, discard: Callable[[T], object]
) -> T:
    """What the first of ``attempts`` brings that brings anything, each begun a little later than
    the one before, or when that one has failed.

    ``discard`` gets what comes later. Raises ``TimeoutError``, or what the last one raises.
    """
    if len(attempts) == 1:
        return attempts[0]()
    news = threading.Condition()
    won: list[T] = []
    errors: list[Exception] = []
    waiting = True

    def make(attempt: Callable[[], T]) -> None:
        try:
            one = attempt()
        except Exception as error:  # noqa: BLE001  # for the one who waits
            with news:
                errors.append(error)
                news.notify()
            return
        with news:
            late = not waiting or bool(won)
            if not late:
                won.append(one)
                news.notify()
        if late:
            discard(one)

    seconds = deadline.left()
    ends_at = steady_clock() + seconds
    with news:
        for begun, attempt in enumerate(attempts, 1):
            in_background(partial(make, attempt), "cognito_guard.connect")
            patience = ends_at - steady_clock()
            if begun < len(attempts):
                patience = min(patience, STAGGER_SECONDS)
            news.wait_for(lambda begun=begun: won or len(errors) == begun, patience)  # type: ignore[misc]
            if won or steady_clock() >= ends_at:
                break
        waiting = False
    if won:
        return won[0]
    if len(errors) == len(attempts):
        raise errors[-1]
    raise TimeoutError
