"""Who asks for credentials, as far as can be told before AWS is asked."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, final

from ...errors import ConfigurationError, InvalidToken, Reason
from ...identity import Identity
from ...tokens.parsing import parse_token
from ...tokens.user_pool import UserPool
from .logins import Logins

__all__ = ["Caller", "Said", "caller_of"]


@final
class Caller:
    """One who asks. Its ``repr`` says nothing.

    ``identity``: the user of the pool, by their ID token, which AWS verifies and nobody else.
    ``key``: what their credentials are remembered under, or ``None`` for who is somebody new each
    time.
    """

    __slots__ = ("identity", "key", "logins")

    def __init__(self, logins: Logins, identity: Identity | None, key: bytes | None) -> None:
        self.logins = logins
        self.identity = identity
        self.key = key


@final
class Said:
    """What somebody asks with. Its ``repr`` says nothing, so it may be a variable while a user's
    code runs: see `_support.silence`."""

    __slots__ = ("value",)

    def __init__(self, value: str | Logins) -> None:
        self.value = value


def caller_of(
    said: Said, pool: UserPool | None, provider: str | None, secret: bytes, now: float
) -> Caller:
    """Who asks. Raises :class:`InvalidToken` where one of the tokens is to be an ID token of the
    pool, and is plainly none, or has expired."""
    logins = _logins(said.value, provider)
    token = None if provider is None else logins.tokens.get(provider)
    identity = None
    if pool is not None and token is not None:
        identity = _identity(parse_token(token).claims, pool, now)
    new_each_time = not logins.tokens and logins.identity_id is None
    return Caller(logins, identity, None if new_each_time else _key(logins, secret))


def _logins(said: str | Logins, provider: str | None) -> Logins:
    """An ID token of the pool is its login at ``provider``."""
    if isinstance(said, Logins):
        return said
    if provider is None:
        raise ConfigurationError("without a UserPool, credentials are asked for with Logins")
    parse_token(said)
    return Logins({provider: said})


def _identity(claims: Mapping[str, Any], pool: UserPool, now: float) -> Identity:
    if claims.get("iss") not in pool.issuers:
        raise InvalidToken(
            Reason.UNKNOWN_ISSUER, "The token comes from another issuer than the user pool."
        )
    if claims.get("token_use") != "id":
        raise InvalidToken(
            Reason.WRONG_TOKEN_USE, "This is no ID token; an identity pool takes ID tokens."
        )
    subject, client, end = claims.get("sub"), claims.get("aud"), claims.get("exp")
    number = isinstance(end, int | float) and not isinstance(end, bool)
    if not isinstance(subject, str) or not subject or not isinstance(client, str) or not number:
        raise InvalidToken(
            Reason.MALFORMED_CLAIM, "The token lacks a claim that every ID token has."
        )
    if pool.client_ids is not None and client not in pool.client_ids:
        raise InvalidToken(
            Reason.WRONG_CLIENT, "The token was issued to an app client that is not accepted here."
        )
    if not now < end + pool.leeway:  # type: ignore[operator]  # a number here
        raise InvalidToken(Reason.TOKEN_EXPIRED, "The token has expired.")
    return Identity(dict(claims), "id", client)


def _key(logins: Logins, secret: bytes) -> bytes:
    """A digest of all that decides which credentials AWS gives: a new token may have other groups,
    and so another role. Each part with its length, so that no two callers have one text."""
    parts = [logins.identity_id or ""]
    for name, token in sorted(logins.tokens.items()):
        parts += [name, token]
    digest = blake2b(key=secret)
    for part in parts:
        raw = part.encode("utf-8")
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.digest()
