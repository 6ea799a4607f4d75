"""Issues the tokens of a sign-in, as Cognito does, or with what a fault makes of them."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ..clients import LocalClient
from ..levels import claims_of
from ..triggers import Changes
from .faults import TokenFault
from .refresh_tokens import SignIn
from .state import State

if TYPE_CHECKING:
    from ..pool import LocalUserPool

__all__ = ["attributes", "sign_in_tokens", "without"]

_OTHER_CLIENT = "9another8client"
_OTHER_NONCE = "of-another-sign-in"
_OTHER_USER = "mallory"

# OpenID Connect Core, section 5.4. What is neither is "profile", custom attributes too.
_EMAIL = ("email", "email_verified")
_PHONE = ("phone_number", "phone_number_verified")


def attributes(pool: LocalUserPool, username: str, scopes: Sequence[str]) -> dict[str, Any]:
    """What scopes let a client know of a user. ``openid`` alone stands for everything."""
    known = pool.attributes(username)
    if not {"email", "phone", "profile"}.intersection(scopes):
        return known
    return {name: value for name, value in known.items() if _scope_of(name) in scopes}


def sign_in_tokens(
    state: State,
    client: LocalClient,
    sign_in: SignIn,
    changes: Changes,
    *,
    nonce: str | None = None,
    fault: TokenFault | None = None,
) -> dict[str, str]:
    """The access token of a sign-in, and its ID token where ``openid`` was asked for.

    ``changes`` are those of the pool's triggers.
    """
    groups = state.pool.user(sign_in.username).groups if changes.groups is None else changes.groups
    pool, client_id, user = state.pool, client.client_id, sign_in.username
    claims: dict[str, Any] = {
        "iss": state.issuer,
        "auth_time": sign_in.auth_time,
        "origin_jti": sign_in.origin_jti,
        "event_id": sign_in.event_id,
        **claims_of(sign_in.level, pool.level_names),
    }
    if fault is TokenFault.OTHER_POOL:
        pool = state.other_pool
        claims["iss"] = pool.issuer
    if fault is TokenFault.OTHER_CLIENT:
        client_id = _OTHER_CLIENT
    if fault is TokenFault.OTHER_NONCE:
        nonce = _OTHER_NONCE
    bound = {} if sign_in.resource is None else {"aud": sign_in.resource}
    access = pool.access_token(
        _OTHER_USER if fault is TokenFault.OTHER_USER else user,
        groups=groups,
        scopes=changes.scopes(sign_in.scopes),
        client_id=client_id,
        expires_in=client.token_seconds,
        claims={
            **claims,
            "version": 2 if sign_in.by_browser else pool.OMIT,
            **without(pool, changes.access_claims),
            **bound,
        },
    )
    tokens = {"access_token": access}
    if fault is not TokenFault.NO_ID_TOKEN and ("openid" in sign_in.scopes or _by_api(sign_in)):
        tokens["id_token"] = pool.id_token(
            user,
            groups=groups,
            client_id=client_id,
            expires_in=client.token_seconds,
            claims={
                **claims,
                **_of_the_user(state.pool, sign_in),
                "at_hash": _half_hash(access),
                "nonce": pool.OMIT if nonce is None else nonce,
                **without(pool, changes.id_claims),
            },
        )
    return tokens


def without(pool: LocalUserPool, claims: Mapping[str, Any]) -> dict[str, Any]:
    """Claims as the pool takes them, where those that are ``None`` are to be left out."""
    return {name: pool.OMIT if value is None else value for name, value in claims.items()}


def _by_api(sign_in: SignIn) -> bool:
    return not sign_in.by_browser


def _of_the_user(pool: LocalUserPool, sign_in: SignIn) -> Mapping[str, Any]:
    """The user's attributes, and those left out of which the client is not to know."""
    hidden = dict.fromkeys(pool.attributes(sign_in.username), pool.OMIT)
    return {**hidden, **attributes(pool, sign_in.username, sign_in.scopes)}


def _scope_of(attribute: str) -> str:
    if attribute in _EMAIL:
        return "email"
    return "phone" if attribute in _PHONE else "profile"


def _half_hash(token: str) -> str:
    """OpenID Connect Core, section 3.1.3.6."""
    return urlsafe_b64encode(sha256(token.encode("ascii")).digest()[:16]).rstrip(b"=").decode()
