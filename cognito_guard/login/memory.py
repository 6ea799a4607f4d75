"""MemorySessionStore: sessions in the memory of one process, for development and small sites."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from hmac import compare_digest
from math import inf
from typing import ClassVar, NamedTuple, NoReturn, final

from .._support.clock import steady_clock
from .._support.log import WARNING, Log
from ..errors import ConfigurationError
from .errors import SessionsUnavailable
from .keys import LOCK, MARK
from .notes import SESSION_UNKNOWN
from .reasons import LoginReason

__all__ = ["DEFAULT_MAX_ENTRIES", "MemorySessionStore"]

DEFAULT_MAX_ENTRIES = 100_000
"""About 700 MB, if all of them are sessions with three tokens each."""

_MAX_ENDED = 1000

# How often it is looked for what is over: always a minute after the last time, and where the store
# is full, a second after.
_SWEEP_SECONDS, _FULL_SWEEP_SECONDS = 60.0, 1.0


class _Entry(NamedTuple):
    value: bytes
    ends_at: float


@final
class _Entries(dict[str, _Entry]):
    """What is kept of one kind."""

    def __init__(self) -> None:
        super().__init__()
        self._swept_at = -inf

    def __repr__(self) -> str:
        return "<entries>"

    def sweep(self, now: float, *, full: bool) -> None:
        """Forget what is over, now and then."""
        if now - self._swept_at >= (_FULL_SWEEP_SECONDS if full else _SWEEP_SECONDS):
            self._swept_at = now
            for key in [key for key, entry in self.items() if now >= entry.ends_at]:
                del self[key]


@final
class MemorySessionStore:
    """A :class:`SessionStore` in the memory of one process. A restart signs everybody out.

    Run one worker only: several workers would each know a part of the sessions. It raises
    :class:`~cognito_guard.ConfigurationError` if ``WEB_CONCURRENCY`` announces more than one, and
    :class:`SessionsUnavailable` in a process that was forked from the one that created it. Nothing
    can detect other set-ups. The first time that it is asked for an unknown session, it logs
    ``session_unknown``.

    ``max_entries``: the maximum number of sessions, and also of records of used sign-ins, which
    anonymous requests can cause. Expired entries make room for new ones. If there is no room,
    nobody can sign in, but nobody is signed out. ``clock`` returns seconds and never goes back.
    """

    blocking: ClassVar[bool] = False
    """Its operations are fast enough to run in an event loop."""

    def __init__(
        self,
        *,
        max_entries: int = DEFAULT_MAX_ENTRIES,
        clock: Callable[[], float] = steady_clock,
    ) -> None:
        if type(max_entries) is not int or max_entries < 1:
            raise ConfigurationError("max_entries must be a whole number, at least 1")
        workers = os.environ.get("WEB_CONCURRENCY", "").strip()
        if workers.isdecimal() and int(workers) > 1:
            raise ConfigurationError(
                "a MemorySessionStore works in one process only, and WEB_CONCURRENCY starts "
                "several; use a store that they share, such as Redis"
            )
        self._max_entries = max_entries
        self._clock = clock
        self._pid = os.getpid()
        self._lock = threading.Lock()
        # Locks have no limit of their own: each is of a session.
        self._entries, self._marks, self._locks = _Entries(), _Entries(), _Entries()
        self._all = (self._entries, self._marks, self._locks)
        self._log: Log | None = Log()
        # What was removed here, the newest last: of that it is known why it is not there.
        self._ended: dict[str, None] = {}

    def __repr__(self) -> str:
        return "<MemorySessionStore>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a MemorySessionStore belongs to its process, so it cannot be pickled")

    def __len__(self) -> int:
        """The number of entries, including expired ones that are not yet removed."""
        return sum(map(len, self._all))

    def read(self, key: str, /) -> bytes | None:
        """See :meth:`SessionStore.read`."""
        self._require_own_process()
        entries = self._of(key)
        entry = entries.get(key)
        if entry is None and entries is self._entries and key not in self._ended:
            self._say_unknown()
        return None if entry is None or self._clock() >= entry.ends_at else entry.value

    def add(self, key: str, value: bytes, seconds: float, /) -> bool:
        """See :meth:`SessionStore.add`."""
        self._require_own_process()
        now = self._clock()
        entries = self._of(key)
        most = inf if entries is self._locks else self._max_entries
        with self._lock:
            entries.sweep(now, full=len(entries) >= most)
            entry = entries.get(key)
            if entry is not None and now < entry.ends_at:
                return False
            if entry is None and len(entries) >= most:
                raise SessionsUnavailable(
                    LoginReason.SESSIONS_UNAVAILABLE,
                    "The session store is full (max_entries).",
                )
            entries[key] = _Entry(bytes(value), now + seconds)
        return True

    def replace(self, key: str, old: bytes, new: bytes, seconds: float, /) -> bool:
        """See :meth:`SessionStore.replace`."""
        self._require_own_process()
        now = self._clock()
        with self._lock:
            if not self._holds(key, old, now):
                return False
            self._of(key)[key] = _Entry(bytes(new), now + seconds)
        return True

    def remove(self, key: str, value: bytes | None = None, /) -> bool:
        """See :meth:`SessionStore.remove`."""
        self._require_own_process()
        with self._lock:
            if not self._holds(key, value, self._clock()):
                return False
            del self._of(key)[key]
            if self._log is not None:
                self._ended[key] = None
                if len(self._ended) > _MAX_ENDED:
                    del self._ended[next(iter(self._ended))]
        return True

    def _of(self, key: str) -> _Entries:
        purpose = key.partition("/")[0]
        return {MARK: self._marks, LOCK: self._locks}.get(purpose, self._entries)

    def _say_unknown(self) -> None:
        """Say it once: what several workers do to their users is seen in no other way."""
        log, self._log = self._log, None
        if log is not None:
            log.say(
                WARNING,
                SESSION_UNKNOWN,
                f"{SESSION_UNKNOWN}: this process does not know a session that was requested: it "
                "has ended, it is from before a restart, or it belongs to another worker (workers "
                "do not share a MemorySessionStore)",
            )

    def _holds(self, key: str, value: bytes | None, now: float) -> bool:
        entry = self._of(key).get(key)
        if entry is None or now >= entry.ends_at:
            return False
        return value is None or compare_digest(entry.value, value)

    def _require_own_process(self) -> None:
        # Before the lock is asked for: in a child, nobody may ever open it.
        if os.getpid() != self._pid:
            raise SessionsUnavailable(
                LoginReason.SESSIONS_UNAVAILABLE,
                "The sessions are in the memory of the process that this one was forked from; "
                "make the MemorySessionStore after the fork, or use a store that workers share.",
            )
