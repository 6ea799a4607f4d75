"""KeySet: what the verifier asks of a source of keys, and their one answer to an unknown kid."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from ..errors import InvalidToken, Reason
from ..signature import VerificationKey
from ..waiting import Pending

__all__ = ["KeySet", "unknown_key"]


@runtime_checkable
class KeySet(Protocol):
    """Where keys come from. Any object with this one method will do, in tests as in production."""

    def key(self, kid: str, /) -> VerificationKey | Pending:
        """The key with this id, at once; or something to wait for before asking again.

        Raises ``InvalidToken`` (``unknown_key``) if there is none, ``KeysUnavailable`` if nobody
        can say.
        """
        ...  # pragma: no cover


def unknown_key() -> InvalidToken:
    """The error for a ``kid`` that no key has."""
    return InvalidToken(Reason.UNKNOWN_KEY, "The token was signed with a key that is not known.")
