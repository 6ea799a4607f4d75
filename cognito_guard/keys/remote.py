"""RemoteKeySet: the keys behind a URL, held in memory, fetched once for everybody who needs them.

Known keys are found without a lock and without waiting, whatever a fetch is doing. A fetch runs in
a thread of its own, so it belongs to no request: a waiter that is cancelled, an event loop that
closes or a second framework in the same process changes nothing for the others.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from math import ceil, inf
from typing import Literal, NamedTuple, TypeAlias, final

from .._fork import forget_after_fork
from .._log import KEY_LEFT_OUT, KEYS_FETCHED_AGAIN, KEYS_NOT_FETCHED, WARNING, Log
from ..errors import KeysUnavailable
from ..fetch import FETCH_SECONDS, FetchFailed, check_url, fetch
from ..jwk import KeySetError, parse_key_set
from ..signature import VerificationKey
from ..waiting import Pending
from .clock import steady_clock
from .health import KeyHealth
from .key_set import unknown_key

__all__ = [
    "HARD_LIMIT_SECONDS",
    "REFRESH_SECONDS",
    "UNKNOWN_KEY_SECONDS",
    "RemoteKeySet",
]

REFRESH_SECONDS = 3600.0
"""Age from which held keys are fetched anew in the background (less up to a tenth, at random)."""

HARD_LIMIT_SECONDS = 24 * 3600.0
"""Age from which held keys are trusted no longer."""

UNKNOWN_KEY_SECONDS = 30.0
"""Between two attempts that an unknown ``kid`` may cause. Counted on attempts, not successes."""

FIRST_BACKOFF_SECONDS, LAST_BACKOFF_SECONDS = 1.0, 60.0

JOIN_SECONDS = 0.25
"""How old an attempt may be that others wait for than the one who made it, while keys are held.

AWS answers sooner, so nobody notices a rotation. And where the endpoint hangs, strangers with
unknown kids cannot tie up a server's threads, which known keys need."""

# `fetch` ends by itself; this is for a `get` of somebody else's that does not.
_GIVE_UP_SECONDS = FETCH_SECONDS + 1.0


def _pause(failures: int) -> float:
    """Seconds between the last of so many failed attempts and the next, at most."""
    return min(LAST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0 ** min(failures - 1, 9))


def _jitter(least: float) -> float:
    """A factor between ``least`` and 1, so that many processes do not fetch in step."""
    # `random` would slow down every start.
    return least + (1 - least) * int.from_bytes(os.urandom(2), "big") / 0xFFFF


_State: TypeAlias = Literal["empty", "fresh", "stale", "unavailable"]


class _Held(NamedTuple):
    """Keys and how long they are good, swapped as one. Times are monotonic seconds."""

    keys: Mapping[str, VerificationKey]
    fetched_at: float
    refresh_at: float
    expires_at: float


class _Trouble(NamedTuple):
    """The attempts that have failed in a row, swapped as one."""

    failures: int
    problem: str | None
    retry_at: float


_NOTHING = _Held({}, -inf, inf, -inf)
_NO_TROUBLE = _Trouble(0, None, -inf)


def _state(usable: bool, due: bool, failing: bool) -> _State:
    if usable:
        return "stale" if due and failing else "fresh"
    return "unavailable" if failing else "empty"


def _unchanged(
    held: Mapping[str, VerificationKey], fetched: Mapping[str, VerificationKey]
) -> Mapping[str, VerificationKey]:
    """The keys that were fetched; those that are held already as the objects that they were.

    So what is remembered of a key, as that it verified a token, outlives a refresh.
    """
    return {
        kid: old if (old := held.get(kid)) is not None and old.same_as(key) else key
        for kid, key in fetched.items()
    }


