"""The twelve mistakes that people make, and a good token, as the form's fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["GOOD", "PRESETS", "Preset"]

GOOD: Mapping[str, str] = {
    "mode": "build",
    "kind": "access",
    "username": "alice",
    "groups": "staff",
    "scopes": "openid orders/read",
    "role": "editor",
    "expires_in": "3600",
    "issued_by": "pool",
    "change": "none",
    "route": "/me",
}


class Preset(NamedTuple):
    """A mistake: its name on the page, what it is, the fields, and how it is answered."""

    name: str
    title: str
    says: str
    changes: Mapping[str, str]
    status: int
    reason: str | None

    @property
    def fields(self) -> dict[str, str]:
        """All fields of the form."""
        return {**GOOD, **self.changes}


PRESETS = (
    Preset(
        "good",
        "A good token",
        "No mistake. An access token of the right pool, for the right client.",
        {},
        200,
        None,
    ),
    Preset(
        "no_token",
        "No token",
        "The request carries no Authorization header, or a proxy has dropped it.",
        {"kind": "none"},
        401,
        "missing_credentials",
    ),
    Preset(
        "id_token",
        "ID token instead of access token",
        "The client has two tokens and sends the wrong one.",
        {"kind": "id"},
        401,
        "wrong_token_use",
    ),
    Preset(
        "expired",
        "Expired token",
        "The client has not refreshed its token.",
        {"expires_in": "-10800"},
        401,
        "token_expired",
    ),
    Preset(
        "other_pool",
        "Token of another user pool",
        "The token comes from another stage, such as staging.",
        {"issued_by": "other_pool"},
        401,
        "unknown_issuer",
    ),
    Preset(
        "other_client",
        "Token of another app client",
        "The pool is right, but the token was issued to another app.",
        {"issued_by": "other_client"},
        401,
        "wrong_client",
    ),
    Preset(
        "bearer_twice",
        "“Bearer” twice",
        "The client adds “Bearer ” to a text that begins with it.",
        {"change": "bearer_twice"},
        400,
        "malformed_authorization",
    ),
    Preset(
        "missing_group",
        "Not in the group",
        "The user is in the group staff. The route asks for admins.",
        {"route": "/admin"},
        403,
        "missing_group",
    ),
    Preset(
        "missing_scope",
        "Without the scope",
        "The app client asked only for openid. The route asks for orders/read.",
        {"scopes": "openid", "route": "/orders"},
        403,
        "missing_scope",
    ),
    Preset(
        "payload",
        "Edited payload",
        "After the token was signed, somebody added the group admins.",
        {"change": "payload", "route": "/admin"},
        401,
        "bad_signature",
    ),
    Preset(
        "alg_none",
        "alg: none",
        "The token says that it is not signed, and has no signature.",
        {"change": "alg_none"},
        401,
        "unsupported_algorithm",
    ),
    Preset(
        "hs256",
        "HS256 with the public key",
        "Signed with a key that everybody can download, as if it were a shared secret.",
        {"change": "hs256"},
        401,
        "unsupported_algorithm",
    ),
    Preset(
        "other_balancer",
        "Headers of another load balancer",
        "Somebody sends headers that a load balancer of their own account has signed.",
        {"kind": "alb", "issued_by": "other_balancer", "route": "/login"},
        401,
        "wrong_signer",
    ),
)
