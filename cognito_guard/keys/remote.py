"""RemoteKeySet: the keys behind a URL, held in memory, fetched once for all waiting requests.

Known keys are found without a lock and without waiting, whatever a fetch is doing. A fetch runs in
a thread of its own, so it belongs to no request: a waiter that is cancelled, an event loop that
closes or a second framework in the same process changes nothing for the others.
"""

import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from math import ceil, inf
from typing import Literal, NamedTuple, TypeAlias, final

from .._support.clock import steady_clock
from .._support.fork import forget_after_fork
from .._support.listeners import Listeners, Observers
from .._support.log import KEY_LEFT_OUT, KEYS_FETCHED_AGAIN, KEYS_NOT_FETCHED, WARNING, Log
from .._support.threads import in_background, threads_run
from ..errors import KeysUnavailable
from ..network.exchange import have_forks_wait
from ..network.fetch import FETCH_SECONDS, FetchFailed, check_url, fetch
from ..network.waiting import Pending
from .health import KeyHealth
from .jwk import KeySetError, parse_key_set
from .key_set import not_known_yet, unknown_key
from .signature import VerificationKey, unchanged

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

MAX_WANTED = 64
"""Unknown kids that are remembered until an attempt has looked for them. For those beyond, nobody
can say that there is no such key."""

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


