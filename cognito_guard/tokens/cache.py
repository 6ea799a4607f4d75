"""VerifiedTokens: whom verified tokens speak for, so that no signature is checked twice.

It remembers; it decides nothing. Whoever takes an entry out asks again about all that may have
changed since: the time, the key, and the pool's own checks (see ``TokenVerifier``).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from sys import intern
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, final

from .._support.fork import forget_after_fork
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from ..identity import Identity
    from ..keys import KeySet
    from ..keys.signature import VerificationKey
    from .user_pool import UserPool

__all__ = ["DEFAULT_BYTES", "DEFAULT_ENTRIES", "Verified", "VerifiedTokens"]

DEFAULT_ENTRIES = 10_000
DEFAULT_BYTES = 32 * 1024 * 1024

# What an entry takes, as measured on CPython: as much for its objects, and this for each of the
# token's claims, groups and scopes (a name, a value and a place in a dict or a tuple).
_OBJECTS, _MEMBER = 1024, 100

# How many places the table of those seen once has, of 8 bytes each.
_FEWEST, _MOST = 1 << 6, 1 << 17

# Claims whose value all tokens of a client have in common.
_COMMON = ("iss", "client_id", "token_use")


@final
class Verified:
    """A token that was verified: for whom it speaks, the ``kid`` that it names, the key that
    verified it, the key set and the pool that it was held against, the times from which on it is
    good, and is not, in seconds since 1970, and its text. No error report can look into it.
    """

    __slots__ = ("identity", "key", "keys", "kid", "pool", "since", "text", "until")

    beside = 0

    def __init__(
        self,
        text: str,
        identity: Identity,
        kid: str,
        key: VerificationKey,
        keys: KeySet,
        pool: UserPool,
        since: float,
        until: float,
    ) -> None:
        self.text = text
        self.identity = identity
        self.kid = kid
        self.key = key
        self.keys = keys
        self.pool = pool
        self.since = since
        self.until = until


class Entry(Protocol):
    """What is remembered of a text: the key that verified it, and for whom it speaks; and how many
    bytes are kept beside the text and that."""

    @property
    def text(self) -> str: ...  # pragma: no cover

    @property
    def key(self) -> VerificationKey: ...  # pragma: no cover

    @property
    def identity(self) -> Identity: ...  # pragma: no cover

    @property
    def beside(self) -> int: ...  # pragma: no cover


E = TypeVar("E", bound=Entry)


@final
class VerifiedTokens(Generic[E]):
    """Remembers up to ``entries`` tokens, as many as fit into ``size`` bytes; oldest out first.

    A token is remembered when it comes the second time. The first one only leaves a mark, so that
    tokens that never come again cost neither the time to keep them nor the place of others.

    Keyed on the whole text of a token. Looking one up takes no lock. Adding and removing do, for
    a few instructions; whoever finds it taken leaves without: nothing is wrong with a token that
    is not remembered, or with an entry that is looked at again.
    Raises :class:`ConfigurationError` for anything but whole numbers, and for negative ones.
    """

    def __init__(self, entries: int = DEFAULT_ENTRIES, size: int = DEFAULT_BYTES) -> None:
        for name, value in {"cache_entries": entries, "cache_bytes": size}.items():
            if type(value) is not int or value < 0:
                raise ConfigurationError(f"{name} must be a whole number, 0 for no cache")
        self.limits = (entries, size)
        self.enabled = 0 not in self.limits
        # In a plain dict, the oldest is found by passing over the places of all that have left.
        self._entries: OrderedDict[str, E] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        # Two to four places for each entry. The table is made when the first token is verified.
        places = min(max(4 * entries, _FEWEST), _MOST)
        self._mask = (1 << places.bit_length() - 1) - 1
        self._seen: memoryview[int] | None = None
        self.get = self._entries.get
        """The entry of a token's text, or ``None``."""
        forget_after_fork(self)

    def __repr__(self) -> str:
        return f"<VerifiedTokens: {len(self)} tokens>"

    def __len__(self) -> int:
        return len(self._entries)

    def comes_again(self, token: str) -> bool:
        """Whether a verified token was here before. If not, leaves its mark, in the place of an
        older one's.

        The mark is Python's own hash of the text: 64 bits under a key that each process draws for
        itself. Where the marks of two tokens were alike, the second one would be remembered when it
        is verified for the first time. No verdict depends on that.
        """
        mark, seen = hash(token), self._seen
        if seen is None:
            seen = self._seen = memoryview(bytearray(8 * (self._mask + 1))).cast("q")
        at = mark & self._mask
        if seen[at] == mark:
            return True
        seen[at] = mark
        return False

    def add(self, entry: E) -> None:
        """Remember a token, at the cost of the oldest ones if need be."""
        entries, size = self.limits
        token = entry.text
        weight = _weight(entry)
        if weight > size or not self._lock.acquire(blocking=False):
            return
        try:
            self._remove(token)
            self._entries[token] = entry
            self._bytes += weight
            while self._bytes > size or len(self._entries) > entries:
                self._remove(next(iter(self._entries)))
        finally:
            self._lock.release()

    def forget_token(self, token: str) -> None:
        """Remember a token no longer."""
        if self._lock.acquire(blocking=False):
            try:
                self._remove(token)
            finally:
                self._lock.release()

    def forget_key(self, key: VerificationKey) -> None:
        """Remember no longer what this very key has verified."""
        if self._lock.acquire(blocking=False):
            try:
                for token in [text for text, entry in self._entries.items() if entry.key is key]:
                    self._remove(token)
            finally:
                self._lock.release()

    @staticmethod
    def share_texts(claims: dict[str, Any]) -> dict[str, Any]:
        """The same claims in two thirds of the memory: what all tokens say alike is kept once."""
        shared = {intern(name): value for name, value in claims.items()}
        for name in _COMMON:
            value = shared.get(name)
            if type(value) is str:
                shared[name] = intern(value)
        return shared

    def _remove(self, token: str) -> None:
        entry = self._entries.pop(token, None)
        if entry is not None:
            self._bytes -= _weight(entry)

    def _forget_parent(self) -> None:
        # Whoever held the lock stayed behind, and may have been in the midst of a change.
        self._lock = threading.Lock()
        self._bytes = sum(map(_weight, self._entries.values()))


def _weight(entry: Entry) -> int:
    """About what an entry takes in memory, in bytes; the token's text included."""
    identity = entry.identity
    members = len(identity._claims) + len(identity.groups) + len(identity.scopes)
    return 2 * len(entry.text) + entry.beside + _OBJECTS + _MEMBER * members
