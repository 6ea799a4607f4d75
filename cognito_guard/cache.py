"""VerifiedTokens: whom verified tokens speak for, so that no signature is checked twice.

It remembers; it decides nothing. Whoever takes an entry out asks again about all that may have
changed since: the time, the key, and the pool's own checks (see ``TokenVerifier``).
"""

from __future__ import annotations

import threading
from sys import intern
from typing import TYPE_CHECKING, Any, TypeAlias, final

from ._fork import forget_after_fork
from .errors import ConfigurationError

if TYPE_CHECKING:
    from .identity import Identity
    from .keys import KeySet
    from .pool import UserPool
    from .signature import VerificationKey

__all__ = ["DEFAULT_BYTES", "DEFAULT_ENTRIES", "Verified", "VerifiedTokens"]

DEFAULT_ENTRIES = 10_000
DEFAULT_BYTES = 32 * 1024 * 1024

# What an entry takes, as measured on CPython: as much for its objects, and this for each of the
# token's claims, groups and scopes (a name, a value and a place in a dict or a tuple).
_OBJECTS, _MEMBER = 1024, 100

# Claims whose value all tokens of a client have in common.
_COMMON = ("iss", "client_id", "token_use")


# A token that was verified: for whom it speaks, the `kid` that it names, the key that verified it,
# the key set and the pool that it was held against, and the times from which on it is good, and is
# not, in seconds since 1970.
Verified: TypeAlias = "tuple[Identity, str, VerificationKey, KeySet, UserPool, float, float]"


@final
class VerifiedTokens:
    """Remembers up to ``entries`` tokens, as many as fit into ``size`` bytes; oldest out first.

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
        self.enabled = entries > 0 and size > 0
        self._entries: dict[str, Verified] = {}
        self._bytes = 0
        self._lock = threading.Lock()
        self.get = self._entries.get
        """The entry of a token's text, or ``None``."""
        forget_after_fork(self)

    def __repr__(self) -> str:
        return f"<VerifiedTokens: {len(self)} tokens>"

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, token: str, entry: Verified) -> None:
        """Remember a token, at the cost of the oldest ones if need be."""
        entries, size = self.limits
        weight = _weight(token, entry)
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
                for token in [text for text, entry in self._entries.items() if entry[2] is key]:
                    self._remove(token)
            finally:
                self._lock.release()

    @staticmethod
    def share_texts(claims: dict[str, Any]) -> dict[str, Any]:
        """The same claims in two thirds of the memory: what all tokens say alike is kept once."""
        shared = dict(zip(map(intern, claims), claims.values(), strict=True))
        for name in _COMMON:
            value = shared.get(name)
            if type(value) is str:
                shared[name] = intern(value)
        return shared

    def _remove(self, token: str) -> None:
        entry = self._entries.pop(token, None)
        if entry is not None:
            self._bytes -= _weight(token, entry)

    def _forget_parent(self) -> None:
        # Whoever held the lock stayed behind, and may have been in the midst of a change.
        self._lock = threading.Lock()
        self._bytes = sum(_weight(token, entry) for token, entry in self._entries.items())


def _weight(token: str, entry: Verified) -> int:
    """About what an entry takes in memory, in bytes; the token's text included."""
    identity = entry[0]
    members = len(identity._claims) + len(identity.groups) + len(identity.scopes)
    return 2 * len(token) + _OBJECTS + _MEMBER * members
