"""Known: the entries in the memory of a process. Asked without a lock, in a few look-ups."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from math import inf, isfinite
from typing import final

from .._support.fork import forget_after_fork
from ..identity import Identity
from .entries import Revocation

__all__ = ["Known"]

_HOUR = 3600.0


@final
class _Section:
    """Entries of one kind, by name. Each is a ``complex`` of ``before`` and ``ends_at``: two floats
    in 32 bytes, where a tuple of two takes 120."""

    __slots__ = ("_by_hour", "entries")

    def __init__(self) -> None:
        self.entries: dict[str, complex] = {}
        # The names to look at when an hour of the steady clock is over.
        self._by_hour: dict[int, list[str]] = {}

    def add(self, name: str, before: float, ends_at: float, look_at: float) -> None:
        held = self.entries.get(name)
        if held is not None:
            # The later of each: what one entry refuses is never let in for another one's sake.
            before, ends_at = max(before, held.real), max(ends_at, held.imag)
        self.entries[name] = complex(before, ends_at)
        if held is None or ends_at > held.imag:
            self._by_hour.setdefault(int(look_at // _HOUR), []).append(name)

    def sweep(self, now: float, steady: float, most: int) -> int:
        """Forget what is over, and look at ``most`` entries for it. How many there are left to look
        at."""
        due = [hour for hour in self._by_hour if (hour + 1) * _HOUR <= steady]
        for hour in due:
            names = self._by_hour[hour]
            while names and most > 0:
                most -= 1
                name = names.pop()
                held = self.entries.get(name)
                if held is None:  # it was noted twice, under an earlier end and a later one
                    continue
                left = held.imag - now
                if left <= 0:
                    del self.entries[name]
                else:
                    self._by_hour.setdefault(int((steady + left) // _HOUR), []).append(name)
            if names:
                break
            del self._by_hour[hour]
        return most


@final
class Known:
    """Knows entries. ``clock`` gives seconds since 1970, ``steady`` seconds that never go back.

    An entry is over when the calendar says so, and is forgotten when as much time has passed by the
    other clock as well: a calendar that is set ahead by mistake, and back, costs nobody an entry.
    """

    def __init__(self, clock: Callable[[], float], steady: Callable[[], float]) -> None:
        self._clock = clock
        self._steady = steady
        self._tokens = _Section()
        self._sign_ins = _Section()
        self._users: dict[str, _Section] = {}
        # For those who add and sweep; held for a few instructions for each entry.
        self._lock = threading.Lock()
        forget_after_fork(self)

    def __len__(self) -> int:
        return sum(len(section.entries) for section in self._sections())

    def refuses(self, identity: Identity, issuer: str) -> bool:
        """Whether an entry that has not ended is about this caller."""
        ends_at = self._ends_at(identity, issuer)
        # True for a clock that gives NaN.
        return ends_at is not None and not self._clock() >= ends_at

    def add(self, revocations: Iterable[Revocation]) -> None:
        """Know these as well."""
        ahead = self._steady() - self._clock()
        with self._lock:
            for one in revocations:
                # By a clock that gives nothing: at the next opportunity, and then again.
                look_at = one.ends_at + ahead if isfinite(ahead) else 0.0
                self._section(one).add(
                    one.name, inf if one.before is None else one.before, one.ends_at, look_at
                )

    def sweep(self, most: int) -> None:
        """Forget what is over; look at ``most`` entries at the most."""
        now, steady = self._clock(), self._steady()
        if not isfinite(now - steady):
            return
        with self._lock:
            for section in list(self._sections()):
                most = section.sweep(now, steady, most)

    def live(self) -> int:
        """How many entries have not ended."""
        now = self._clock()
        with self._lock:
            return sum(
                held.imag > now for section in self._sections() for held in section.entries.values()
            )

    # While a user's clock is asked, no frame has a claim in a variable.

    def _ends_at(self, identity: Identity, issuer: str) -> float | None:
        """The latest end of the entries about this caller."""
        # The claims themselves: each property would cost as much as two look-ups.
        claims = identity._claims
        get, found = claims.get, None
        name = get("jti")
        if type(name) is str and (held := self._tokens.entries.get(name)) is not None:
            found = held.imag
        name = get("origin_jti")
        if type(name) is str and (held := self._sign_ins.entries.get(name)) is not None:
            found = held.imag if found is None else max(found, held.imag)
        users = self._users.get(issuer)
        if users is not None and (held := users.entries.get(claims["sub"])) is not None:
            # A refresh keeps the time of the sign-in. Who cannot show when he signed in is refused.
            signed_in_at = identity.auth_time
            if signed_in_at is None:
                signed_in_at = identity.issued_at
            if signed_in_at is None or not signed_in_at >= held.real:
                found = held.imag if found is None else max(found, held.imag)
        return found

    def _section(self, one: Revocation) -> _Section:
        if one.kind == "user":
            return self._users.setdefault(one.issuer or "", _Section())
        return self._tokens if one.kind == "token" else self._sign_ins

    def _sections(self) -> Iterator[_Section]:
        yield self._tokens
        yield self._sign_ins
        yield from list(self._users.values())

    def _forget_parent(self) -> None:
        # Whoever held the lock stayed behind. At worst, one entry is noted for no sweep.
        self._lock = threading.Lock()
