"""Which verdicts are right, by the documented rules, given what the key server has sent so far."""

from __future__ import annotations

import threading
from enum import Enum
from typing import NamedTuple

from cognito_guard.network.fetch import FETCH_SECONDS

GOOD, UNAVAILABLE = "200", "503 keys_unavailable"
WHILE_FETCHING = "503 keys_unavailable while keys are fetched"
UNKNOWN, BAD_SIGNATURE = "401 unknown_key", "401 bad_signature"

# Between the moment that keys are sent and the moment from which the guard holds them.
LAG_SECONDS = FETCH_SECONDS + 1.0


class Kind(Enum):
    """What a request brings along."""

    GOOD = "good"
    TAMPERED = "signature changed"
    WITHDRAWN = "key withdrawn"
    UNKNOWN = "kid unknown"
    EXPIRED = "expired"
    OTHER_CLIENT = "of another client"
    ID_TOKEN = "an ID token"
    GARBAGE = "garbage"
    ANONYMOUS = "no token"


WITHOUT_A_KEY = {
    Kind.EXPIRED: "401 token_expired",
    Kind.OTHER_CLIENT: "401 wrong_client",
    Kind.ID_TOKEN: "401 wrong_token_use",
    Kind.GARBAGE: "401 malformed_token",
    Kind.ANONYMOUS: "401 missing_credentials",
}
"""The verdicts that no key has a part in."""


class _Sent(NamedTuple):
    at: float
    kids: frozenset[str]
    sure: bool


class History:
    """What a key server has sent, and when it failed. From any thread; times are monotonic."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: list[_Sent] = []
        self._outages: list[list[float]] = []

    @property
    def fetches(self) -> int:
        """How often keys were sent while nothing was wrong."""
        with self._lock:
            return sum(sent.sure for sent in self._sent)

    @property
    def outages(self) -> list[tuple[float, float]]:
        """The begin and the end of each outage."""
        with self._lock:
            return [(begin, end) for begin, end in self._outages]

    def send(self, at: float, kids: frozenset[str], *, sure: bool) -> None:
        """Keys went out; unless ``sure``, a fault may have spoilt them on the way."""
        with self._lock:
            self._sent.append(_Sent(at, kids, sure))

    def fail(self, at: float) -> None:
        """From now on, it fails."""
        with self._lock:
            self._outages.append([at, float("inf")])

    def recover(self, at: float) -> None:
        """From now on, it does not."""
        with self._lock:
            self._outages[-1][1] = at

    def allowed(self, kind: Kind, kid: str, begin: float, end: float) -> frozenset[str]:
        """The right verdicts on a request that lasted from ``begin`` to ``end``.

        ``WHILE_FETCHING`` is right only if it turns out that keys were fetched at the time.
        """
        if kind in WITHOUT_A_KEY:
            return frozenset({WITHOUT_A_KEY[kind]})
        with self._lock:
            sent, outages = list(self._sent), list(self._outages)
        held = [kid in kids for kids in _held(sent, begin, end)]
        verdicts = set()
        if any(held):
            verdicts.add(BAD_SIGNATURE if kind is Kind.TAMPERED else GOOD)
        if not all(held):
            # Whoever asks for an unknown key while it is fetched waits for a moment only.
            failed = _failed(sent, outages, begin, end)
            verdicts.add(UNAVAILABLE if failed else WHILE_FETCHING)
            # A good token is never refused: its key was published in good time.
            if kind in (Kind.UNKNOWN, Kind.WITHDRAWN):
                # The latter where nobody has looked for this key since it was first named.
                verdicts |= {UNKNOWN, UNAVAILABLE}
        return frozenset(verdicts)

    def fetching(self, begin: float, end: float) -> bool:
        """Whether keys may have been on their way at some moment of a request.

        To be asked when it is long over, as an attempt begins before it is seen here.
        """
        with self._lock:
            return any(begin - LAG_SECONDS <= s.at <= end + LAG_SECONDS for s in self._sent)


def _held(sent: list[_Sent], begin: float, end: float) -> list[frozenset[str]]:
    """The sets of keys that the guard may have held at some moment of a request."""
    # The last of those that it holds for sure when the request begins, and everything later.
    last = max(
        (n for n, one in enumerate(sent) if one.sure and one.at + LAG_SECONDS <= begin), default=-1
    )
    possible = [one.kids for one in sent[max(last, 0) :] if one.at <= end]
    return possible if last >= 0 else [frozenset(), *possible]


def _failed(sent: list[_Sent], outages: list[list[float]], begin: float, end: float) -> bool:
    """Whether the guard's last attempt may have failed."""
    return any(
        start <= end
        and not any(one.sure and over <= one.at and one.at + LAG_SECONDS <= begin for one in sent)
        for start, over in outages
    )