@final
class RemoteKeySet:
    """The key set that a URL serves (for a user pool: ``{issuer}/.well-known/jwks.json``).

    ``url`` is https, or http on loopback. ``get`` takes the URL and returns the body within 5
    seconds; it runs in its own thread, and an exception is a failed attempt. ``parse`` turns the
    body into keys by their ``kid`` (default: from a JWK set). ``name`` is its name in the log and
    in ``health`` (default: the URL without its query). ``clock`` returns seconds and never goes
    back. Raises :class:`ConfigurationError` for any other URL.

    One instance works in any number of threads and event loops, and after ``fork``.
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
        # The last attempt that an unknown kid caused. The first fetch and a refresh are none: a
        # rotation that follows one at once is noticed at once.
        self._asked_at = -inf
        # Kids that were asked for and not held; and those of them that were asked for before the
        # attempt began that brought the held keys. Only of these it is known that they are nowhere.
        self._wanted: dict[str, None] = {}
        self._looked_for: frozenset[str] = frozenset()
        self._trouble = _NO_TROUBLE
        self._log = Log()
        self._observers = Observers()
        have_forks_wait()
        forget_after_fork(self)

    def __repr__(self) -> str:
        return f"<RemoteKeySet {self.name}>"

    @property
    def fetched_at(self) -> float:
        """When the current keys were fetched, in seconds of the clock; ``-inf`` for never."""
        return self._held.fetched_at

    @property
    def answers(self) -> bool:
        """Whether the last attempt is over and did not fail."""
        return self._pending is None and not self._trouble.failures

    def held_key(self, kid: str) -> VerificationKey | None:
        """The key with this id if it is held. Starts a refresh when the keys are due for one."""
        held = self._held
        key = held.keys.get(kid)
        if key is None:
            return None
        now = self._clock()
        if not now < held.expires_at:  # true for NaN as well
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
        """As :meth:`key`, for a key that is not held, or held only among keys that are too old.

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
            looked_for = usable and kid in self._looked_for
            self._want(kid)
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
            if looked_for:
                allowed_at = max(allowed_at, self._attempted_at + UNKNOWN_KEY_SECONDS)
            if pending is None and now >= allowed_at:
                if holding:
                    self._asked_at = now
                return self._start(now)
            answers = pending is None and not self._trouble.failures
            retry_after = ceil(max(1.0, max(allowed_at, self._free_at()) - now))
        finally:
            self._unlock()
        if answers and looked_for:
            raise unknown_key()
        # The last attempt began before anybody asked for this kid, failed, or hangs. It may well be
        # a new key: 503, nobody's fault.
        raise not_known_yet(retry_after) if answers else KeysUnavailable(retry_after)

    def ready(self) -> Pending | None:
        """``None`` if keys are held; or the attempt to wait for before asking again.

        Raises ``KeysUnavailable`` if no attempt may be made now.
        """
        self.prefetch()
        # In this order: an attempt that ends in between has put its keys there first.
        pending, held, now = self._pending, self._held, self._clock()
        if now < held.expires_at:
            return None
        if pending is None:
            raise KeysUnavailable(ceil(max(1.0, self._free_at() - now)))
        return pending

    def prefetch(self) -> None:
        """Start to fetch in the background, unless keys are held. Never blocks or raises."""
        held, now = self._held, self._clock()
        if now >= held.expires_at:
            self._replace(held, now)

    def retry_after(self, kid: str) -> int:
        """Whole seconds until a request would make another attempt if the current one fails."""
        return ceil(max(1.0, self._free_at() - self._clock()))

    def health(self) -> KeyHealth:
        """The state of the keys. Takes no lock, does not wait, starts nothing."""
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

    def observe(self, observers: Listeners) -> None:
        """Report every attempt to these listeners from now on, while their guard lives."""
        self._observers.add(observers)

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

    def _start(self, now: float) -> Pending:
        pending = Pending()
        self._pending, self._attempted_at = pending, now
        work = partial(self._run, pending, frozenset(self._wanted))
        # After the release, as others run meanwhile: under gevent, whoever asked for a lock from
        # before `monkey.patch_all` would stop them all; and where there are no threads, the work
        # itself asks for it.
        self._afterwards.append(partial(self._begin, pending, work))
        return pending

    def _want(self, kid: str) -> None:
        self._wanted.pop(kid, None)
        self._wanted[kid] = None
        if len(self._wanted) > MAX_WANTED:
            del self._wanted[next(iter(self._wanted))]

    def _failed(self, now: float, problem: str) -> None:
        failures = self._trouble.failures + 1
        self._trouble = _Trouble(failures, problem, now + _pause(failures) * _jitter(0.75))
        held = "the known keys stay in use" if now < self._held.expires_at else self._none_held()
        text = "keys of %s were not fetched: %s; %s"
        self._say_afterwards(KEYS_NOT_FETCHED, text, problem, held)
        self._tell_afterwards(now, None, problem)

    def _none_held(self) -> str:
        told = "no keys are known"
        # No keys ever, of a pool at AWS: it may be one that AWS does not have.
        at_aws = "cognito-idp." in self.url.split("/")[2]
        if at_aws and not self._held.keys:
            return f"{told}: if this is an emulator, set COGNITO_JWKS"
        return told

    def _tell_afterwards(self, now: float, keys: int | None, problem: str | None) -> None:
        seconds = max(0.0, now - self._attempted_at)
        self._afterwards.append(partial(self._tell, seconds, keys, problem))

    def _tell(self, seconds: float, keys: int | None, problem: str | None) -> None:
        # Without the lock, as the first import reads a file.
        for observers in self._observers:
            from ..events import KeysFetched

            observers.tell(KeysFetched(self.name, seconds, keys, problem))

    def _say_afterwards(self, reason: str, text: str, *values: object) -> None:
        say = partial(self._log.say, WARNING, reason, text, self.name, *values, source=self.name)
        self._afterwards.append(say)

    def _begin(self, pending: Pending, work: Callable[[], object]) -> None:
        # Without the lock: see `_start`.
        if not threads_run():
            work()
            return
        try:
            in_background(work, "cognito_guard.keys")
        except RuntimeError:  # no thread can be had: too many, or the interpreter is going down
            self._lock.acquire()
            try:
                if self._pending is pending:
                    self._afterwards.append(pending.finish)
                    self._pending, self._asked_at = None, -inf
                    self._failed(self._attempted_at, "no thread could be started")
            finally:
                self._unlock()

    # This one runs in the thread that fetches.

    def _run(self, pending: Pending, wanted: frozenset[str]) -> None:
        keys: Mapping[str, VerificationKey] | None = None
        problem = ""
        try:
            keys = unchanged(self._held.keys, self._parse(self._get(self.url)))
        except (FetchFailed, KeySetError) as error:
            problem = str(error)
        except BaseException as error:  # noqa: BLE001  # whatever it was, somebody waits for the end
            problem = type(error).__name__
        now = self._clock()
        self._lock.acquire()
        try:
            if self._pending is pending:  # otherwise it was given up
                self._afterwards.append(pending.finish)
                # A process that was frozen meanwhile notices late. The pause is over by then, and
                # what was answered is as old as the attempt.
                now = min(now, self._attempted_at + _GIVE_UP_SECONDS)
                if keys is None:
                    self._failed(now, problem)
                else:
                    refresh_at = now + REFRESH_SECONDS * _jitter(0.9)
                    self._held = _Held(keys, now, refresh_at, now + HARD_LIMIT_SECONDS)
                    self._looked_for = wanted
                    if failures := self._trouble.failures:
                        text = "keys of %s were fetched again, after %d failed attempts"
                        self._say_afterwards(KEYS_FETCHED_AGAIN, text, failures)
                    self._trouble = _NO_TROUBLE
                    self._tell_afterwards(now, len(keys), None)
                self._pending = None  # last, for `ready`, which takes no lock
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
