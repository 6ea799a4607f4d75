"""Clocks, callers, and stores that a test holds in its hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from cognito_guard import Identity
from cognito_guard.revocation import (
    Changes,
    MirroredRevocationList,
    Revocation,
)

PATIENCE = 60.0
"""Seconds until something that should happen at once counts as hanging."""

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Revoked"
NOW = 1_800_000_000.0
END = NOW + 86400


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Clocks:
    """The calendar and the steady clock, which go on together unless one of them is set."""

    def __init__(self) -> None:
        self.calendar, self.steady = Clock(NOW), Clock(1000.0)

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.calendar.now += seconds
        self.steady.now += seconds


def caller(
    subject: str = "alice", jti: str | None = None, origin_jti: str | None = None, **claims: Any
) -> Identity:
    """Somebody who was verified."""
    said = {"sub": subject, "iss": ISSUER, "jti": jti, "origin_jti": origin_jti, **claims}
    return Identity(
        {name: value for name, value in said.items() if value is not None}, "access", "c"
    )


def sign_in(origin_jti: str, ends_at: float = END) -> Revocation:
    """An entry about a sign-in."""
    return Revocation.of_sign_in(origin_jti, ends_at=ends_at)


class SharedStore:
    """What a store is to be, plainly: a list, a log, and positions in it. It is asked at once."""

    blocking = False

    def __init__(self, *revocations: Revocation) -> None:
        self.entries = list(revocations)
        self.log: list[Revocation] = []
        self.history = 0
        self.reads: list[str | None] = []
        self.error: BaseException | None = None
        self.unreadable = 0
        self.page = 1000

    def add(self, revocations: Sequence[Revocation], /) -> None:
        """See ``RevocationStore``."""
        self._fail()
        self.entries += revocations
        self.log += revocations

    def read(self, position: str | None, /) -> Changes:
        """See ``RevocationStore``."""
        self.reads.append(position)
        self._fail()
        history, _, rest = (position or "").partition(":")
        if history == str(self.history):
            start = int(rest)
            new = self.log[start : start + self.page]
            end = start + len(new)
            more = end < len(self.log)
            return Changes(new, f"{history}:{end}", False, more, self.unreadable)
        if history == f"list{self.history}":
            start, end = map(int, rest.split(":"))
        else:
            start, end = 0, len(self.log)
        page = self.entries[start : start + self.page]
        if more := start + len(page) < len(self.entries):
            then = f"list{self.history}:{start + len(page)}:{end}"
        else:
            then = f"{self.history}:{end}"
        return Changes(page, then, True, more, self.unreadable)

    def empty(self) -> None:
        """Lose everything."""
        self.entries, self.log = [], []
        self.history += 1

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error


class SlowStore:
    """A store that is asked in threads, and can be held up."""

    def __init__(self, inner: SharedStore | None = None) -> None:
        self.inner = inner or SharedStore()
        self.begun = threading.Semaphore(0)
        self._open = threading.Event()
        self._open.set()

    def add(self, revocations: Sequence[Revocation], /) -> None:
        """See ``RevocationStore``."""
        self.inner.add(revocations)

    def read(self, position: str | None, /) -> Changes:
        """See ``RevocationStore``. What is answered is what there was when it was asked."""
        try:
            changes = self.inner.read(position)
        finally:
            self.begun.release()
            assert self._open.wait(PATIENCE)
        return changes

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """Until the end of the block no read comes back."""
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()
            settle()


class AsyncStore:
    """The same for tasks. ``pause`` is awaited within each operation."""

    def __init__(self, inner: SharedStore | None = None, pause: Callable[[], Any] | None = None):
        self.inner = inner or SharedStore()
        self.pause = pause

    async def add(self, revocations: Sequence[Revocation], /) -> None:
        """See ``AsyncRevocationStore``."""
        if self.pause is not None:
            await self.pause()
        self.inner.add(revocations)

    async def read(self, position: str | None, /) -> Changes:
        """See ``AsyncRevocationStore``."""
        if self.pause is not None:
            await self.pause()
        return self.inner.read(position)


def mirror(
    store: Any, clocks: Clocks, *, when_unavailable: Any = "closed", **more: Any
) -> MirroredRevocationList:
    """A copy of what the store has, by these clocks."""
    return MirroredRevocationList(
        store,
        when_unavailable=when_unavailable,
        clock=clocks.calendar,
        steady=clocks.steady,
        **more,
    )


def settle() -> None:
    """Wait until no read runs in a thread."""
    for thread in threading.enumerate():
        if thread.name == "cognito_guard.revocation":
            thread.join(PATIENCE)
            assert not thread.is_alive()
