"""KeySet: what the verifier needs from a source of keys, and the errors for an unknown kid."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..errors import InvalidToken, KeysUnavailable, Reason
from ..network.waiting import Pending
from .signature import VerificationKey

__all__ = ["KeySet", "not_known_yet", "unknown_key"]


@runtime_checkable
class KeySet(Protocol):
    """A source of keys. Any object with this one method works, in tests and in production."""

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """The key with this id, at once; or an object to wait for before you ask again.

        Raises ``InvalidToken`` (``unknown_key``) if there is none, ``KeysUnavailable`` if that is
        unknown now.
        """
        ...  # pragma: no cover


def unknown_key() -> InvalidToken:
    """The error for a ``kid`` that no key has."""
    return InvalidToken(Reason.UNKNOWN_KEY, "The token was signed with a key that is not known.")


def not_known_yet(retry_after: int) -> KeysUnavailable:
    """The error for a ``kid`` that was not looked for yet, while nothing is wrong."""
    return KeysUnavailable(
        retry_after,
        "The key that the token names is not known yet; it is looked for again shortly.",
    )
