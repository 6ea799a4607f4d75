"""What each claim of a load balancer's data must be, and what must belong together. Pure functions.

Application Load Balancers user guide, "User claims encoding and signature verification".
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..errors import InvalidToken, Reason
from ..tokens import claims as claim

if TYPE_CHECKING:
    from ..http.carriers import Forwarded
    from ..identity import Identity

__all__ = [
    "access_token",
    "check_client",
    "check_identity_header",
    "check_issuer",
    "check_key_id",
    "check_same_issuer",
    "check_signer",
    "check_token_client",
    "check_token_kind",
    "check_token_subject",
    "type_booleans",
]

_UUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

# OpenID Connect Core, section 5.1. Cognito's userInfo endpoint has them as texts.
_BOOLEANS = ("email_verified", "phone_number_verified")
_TYPED = {"true": True, "false": False}


# In the header, whose claims are as claims elsewhere (RFC 7519, section 5.3).


@lru_cache(maxsize=256)  # a load balancer has few keys at a time, and no kid is long
def check_key_id(kid: str) -> None:
    """``kid``: a UUID, since it becomes a part of a URL. Raises :class:`InvalidToken`."""
    if not re.fullmatch(_UUID, kid):
        raise InvalidToken(
            Reason.MALFORMED_TOKEN,
            'The "kid" in the header of the load balancer\'s data is no UUID.',
        )


def check_signer(header: claim.Claims, trusted: Container[str]) -> str:
    """``signer``: the ARN of a load balancer that is trusted here."""
    signer = claim.signer(header)
    if signer not in trusted:
        raise InvalidToken(
            Reason.WRONG_SIGNER, "The data was signed by a load balancer that is not trusted here."
        )
    return signer


def check_client(header: claim.Claims, accepted: Container[str]) -> str:
    """``client``: one that this load balancer may sign users in with."""
    client = claim.client(header)
    if client not in accepted:
        raise InvalidToken(
            Reason.WRONG_CLIENT,
            "The load balancer signs users in for a client that is not accepted here.",
        )
    return client


def check_issuer(header: claim.Claims, accepted: tuple[str, ...]) -> str:
    """``iss``: one of those that are accepted; any where none is named."""
    issuer = claim.issuer(header)
    if accepted and issuer not in accepted:
        raise InvalidToken(
            Reason.UNKNOWN_ISSUER, "The user comes from an issuer that is not trusted here."
        )
    return issuer


# In the payload.


def check_same_issuer(claims: claim.Claims, issuer: str) -> None:
    """``iss``: the header's."""
    if claims.get("iss") != issuer:
        claim.issuer(claims)  # says so where there is none
        raise InvalidToken(
            Reason.UNKNOWN_ISSUER, "The data names another issuer in its header than below."
        )


def type_booleans(claims: dict[str, Any]) -> None:
    """Turn the claims into truth values that are some and come as texts."""
    for name in _BOOLEANS:
        value = claims.get(name)
        if type(value) is str and value in _TYPED:
            claims[name] = _TYPED[value]


# In the other headers.


def check_identity_header(value: str | None, subject: str) -> None:
    """``x-amzn-oidc-identity``: optional; the subject of the signed data."""
    if value is not None and not _spells(value, subject):
        raise InvalidToken(
            Reason.IDENTITY_MISMATCH,
            "The header x-amzn-oidc-identity names another subject than the signed data.",
        )


def _spells(value: str, subject: str) -> bool:
    """Whether a header, whose text is its bytes one by one (ISO 8859-1), has the subject."""
    return value.encode("latin-1", "replace") == subject.encode("utf-8")


def access_token(forwarded: Forwarded) -> str:
    """``x-amzn-oidc-accesstoken``, where it belongs to the data."""
    if forwarded.access_token is None:
        raise InvalidToken(
            Reason.IDENTITY_MISMATCH,
            "The access token that belongs to the data did not come along.",
        )
    return forwarded.access_token


def check_token_kind(token: Identity) -> None:
    """That the token beside the data is an access token."""
    if token.token_use != "access":
        raise InvalidToken(
            Reason.WRONG_TOKEN_USE, "The token that came with the data is no access token."
        )


def check_token_client(token: Identity, client_id: str) -> None:
    """That it was issued to the client that the load balancer signs users in with."""
    if token.client_id != client_id:
        raise InvalidToken(
            Reason.WRONG_CLIENT, "The access token was issued to another client than the data's."
        )


def check_token_subject(token: Identity, subject: str) -> None:
    """That it speaks for the same user."""
    if token.subject != subject:
        raise InvalidToken(
            Reason.IDENTITY_MISMATCH, "The access token speaks for another user than the data."
        )
