"""What is kept in memory for a while, under random names: who is signed in, and codes."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Sessions"]

_T = TypeVar("_T")
# More than anybody has browsers.
_MAX_SESSIONS = 1000


class Sessions(Generic[_T]):
    """Sessions of ``seconds`` each; only the latest are kept. For any number of threads."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, tuple[float, _T]] = OrderedDict()

    def begin(self, what: _T) -> str:
        """Keep ``what``, and give the name to ask for it by."""
        name = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[name] = (self._clock() + self._seconds, what)
            if len(self._sessions) > _MAX_SESSIONS:
                self._sessions.popitem(last=False)
        return name

    def get(self, name: str) -> _T | None:
        """What was kept under ``name``, or None if that is over or never was."""
        with self._lock:
            ends, what = self._sessions.get(name, (0.0, None))
        return what if self._clock() < ends else None

    def take(self, name: str) -> _T | None:
        """What was kept under ``name``, for the first who asks, and nobody after."""
        with self._lock:
            ends, what = self._sessions.pop(name, (0.0, None))
        return what if self._clock() < ends else None

    def end(self, name: str) -> None:
        """Forget a session, if there is such a one."""
        with self._lock:
            self._sessions.pop(name, None)
