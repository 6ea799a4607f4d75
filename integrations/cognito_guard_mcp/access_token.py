"""The caller of an MCP request, inside of the access token that the SDK carries around."""

from __future__ import annotations

from typing import Any

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from pydantic import PrivateAttr

from cognito_guard import Identity

__all__ = ["CognitoAccessToken", "Silent", "current_identity", "fields_of", "identity_of"]


class Silent:
    """An access token whose ``repr`` shows neither the token nor what is in it."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


class CognitoAccessToken(Silent, AccessToken):
    """The SDK's, with the :class:`cognito_guard.Identity` that it was made of."""

    _identity: Identity | None = PrivateAttr(None)


def fields_of(identity: Identity, token: str, now: float) -> dict[str, Any]:
    """What the SDK wants to know. It binds sessions to client, issuer and subject."""
    audience = identity.claims.get("aud")
    ends = identity.expires_at
    return {
        "token": token,
        "client_id": identity.client_id,
        "scopes": list(identity.scopes),
        # The SDK has no leeway: what is accepted by the guard's is accepted.
        "expires_at": ends if ends is not None and ends > now else None,
        "resource": audience if isinstance(audience, str) else None,
        "subject": identity.subject,
        "claims": identity.as_dict()["claims"],
    }


def identity_of(token: object) -> Identity | None:
    """Who an access token speaks for, if it is one of ours."""
    found = getattr(token, "_identity", None) if isinstance(token, Silent) else None
    return found if isinstance(found, Identity) else None


def current_identity() -> Identity:
    """Return the caller of the running tool, resource or prompt.

    Raises ``RuntimeError`` if there is no caller: outside of a request, or on a server without a
    :class:`CognitoTokenVerifier`, such as one on standard input and output.
    """
    identity = identity_of(get_access_token())
    if identity is None:
        raise RuntimeError(
            "current_identity() is for tools of a server with a CognitoTokenVerifier, while they "
            "are called"
        )
    return identity
