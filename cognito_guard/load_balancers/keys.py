"""The keys of load balancers: each under an address of its own, fetched when it is first named.

A user pool's key set is one document; a load balancer's key is one, and what names it is a token
that nobody has verified. So what strangers can cause is bounded here: fetches, and memory.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import partial
from math import ceil
from typing import final

from .._support.clock import steady_clock
from .._support.fork import forget_after_fork
from .._support.listeners import Listeners, Observers
from .._support.log import KEYS_NOT_FETCHED, WARNING, Log
from ..keys.health import KeyHealth
from ..keys.key_set import not_known_yet
from ..keys.remote import RemoteKeySet
from ..keys.signature import VerificationKey
from ..network.fetch import PEM, FetchFailed, check_url, fetch
from ..network.waiting import Pending
from .pem import parse_pem

__all__ = ["LoadBalancerKeySet"]

MISSES = 5
MISS_SECONDS = 30.0
"""So many ids that are not known are looked up in so many seconds at most, all of them together."""

# What a 404 comes to. Told from bodies by its identity: nothing that a server sends is it.
_NO_SUCH_KEY = b"no such key"

_fetch_pem = partial(fetch, accept=PEM)

MAX_KEYS = 64
"""Keys that are remembered. The one that was not used for longest makes room."""


@final
class LoadBalancerKeySet:
    """The keys below ``base_url``, in PEM at ``{base_url}/{kid}``.

    Each key has the rules of a :class:`RemoteKeySet`: one fetch in flight, refreshed ahead, trusted
    for a day at most while it cannot be refreshed. An address that answers 404 has no key for the
    next 30 seconds; any other failure means that nobody can say. The arguments are those of
    ``RemoteKeySet``; ``kid`` must have been checked to fit into a URL.
    """

    def __init__(
        self,
        base_url: str,
        *,
        misses: int = MISSES,
        get: Callable[[str], bytes] = _fetch_pem,
        clock: Callable[[], float] = steady_clock,
    ) -> None:
        self.url = check_url(base_url).removesuffix("/")
        self._get = get
        self._clock = clock
        # Held for a few instructions at a time, never across I/O.
        self._lock = threading.Lock()
        # Those that have had a key, the one used last at the end; and those that have not, yet.
        self._proven: OrderedDict[str, RemoteKeySet] = OrderedDict()
        self._unproven: OrderedDict[str, RemoteKeySet] = OrderedDict()
        self._misses: deque[float] = deque(maxlen=misses)
        # How many ids were turned away since the last look-up, and one of them, drawn by lot.
        self._turned_away = 0
        self._drawn: str | None = None
        self._log = Log()
        self._crowd_log = Log()  # a crowd of ids is not to hide what the address answers
        self._observers = Observers()  # one for all keys
        forget_after_fork(self)

    def __repr__(self) -> str:
        return f"<LoadBalancerKeySet {self.url}>"

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """See :meth:`KeySet.key <cognito_guard.KeySet.key>`."""
        one = self._proven.get(kid)
        if one is None:
            one = self._look_up(kid)
        key: VerificationKey | Pending | None = one.held_key(kid)
        if key is None:
            # Each id has an address of its own, and so has each stranger's. If one hangs, those who
            # bring it must not tie up the threads that the keys in use need.
            others_held = bool(self._proven) and kid not in self._proven
            key = one.missing_key(kid, others_held=others_held)
        if not isinstance(key, Pending):
            self._use(kid, one)
        return key

    def observe(self, observers: Listeners) -> None:
        """As of :class:`RemoteKeySet`, for each key."""
        self._observers.add(observers)

    def retry_after(self, kid: str) -> int:
        """As of :class:`RemoteKeySet`."""
        one = self._proven.get(kid) or self._unproven.get(kid)
        return 1 if one is None else one.retry_after(kid)

    def health(self) -> KeyHealth:
        """How the keys in use are doing, all together; while there are none, what was tried."""
        every = [*self._proven.values(), *self._unproven.values()]
        told = [one.health() for one in every]
        in_use = [one for one in told if one.keys]
        # An id that nobody has a key for is no failure.
        telling = in_use or [one for one in told if one.failures]
        worst = max(telling, key=_concern, default=KeyHealth("empty", next_attempt=0.0))
        if in_use and not worst.failures:
            # An id that is new may be the one that a load balancer signs with from now on.
            since = max(one.fetched_at for one in every)
            later = [h for one, h in zip(every, told, strict=True) if one._attempted_at > since]
            failing = max(later, key=_concern, default=worst)
            worst = worst._replace(last_error=failing.last_error, failures=failing.failures)
        return worst._replace(source=self.url, keys=len(in_use))

    def _look_up(self, kid: str) -> RemoteKeySet:
        """What an id that is not in use stands for. Raises ``KeysUnavailable``."""
        with self._lock:
            now = self._clock()
            one = self._proven.get(kid) or self._unproven.get(kid)
            drawn = self._draw(now) if one is None else None
            one = one or self._unproven.get(kid) or self._admit(kid, now)
            pause = ceil(self._misses[0] + MISS_SECONDS - now)
        if drawn is not None:
            drawn.prefetch()
        if one is None:
            text = "keys of %s were not fetched: more than %d unknown ids in %d s"
            values = (self.url, self._misses.maxlen, MISS_SECONDS)
            self._crowd_log.say(WARNING, KEYS_NOT_FETCHED, text, *values, source=self.url)
            # Nobody has asked for this one, so nobody can say that there is no such key.
            raise not_known_yet(pause)
        return one

    # The methods below expect the lock to be held.

    def _admit(self, kid: str, now: float) -> RemoteKeySet | None:
        if not self._is_spent(now):
            return self._enter(kid, now)
        self._turned_away += 1
        if int.from_bytes(os.urandom(4), "big") % self._turned_away == 0:
            self._drawn = kid
        return None

    def _draw(self, now: float) -> RemoteKeySet | None:
        """Whoever is always first would keep the others out for ever. So the first look-up after
        some were turned away is for one of those."""
        if self._is_spent(now):
            return None
        drawn, self._drawn, self._turned_away = self._drawn, None, 0
        return None if drawn is None or drawn in self._unproven else self._enter(drawn, now)

    def _is_spent(self, now: float) -> bool:
        full = len(self._misses) == self._misses.maxlen
        return full and now < self._misses[0] + MISS_SECONDS

    def _enter(self, kid: str, now: float) -> RemoteKeySet:
        self._misses.append(now)
        if len(self._unproven) == self._misses.maxlen:
            self._unproven.popitem(last=False)
        one = self._unproven[kid] = RemoteKeySet(
            f"{self.url}/{kid}",
            get=self._fetch,
            parse=partial(_parse, kid),
            name=self.url,  # an id that nobody has verified is nothing for a log
            clock=self._clock,
        )
        one._log = self._log  # one budget for all ids, since strangers choose them
        one._observers = self._observers
        return one

    def _use(self, kid: str, one: RemoteKeySet) -> None:
        try:
            self._proven.move_to_end(kid)  # one step, which no other thread can divide
        except KeyError:
            with self._lock:
                self._unproven.pop(kid, None)
                self._proven[kid] = one
                if len(self._proven) > MAX_KEYS:
                    self._proven.popitem(last=False)

    def _fetch(self, url: str) -> bytes:
        try:
            return self._get(url)
        except FetchFailed as error:
            if error.status != 404:
                raise
        return _NO_SUCH_KEY

    def _forget_parent(self) -> None:
        self._lock = threading.Lock()


def _concern(health: KeyHealth) -> tuple[int, float]:
    return health.failures, health.age or 0.0


def _parse(kid: str, body: bytes) -> dict[str, VerificationKey]:
    return {} if body is _NO_SUCH_KEY else {kid: parse_pem(kid, body)}
