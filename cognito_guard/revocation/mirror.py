"""MirroredRevocationList: a copy of a shared list in each process, never older than its bound.

There is no thread that runs for ever. A question starts a read in the background when the copy is
half as old as it may be, and waits for one when it is older than that. So a process that nobody
asks reads nothing, one that is asked all the time never waits, and right after ``fork``, under
gevent and with several event loops there is nothing to start again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import partial
from math import ceil, inf
from typing import Any, Literal, NamedTuple, final

from .._support.clock import calendar, steady_clock
from .._support.fork import forget_after_fork
from .._support.log import (
    REVOCATIONS_LOST,
    REVOCATIONS_NOT_READ,
    REVOCATIONS_READ_AGAIN,
    WARNING,
    Log,
)
from .._support.silence import forget_locals
from .._support.threads import in_background, threads_run
from ..errors import ConfigurationError, RevocationsUnavailable
from ..identity import Identity
from ..network.aside import Crew, NotDone, run_whole
from ..network.waiting import Pending
from .entries import DEFAULT_REFRESH_SECONDS, Revocation, checked_refresh_seconds
from .health import RevocationHealth
from .known import Known
from .reading import Reading, Unreadable
from .store import AnyStore, is_async
from .tasks import is_closed, loop_of_task, start_task

__all__ = ["WAIT_SECONDS", "MirroredRevocationList"]

WAIT_SECONDS = 1.5
"""So long a question waits for a read, at most."""

GIVE_UP_SECONDS = 5.0
"""A read that has been given no page for so long has failed. One that is given pages goes on,
however long the list is."""

MAX_GIVEN_UP = 3
"""So many reads that were given up may hang in their threads. Beyond, no new one is begun: a store
whose client has no timeout ties up no more than these."""

FIRST_BACKOFF_SECONDS, LAST_BACKOFF_SECONDS = 0.5, 5.0

_SLOW = f"slow: answers come, and {GIVE_UP_SECONDS:g} s were not enough for all"
_SWEPT_AT_ONCE = 1000
# Entries that were over, by a calendar that was ahead, may be needed again.
_SET_BACK_SECONDS = 1.0
_THREAD = "cognito_guard.revocation"
# Of this process: sign-outs that wait for a store.
_WRITERS = Crew(_THREAD, 10)
_SHORTEST, _LONGEST = 0.1, 3600.0

_Spawn = Callable[[Callable[[], Any]], None]


class _Copy(NamedTuple):
    """Up to where the list is known, and since when; swapped as one. Times are monotonic."""

    position: str | None
    read_at: float
    """When the read began."""
    refresh_at: float


class _Began(NamedTuple):
    """When a read began, by the steady clock, and by how much the calendar was ahead of it."""

    at: float
    ahead: float


class _Trouble(NamedTuple):
    """The attempts that have failed in a row, swapped as one."""

    failures: int
    problem: str | None
    retry_at: float


_NOTHING = _Copy(None, -inf, -inf)
_NO_TROUBLE = _Trouble(0, None, -inf)


@final
class MirroredRevocationList:
    """A :class:`RevocationList` that processes share. Each process has a copy.

    ``store``
        A :class:`RevocationStore` or an :class:`AsyncRevocationStore`. With the latter, only
        awaited calls work.
    ``when_unavailable``
        What happens while the list cannot be read and the copy is too old. ``"closed"``: every
        caller gets 503. ``"open"``: callers pass unless their sign-out is already known, so users
        who signed out since then pass as well. There is no default.
    ``max_age``
        The bound in seconds. A request that starts more than this after a revocation was written
        is refused.
    ``refresh_seconds``
        The longest life of a refresh token, 30 days by default. An entry about sign-ins lasts for
        this time, plus a day (the longest access token) and five minutes (the largest leeway).
    ``clock``, ``steady``
        Seconds since 1970, and seconds that never go back.

    One object serves any number of threads, event loops and, after ``fork``, processes. With an
    :class:`AsyncRevocationStore`, it serves the event loops that the store serves. Raises
    :class:`~cognito_guard.ConfigurationError`.
    """

    def __init__(
        self,
        store: AnyStore,
        *,
        when_unavailable: Literal["closed", "open"],
        max_age: float = 1.0,
        refresh_seconds: float = DEFAULT_REFRESH_SECONDS,
        clock: Callable[[], float] = calendar,
        steady: Callable[[], float] = steady_clock,
    ) -> None:
        self._is_async = is_async(store)
        if when_unavailable not in ("closed", "open"):
            raise ConfigurationError('when_unavailable must be "closed" or "open"')
        number = isinstance(max_age, int | float) and not isinstance(max_age, bool)
        if not number or not _SHORTEST <= max_age <= _LONGEST:
            raise ConfigurationError(f"max_age must be {_SHORTEST:g} to {_LONGEST:g} seconds")
        self.refresh_seconds = checked_refresh_seconds(refresh_seconds)
        self._store = store
        self._name = type(store).__name__
        self._blocking = bool(getattr(store, "blocking", True))
        self._open = when_unavailable == "open"
        self._then = (
            "callers are checked against the known entries" if self._open else "callers get 503"
        )
        self._max_age = float(max_age)
        self._clock = clock
        self._steady = steady
        self._known = Known(clock, steady)
        self._copy = _NOTHING
        # The same, where every question looks.
        self._refresh_at = -inf
        self._trouble = _NO_TROUBLE
        # Held for a few instructions at a time, never across I/O.
        self._lock = threading.Lock()
        self._afterwards: list[Callable[[], object]] = []
        self._pending: Pending | None = None
        self._attempted_at = -inf
        # When it began, or was given its last page.
        self._heard_at = -inf
        # The event loop of its task, for an async store.
        self._loop: Any = None
        self._slow = False
        # Reads that may still run, each with its loop.
        self._given_up: dict[Pending, Any] = {}
        # By how much the calendar was ahead of the steady clock at most, around the last read.
        self._ahead: float | None = None
        self._log = Log()
        forget_after_fork(self)

    def __repr__(self) -> str:
        return f"<MirroredRevocationList of a {self._name}>"

    def is_revoked(self, identity: Identity, issuer: str, /) -> bool:
        """See :meth:`RevocationList.is_revoked`. Waits for a read if the copy is too old.

        Raises :class:`~cognito_guard.RevocationsUnavailable`.
        """
        now = self._steady()
        if not now < self._refresh_at:  # true for NaN as well
            self._require_blocking()
            while (wait := self._to_wait_for(now, self._in_background)) is not None:
                wait.wait(WAIT_SECONDS)
        return self._known.refuses(identity, issuer)

    async def ais_revoked(self, identity: Identity, issuer: str, /) -> bool:
        """See :meth:`RevocationList.ais_revoked`."""
        now = self._steady()
        if not now < self._refresh_at:
            spawn = start_task if self._is_async else self._in_background
            while (wait := self._to_wait_for(now, spawn)) is not None:
                await wait.wait_async(WAIT_SECONDS)
        return self._known.refuses(identity, issuer)

    def revoke(self, *revocations: Revocation) -> None:
        """Add entries. They take effect in this process at once, and in all others within
        ``max_age``.

        Raises :class:`~cognito_guard.RevocationsUnavailable` if they were not written, or may not
        have been. They are then in force in this process only: call it again.
        """
        self._require_blocking()
        self._know(revocations)
        self._write(revocations)

    async def arevoke(self, *revocations: Revocation) -> None:
        """As :meth:`revoke`, under asyncio and trio. What has begun is written, even if the task is
        cancelled."""
        self._know(revocations)
        if self._is_async:
            await run_whole(self._awrite(revocations))
        elif self._blocking:
            try:
                await _WRITERS.run(partial(self._write, revocations))
            except NotDone as error:
                raise _not_written(str(error)) from None
        else:
            self._write(revocations)

    def health(self) -> RevocationHealth:
        """See :meth:`RevocationList.health`. Takes no lock, waits for nothing, starts nothing."""
        copy, trouble, now = self._copy, self._trouble, self._steady()
        reading = self._pending is not None
        slow = reading and self._attempted_at + GIVE_UP_SECONDS <= now < self._heard_at + (
            GIVE_UP_SECONDS
        )
        state: Literal["empty", "fresh", "stale", "unavailable"]
        if trouble.failures or slow:
            state = "stale" if now - copy.read_at <= self._max_age else "unavailable"
        else:
            state = "empty" if copy is _NOTHING else "fresh"
        due_at = max(copy.refresh_at, trouble.retry_at)
        return RevocationHealth(
            state,
            source=self._name,
            entries=len(self._known),
            age=None if copy is _NOTHING else now - copy.read_at,
            max_age=self._max_age,
            last_error=_SLOW if slow else trouble.problem,
            failures=trouble.failures,
            next_attempt=0.0 if reading else max(0.0, due_at - now),
            reading=reading,
        )

    def _require_blocking(self) -> None:
        if self._is_async:
            raise ConfigurationError(
                "store is an AsyncRevocationStore; await the method with an a (averify, asign_out)"
            )

    def _know(self, revocations: Sequence[Revocation]) -> None:
        if not all(isinstance(one, Revocation) for one in revocations):
            raise TypeError("each of revocations must be a Revocation")
        self._known.add(revocations)

    def _write(self, revocations: Sequence[Revocation]) -> None:
        try:
            self._store.add(revocations)
            return
        except Exception as error:  # noqa: BLE001  # of whatever the store is made of
            forget_locals(error)
            problem = type(error).__name__
        raise _not_written(problem)

    async def _awrite(self, revocations: Sequence[Revocation]) -> None:
        try:
            await self._store.add(revocations)  # type: ignore[misc]  # it is an async one
            return
        except Exception as error:  # noqa: BLE001
            forget_locals(error)
            problem = type(error).__name__
        raise _not_written(problem)

    # A question that finds the copy due.

    def _to_wait_for(self, asked_at: float, spawn: _Spawn) -> Pending | None:
        """``None`` if the question can be answered; or the read to wait for, and ask again.

        Raises :class:`RevocationsUnavailable`.
        """
        oldest = asked_at - self._max_age
        if self._copy.read_at >= oldest:
            self._renew(spawn)
            return None
        now = self._steady()
        left = asked_at + WAIT_SECONDS - now
        self._lock.acquire()
        try:
            if self._copy.read_at >= oldest:  # a read has ended while we came here
                return None
            pending, retry_at = self._under_way(now), self._trouble.retry_at
            if pending is None and now >= retry_at and left > 0:
                pending = self._start(now, spawn)
                if pending is not None:
                    return pending.within(left)
            # After a failure one caller waits, the one who tries again. And nobody waits for a read
            # that takes longer than the others have waited: threads are not to be tied up by it.
            elif pending is not None and not self._trouble.failures:
                left = min(left, self._attempted_at + WAIT_SECONDS - now)
                if left > 0:
                    return pending.within(left)
            if self._open:
                return None
            retry_after = ceil(max(1.0, self._free_at() - now))
        finally:
            self._unlock()
        raise RevocationsUnavailable(retry_after)

    def _renew(self, spawn: _Spawn) -> None:
        """Start a read, unless there is one, or is to be none now. Waits for nobody."""
        if self._lock.acquire(blocking=False):
            try:
                now = self._steady()
                idle = self._under_way(now) is None and now >= self._trouble.retry_at
                if idle and not now < self._copy.refresh_at:
                    self._start(now, spawn)
            finally:
                self._unlock()

    def _in_background(self, work: Callable[[], Any]) -> None:
        if not self._blocking or not threads_run():
            work()
        else:
            in_background(work, _THREAD)

    def _begin(self, pending: Pending, spawn: Callable[[], None]) -> None:
        """Begin a read, without the lock: see :meth:`_start`."""
        try:
            spawn()
        except RuntimeError:  # no thread can be had: too many, or the interpreter is going down
            self._lock.acquire()
            try:
                self._given_up.pop(pending, None)  # so it does not hang
                if self._pending is pending:
                    self._leave(pending)
                    self._failed(self._attempted_at, "no thread could be started")
            finally:
                self._unlock()

    def _free_at(self) -> float:
        """When a question would make an attempt, supposing that the one under way brings
        nothing."""
        if self._pending is None:
            return self._trouble.retry_at
        return self._heard_at + GIVE_UP_SECONDS

    # The methods below expect the lock to be held.

    def _unlock(self) -> None:
        # What may take its time, or call code that we do not know, happens after the release.
        afterwards, self._afterwards = self._afterwards, []
        self._lock.release()
        for do in afterwards:
            do()

    def _under_way(self, now: float) -> Pending | None:
        if self._pending is None:
            return None
        ends_at = self._heard_at + GIVE_UP_SECONDS
        if is_closed(self._loop):  # the read stands still for ever, and the store may be well
            self._leave(self._pending)
        elif now >= ends_at:
            self._given_up[self._pending] = self._loop
            self._leave(self._pending)
            self._failed(ends_at, f"no answer within {GIVE_UP_SECONDS:g} s")
        elif now >= self._attempted_at + GIVE_UP_SECONDS and not self._slow:
            self._slow = True
            text = "revocations are not read yet from a %s: %s; after %g s, %s"
            self._say_afterwards(REVOCATIONS_NOT_READ, text, _SLOW, self._max_age, self._then)
        return self._pending

    def _leave(self, pending: Pending) -> None:
        """Leave the read that is under way to itself."""
        self._afterwards.append(pending.finish)
        self._pending = None

    def _start(self, now: float, spawn: _Spawn) -> Pending | None:
        for one in [one for one, loop in self._given_up.items() if is_closed(loop)]:
            del self._given_up[one]
        if len(self._given_up) >= MAX_GIVEN_UP:
            hanging = f"{len(self._given_up)} earlier attempts hang: set the client's timeouts"
            self._failed(now, hanging)
            return None
        pending = Pending()
        self._pending, self._attempted_at, self._heard_at = pending, now, now
        self._slow = False
        self._loop = loop_of_task() if self._is_async else None
        ahead = self._clock() - self._steady()
        # What a calendar that was ahead has swept is read again.
        set_back = self._ahead is not None and self._ahead - ahead > _SET_BACK_SECONDS
        reading = Reading(self._known, None if set_back else self._copy.position)
        run: Callable[..., Any] = self._arun if self._is_async else self._run
        work = partial(run, pending, reading, _Began(now, ahead))
        # After the release, as others run meanwhile: under gevent, whoever asked for a lock from
        # before `monkey.patch_all` would stop them all; and a task or a read may end at once.
        self._afterwards.append(partial(self._begin, pending, partial(spawn, work)))
        return pending

    def _failed(self, now: float, problem: str) -> None:
        failures = self._trouble.failures + 1
        pause = min(LAST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0 ** min(failures - 1, 9))
        # `random` would slow down every start.
        pause *= 0.75 + 0.25 * int.from_bytes(os.urandom(2), "big") / 0xFFFF
        self._trouble = _Trouble(failures, problem, now + pause)
        text = "revocations were not read from a %s: %s; after %g s, %s"
        self._say_afterwards(REVOCATIONS_NOT_READ, text, problem, self._max_age, self._then)

    def _succeeded(self, reading: Reading, began: _Began) -> None:
        self._ahead = began.ahead
        self._copy = _Copy(reading.position, began.at, began.at + self._max_age / 2)
        self._refresh_at = self._copy.refresh_at
        if reading.lost:
            text = "the %s lost entries that this process still knows: at least %d"
            self._say_afterwards(REVOCATIONS_LOST, text, reading.lost)
        if failures := self._trouble.failures:
            text = "revocations were read again from a %s, after %d failed attempts"
            self._say_afterwards(REVOCATIONS_READ_AGAIN, text, failures)
        self._trouble = _NO_TROUBLE

    def _say_afterwards(self, reason: str, text: str, *values: object) -> None:
        say = partial(self._log.say, WARNING, reason, text, self._name, *values, source=self._name)
        self._afterwards.append(say)

    # These run in the thread or the task that reads.

    def _run(self, pending: Pending, reading: Reading, began: _Began) -> None:
        problem: str | None = "it was interrupted"
        try:
            while reading.more:
                reading.take(self._store.read(reading.position))
                self._note_page(pending)
            problem = None
        except Unreadable as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001  # whatever it was, somebody waits for the end
            problem = type(error).__name__
        finally:
            self._ended(pending, reading, began, problem)

    async def _arun(self, pending: Pending, reading: Reading, began: _Began) -> None:
        problem: str | None = "it was interrupted"
        try:
            while reading.more:
                reading.take(await self._store.read(reading.position))  # type: ignore[misc]
                self._note_page(pending)
            problem = None
        except Unreadable as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001
            problem = type(error).__name__
        finally:  # also where the task is cancelled
            self._ended(pending, reading, began, problem)

    def _note_page(self, pending: Pending) -> None:
        if self._pending is pending:
            self._heard_at = self._steady()

    def _ended(
        self, pending: Pending, reading: Reading, began: _Began, problem: str | None
    ) -> None:
        now = self._steady()
        ahead = self._clock() - now
        self._lock.acquire()
        try:
            self._given_up.pop(pending, None)
            under_way = self._pending is pending  # or it was given up, or is another process's
            if problem is None:
                # Late or not, it is true as of its beginning; the next one reads on from it.
                if began.at > self._copy.read_at:
                    self._succeeded(reading, began)
            elif under_way:
                self._failed(now, problem)
            if under_way:
                self._leave(pending)
            # The sweep below believes this calendar.
            self._ahead = ahead if self._ahead is None else max(self._ahead, ahead)
        finally:
            self._unlock()
        self._known.sweep(_SWEPT_AT_ONCE)

    # And this one in a child, right after `fork`.

    def _forget_parent(self) -> None:
        # The thread that read, and whoever held the lock, stayed behind.
        self._lock = threading.Lock()
        self._afterwards = []
        self._given_up = {}
        self._pending, self._attempted_at = None, -inf


def _not_written(problem: str) -> RevocationsUnavailable:
    return RevocationsUnavailable(detail=f"The revocation was not written ({problem}).")
