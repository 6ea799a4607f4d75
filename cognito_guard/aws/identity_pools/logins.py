"""Logins: the tokens by which an identity pool knows who asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import final

from ...errors import ConfigurationError

__all__ = ["Logins", "is_identity_id"]

# LoginsMap, IdentityProviderName and IdentityProviderToken of the service model.
_MOST, _MAX_NAME, _MAX_TOKEN = 10, 128, 50_000
# IdentityId and IdentityPoolId, likewise.
_ID, _MAX_ID = r"[\w-]+:[0-9a-f-]+", 55


@final
class Logins:
    """Identifies a caller by the tokens of one provider or of several. Its ``repr`` shows nothing.

    ``tokens``
        1 to 10 tokens by provider name: ``accounts.google.com``, the ARN of a SAML provider, or
        ``cognito-identity.amazonaws.com`` for a developer-authenticated identity. They are passed
        on unchanged. Several tokens state that they belong to one user, and AWS **links them
        permanently**.
    ``identity_id``
        The identity, if it is known. For developer-authenticated identities, the result of
        ``GetOpenIdTokenForDeveloperIdentity``.

    Raises :class:`~cognito_guard.ConfigurationError`.
    """

    __slots__ = ("identity_id", "tokens")

    tokens: Mapping[str, str]
    identity_id: str | None

    def __init__(self, tokens: Mapping[str, str], *, identity_id: str | None = None) -> None:
        problem = _problem_of(tokens) or _problem_of_identity(identity_id)
        if problem:
            del tokens, identity_id  # for reports show what frames have, that of an error too
            raise ConfigurationError(problem)
        self._fill(tokens, identity_id)

    @classmethod
    def unauthenticated(cls, identity_id: str | None = None) -> Logins:
        """A caller who has not signed in. The identity pool must allow unauthenticated identities,
        and the exchange needs ``unauthenticated=True``. Without ``identity_id``, each exchange
        creates a new identity."""
        problem = _problem_of_identity(identity_id)
        if problem:
            del identity_id
            raise ConfigurationError(problem)
        made = object.__new__(cls)
        made._fill({}, identity_id)
        return made

    def _fill(self, tokens: Mapping[str, str], identity_id: str | None) -> None:
        self.tokens = MappingProxyType(dict(tokens))
        self.identity_id = identity_id

    def __repr__(self) -> str:
        return "<Logins>"


def is_identity_id(value: object) -> bool:
    """Whether this may be the id of an identity, or of an identity pool."""
    if not isinstance(value, str) or len(value) > _MAX_ID:
        return False
    return re.fullmatch(_ID, value, re.ASCII) is not None


def _problem_of(tokens: object) -> str:
    """What is wrong with them, if anything is."""
    if not isinstance(tokens, Mapping) or not 0 < len(tokens) <= _MOST:
        return (
            f"Logins takes 1 to {_MOST} tokens by the names of their providers; for somebody "
            "without one there is Logins.unauthenticated()"
        )
    if not all(_fits(*one) for one in tokens.items()):
        return (
            f"Logins takes names of 1 to {_MAX_NAME} and tokens of 1 to {_MAX_TOKEN} printable "
            "ASCII characters"
        )
    return ""


def _problem_of_identity(identity_id: object) -> str:
    if identity_id is None or is_identity_id(identity_id):
        return ""
    return "identity_id must be REGION:ID, as AWS gives it"


def _fits(name: object, token: object) -> bool:
    return _printable(name, _MAX_NAME) and _printable(token, _MAX_TOKEN)


def _printable(value: object, most: int) -> bool:
    fits = isinstance(value, str) and 0 < len(value) <= most
    return fits and value.isascii() and value.isprintable()  # type: ignore[attr-defined]