@final
class RemoteKeySet:
    """The key set that a URL serves (for a user pool: ``{issuer}/.well-known/jwks.json``).

    ``url`` is https, or http on loopback; ``get`` takes the URL and returns the body within 5
    seconds, in a thread of its own, and whatever it raises is a failed attempt; ``parse`` makes of
    the body keys by their ``kid``, those of a JWK set unless given; ``name`` is what log and health
    call it, the URL without its query unless given; ``clock`` gives seconds and never goes back.
    Raises :class:`ConfigurationError` for any other URL.

    One instance serves any number of threads, event loops and, after ``fork``, processes.
    """

    def __init__(
        self,
        url: str,
        *,
        get: Callable[[str], bytes] = fetch,
        parse: Callable[[bytes], Mapping[str, VerificationKey]] | None = None,
        name: str | None = None,
        clock: Callable[[], float] = steady_clock,
    ) -> None:
        self.url = check_url(url)
        # A query may hold a signature or a password; it is nobody's business but the endpoint's.
        self.name = name or url.partition("?")[0]
        self._get = get
        self._parse = parse or self._parse_key_set
        self._clock = clock
        self._held = _NOTHING
        # Held for a few instructions at a time, never across I/O.
        self._lock = threading.Lock()
        self._afterwards: list[Callable[[], object]] = []
        self._pending: Pending | None = None
        self._attempted_at = -inf
        # The last attempt that a missing key caused. A refresh is none: a rotation that follows it
        # at once is noticed at once.
        self._asked_at = -inf
        self._trouble = _NO_TROUBLE
        self._log = Log()
        forget_after_fork(self)

    def __repr__(self) -> str:
        return f"<RemoteKeySet {self.name}>"

    @property
    def fetched_at(self) -> float:
        """When the held keys were fetched, in seconds of the clock; ``-inf`` for never."""
        return self._held.fetched_at

    def held_key(self, kid: str) -> VerificationKey | None:
        """The key with this id if it is held. Starts a refresh when the keys have come of age."""
        held = self._held
        key = held.keys.get(kid)
        if key is None:
            return None
        now = self._clock()
        if now >= held.expires_at:
            return None
        if now >= held.refresh_at:
            self._replace(held, now)
        return key

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """See :meth:`KeySet.key`."""
        key = self.held_key(kid)
        return self.missing_key(kid) if key is None else key

    def missing_key(
        self, kid: str, newer_than: float = -inf, *, others_held: bool = False
    ) -> VerificationKey | Pending:
        """As :meth:`key`, for a key that is not held, or only among keys no longer good enough.

        Keys that were fetched at ``newer_than`` or before do not count. ``others_held``: whether
        keys of other addresses are in use, for which a server needs its threads.
        """
        now = self._clock()
        self._lock.acquire()
        try:
            held = self._held
            usable = newer_than < held.fetched_at and now < held.expires_at
            if usable and kid in held.keys:  # a fetch landed while we came here
                return held.keys[kid]
            pending = self._under_way(now)
            trouble = self._trouble
            # While keys are held, a token with an unknown kid is more likely junk than a rotation.
            holding = usable or newer_than > -inf
            # After a failure one caller waits, the one who tries again. A server's threads are not
            # to be tied up by an endpoint that hangs.
            if pending is not None and not trouble.failures:
                if not holding and not others_held:
                    return pending
                seconds = self._attempted_at + JOIN_SECONDS - now
                if seconds > 0:
                    return pending.within(seconds)
            allowed_at = trouble.retry_at
            if holding:
                allowed_at = max(allowed_at, self._asked_at + UNKNOWN_KEY_SECONDS)
            if pending is None and now >= allowed_at and (pending := self._start(now)) is not None:
                self._asked_at = now
                return pending
            answered = usable and pending is None and not self._trouble.failures
            retry_after = ceil(max(allowed_at, self._free_at()) - now)
        finally:
            self._unlock()
        if answered:
            raise unknown_key()
        # The last attempt failed, or hangs. This kid may well be a new key: 503, nobody's fault.
        raise KeysUnavailable(retry_after)

    def prefetch(self) -> None:
        """Start to fetch in the background, unless keys are held. Never blocks or raises."""
        held, now = self._held, self._clock()
        if now >= held.expires_at:
            self._replace(held, now)

    def retry_after(self, kid: str) -> int:
        """Whole seconds until a request would make an attempt, should the current one fail."""
        return ceil(max(1.0, self._free_at() - self._clock()))

    def health(self) -> KeyHealth:
        """How the keys are doing. Takes no lock, waits for nothing, starts nothing."""
        held, trouble, now = self._held, self._trouble, self._clock()
        usable, fetching = now < held.expires_at, self._pending is not None
        due_at = max(held.refresh_at, trouble.retry_at) if usable else trouble.retry_at
        since = now - held.fetched_at
        return KeyHealth(
            _state(usable, now >= held.refresh_at, trouble.failures > 0),
            source=self.name,
            keys=len(held.keys) if usable else 0,
            age=since if usable else None,
            last_success=since if held is not _NOTHING else None,
            last_error=trouble.problem,
            failures=trouble.failures,
            next_attempt=0.0 if fetching else max(0.0, due_at - now),
            fetching=fetching,
        )

    def _replace(self, held: _Held, now: float) -> None:
        # Whoever finds the lock taken leaves: somebody else is seeing to it.
        if self._lock.acquire(blocking=False):
            try:
                idle = self._under_way(now) is None and now >= self._trouble.retry_at
                if idle and held is self._held:
                    self._start(now)
            finally:
                self._unlock()

    def _free_at(self) -> float:
        """When a request would make an attempt, supposing that the one under way brings nothing."""
        trouble = self._trouble
        if self._pending is None:
            return trouble.retry_at
        return self._attempted_at + _GIVE_UP_SECONDS + _pause(trouble.failures + 1)

    # The methods below expect the lock to be held.

    def _unlock(self) -> None:
        # What may take its time, or call code that we do not know, happens after the release.
        afterwards, self._afterwards = self._afterwards, []
        self._lock.release()
        for do in afterwards:
            do()

    def _under_way(self, now: float) -> Pending | None:
        ends_at = self._attempted_at + _GIVE_UP_SECONDS
        if self._pending is not None and now >= ends_at:
            self._afterwards.append(self._pending.finish)
            self._pending = None
            # Then, and not when somebody noticed: the pause that follows may well be over.
            self._failed(ends_at, f"no end within {_GIVE_UP_SECONDS:g} s")
        return self._pending

    def _start(self, now: float) -> Pending | None:
        pending = Pending()
        self._pending, self._attempted_at = pending, now
        try:
            threading.Thread(
                target=self._run, args=(pending,), name="cognito_guard.keys", daemon=True
            ).start()
        except RuntimeError:  # no thread can be had: too many, or the interpreter is going down
            self._pending = None
            self._failed(now, "no thread could be started")
        return self._pending

    def _failed(self, now: float, problem: str) -> None:
        failures = self._trouble.failures + 1
        self._trouble = _Trouble(failures, problem, now + _pause(failures) * _jitter(0.75))
        held = "the keys held stay in use" if now < self._held.expires_at else "no keys are held"
        text = "keys of %s were not fetched: %s; %s"
        self._say_afterwards(KEYS_NOT_FETCHED, text, problem, held)

    def _say_afterwards(self, reason: str, text: str, *values: object) -> None:
        say = partial(self._log.say, WARNING, reason, text, self.name, *values, source=self.name)
        self._afterwards.append(say)

    # This one runs in the thread that fetches.

    def _run(self, pending: Pending) -> None:
        keys: Mapping[str, VerificationKey] | None = None
        problem = ""
        try:
            keys = _unchanged(self._held.keys, self._parse(self._get(self.url)))
        except (FetchFailed, KeySetError) as error:
            problem = str(error)
        except BaseException as error:  # noqa: BLE001  # whatever it was, somebody waits for the end
            problem = type(error).__name__
        now = self._clock()
        self._lock.acquire()
        try:
            if self._pending is pending:  # otherwise it was given up
                self._pending = None
                self._afterwards.append(pending.finish)
                if keys is None:
                    self._failed(now, problem)
                else:
                    refresh_at = now + REFRESH_SECONDS * _jitter(0.9)
                    self._held = _Held(keys, now, refresh_at, now + HARD_LIMIT_SECONDS)
                    if failures := self._trouble.failures:
                        text = "keys of %s were fetched again, after %d failed attempts"
                        self._say_afterwards(KEYS_FETCHED_AGAIN, text, failures)
                    self._trouble = _NO_TROUBLE
        finally:
            self._unlock()

    def _parse_key_set(self, body: bytes) -> Mapping[str, VerificationKey]:
        return parse_key_set(body, self._left_out)

    def _left_out(self, problem: str) -> None:
        text = "keys of %s: %s and is left out"
        self._log.say(WARNING, KEY_LEFT_OUT, text, self.name, problem, source=self.name)

    # And this one in a child, right after `fork`.

    def _forget_parent(self) -> None:
        # The thread that fetched, and whoever held the lock, stayed behind.
        self._lock = threading.Lock()
        self._afterwards = []
        if self._pending is not None:
            self._pending, self._attempted_at, self._asked_at = None, -inf, -inf
