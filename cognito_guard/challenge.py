"""An error -> status, headers and body of the HTTP answer: RFC 6750, RFC 9457, RFC 9470."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from .errors import (
    AccessDenied,
    AuthError,
    InvalidRequest,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    MissingCredentials,
)

__all__ = ["Challenge", "challenge"]

_Row = tuple[type[AuthError] | type[KeysUnavailable], int, str, str | None]

# The error, its status, the title of the status, and the code of RFC 6750, section 3.1 (RFC 9470
# for the sign-in's age, RFC 6749, section 4.1.2.1 for the keys).
_TABLE: tuple[_Row, ...] = (
    (MissingCredentials, 401, "Unauthorized", None),
    (InvalidRequest, 400, "Bad Request", "invalid_request"),
    (InvalidToken, 401, "Unauthorized", "invalid_token"),
    (LoginTooOld, 401, "Unauthorized", "insufficient_user_authentication"),
    (AccessDenied, 403, "Forbidden", "insufficient_scope"),
    (KeysUnavailable, 503, "Service Unavailable", "temporarily_unavailable"),
)


class Challenge(NamedTuple):
    """What to answer. An adapter copies it and adds nothing.

    ``headers`` are pairs of name and value, without that of the body, which is
    ``Content-Type: application/problem+json``; ``problem`` is the body before it became JSON.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    problem: dict[str, Any]

    @property
    def body(self) -> bytes:
        """The problem details (RFC 9457) as JSON in UTF-8."""
        return json.dumps(self.problem).encode("utf-8")


def challenge(error: AuthError | KeysUnavailable, *, realm: str | None = None) -> Challenge:
    """The answer to a request that failed with ``error``."""
    status, title, code = next(
        (status, title, code) for kind, status, title, code in _TABLE if isinstance(error, kind)
    )
    problem = {
        "status": status,
        "title": title,
        "detail": error.detail,
        "error": code,
        "reason": str(error.reason),
    }
    headers = [("Cache-Control", "no-store"), ("Vary", "Authorization")]
    if isinstance(error, KeysUnavailable):
        headers.insert(0, ("Retry-After", str(error.retry_after)))
    else:
        headers.insert(0, ("WWW-Authenticate", _www_authenticate(error, code, realm)))
    return Challenge(status, tuple(headers), problem)


def _www_authenticate(error: AuthError, code: str | None, realm: str | None) -> str:
    parameters = {
        "realm": realm,
        "error": code,
        "error_description": error.detail if isinstance(error, InvalidToken) else None,
        "scope": " ".join(error.scopes) or None if isinstance(error, AccessDenied) else None,
        "max_age": error.max_age if isinstance(error, LoginTooOld) else None,
    }
    text = ", ".join(
        f'{name}="{_quotable(str(value))}"'
        for name, value in parameters.items()
        if value is not None
    )
    return f"Bearer {text}" if text else "Bearer"


def _quotable(text: str) -> str:
    """RFC 6750, section 3: printable ASCII without the quotation mark and the backslash.

    A check of the user's may say anything; it must not break out of the header.
    """
    return "".join("'" if c in '"\\' else c if " " <= c <= "~" else "?" for c in text)
