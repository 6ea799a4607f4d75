"""Whether the token endpoint gives anything. While it does not, it is asked by one at a time, after
1 s, then after twice that each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, final

from ..network.aside import QUEUE_SECONDS
from ..network.post import POST_SECONDS
from .secrecy import Secretive

__all__ = ["FIRST_SECONDS", "LAST_SECONDS", "TRY_SECONDS", "Outage"]

# The last one is short: it is one request of a process, and when the endpoint is good again, all
# those wait for it who need new tokens.
FIRST_SECONDS, LAST_SECONDS = 1.0, 8.0

TRY_SECONDS = QUEUE_SECONDS + POST_SECONDS
"""So long one attempt may take."""


class _Known(NamedTuple):
    failures: int
    noted_at: float
    retry_at: float
    is_tried: bool = False


@final
class Outage(Secretive):
    """Remembers, in this process, that the endpoint gave nothing, whichever session asked: no
    answer, or one that says that it cannot. ``clock`` never goes back.

    So an endpoint that hangs holds up one thread and not all of them. Without a lock: what is known
    is one object that takes another one's place, and an attempt more is no harm.
    """

    __slots__ = ("_clock", "_known")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._known: _Known | None = None

    def left(self) -> float:
        """Seconds after which to ask again, whoever does; 0 for now. While somebody tries, it is
        known soon."""
        known = self._known
        left = 0.0 if known is None else max(0.0, known.retry_at - self._clock())
        return min(FIRST_SECONDS, left) if known is not None and known.is_tried else left

    def begin(self) -> float | None:
        """When an attempt begins; ``None``, if it is not to be made now. During an outage, nobody
        else begins one until it has ended, or must have."""
        now, known = self._clock(), self._known
        if known is not None:
            if now < known.retry_at:
                return None
            self._known = known._replace(retry_at=now + TRY_SECONDS, is_tried=True)
        return now

    def failed(self, began_at: float) -> None:
        """An attempt brought nothing. All those that were under way at once count as one."""
        now, known = self._clock(), self._known
        if known is not None and began_at <= known.noted_at:
            return
        failures = 0 if known is None else known.failures
        seconds = min(LAST_SECONDS, FIRST_SECONDS * 2.0 ** min(failures, 9))
        self._known = _Known(failures + 1, now, now + seconds)

    def over(self) -> None:
        """The endpoint has answered."""
        self._known = None
