"""TokenFault: what can be wrong with tokens, or with how they are refused. A closed list."""

from __future__ import annotations

from enum import Enum
from http import HTTPStatus
from types import MappingProxyType

from ..wire import Page
from .answers import json_page

__all__ = ["API_REFUSALS", "REFUSALS", "TokenFault"]


class TokenFault(Enum):
    """What is wrong with the token endpoint of a :class:`PoolServer`, or with its tokens.

    The first three refuse every request without executing it.
    """

    BAD_REQUEST = "bad request"
    """400 ``invalid_grant``, as for a code or a refresh token that is no longer valid."""
    UNAUTHORIZED = "unauthorized"
    """401 ``invalid_client``, as for a secret that has been replaced."""
    TOO_MANY_REQUESTS = "too many requests"
    """429, with ``Retry-After``. At the API, 400 ``TooManyRequestsException``."""
    OTHER_CLIENT = "other client"
    """The tokens of another app client."""
    OTHER_NONCE = "other nonce"
    """An ID token with the nonce of another sign-in."""
    OTHER_POOL = "other pool"
    """The tokens of another pool: its issuer, its keys."""
    OTHER_USER = "other user"
    """An access token of another user than the one of the ID token."""
    NO_ID_TOKEN = "no id token"
    """No ID token, although ``openid`` was requested."""


def _error(status: int, error: str, *headers: str) -> Page:
    return json_page({"error": error}, HTTPStatus(status), *headers)


def _exception(name: str) -> Page:
    return json_page({"__type": name, "message": "A fault is on."}, HTTPStatus.BAD_REQUEST)


REFUSALS = MappingProxyType(
    {
        TokenFault.BAD_REQUEST: _error(400, "invalid_grant"),
        TokenFault.UNAUTHORIZED: _error(401, "invalid_client"),
        TokenFault.TOO_MANY_REQUESTS: _error(429, "temporarily_unavailable", "Retry-After: 1"),
    }
)
"""How the token endpoint refuses."""
API_REFUSALS = MappingProxyType(
    {
        TokenFault.BAD_REQUEST: _exception("InvalidParameterException"),
        TokenFault.UNAUTHORIZED: _exception("NotAuthorizedException"),
        TokenFault.TOO_MANY_REQUESTS: _exception("TooManyRequestsException"),
    }
)
"""How the API refuses."""
