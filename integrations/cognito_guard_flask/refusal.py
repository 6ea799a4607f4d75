"""A challenge as a Werkzeug HTTP exception, so that an app's own error handlers see it."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    ServiceUnavailable,
    Unauthorized,
)

from cognito_guard import AuthError, Challenge, Guard, KeysUnavailable, Reason

__all__ = ["Refusal", "keep_challenge", "refuse"]

_CHALLENGE = "cognito_guard.challenge"


class Refusal(HTTPException):
    """A request was refused. Also a ``BadRequest``, ``Unauthorized``, ``Forbidden`` or
    ``ServiceUnavailable`` of Werkzeug's.

    ``reason`` is a permanent code, ``description`` one sentence for a developer, ``challenge`` the
    whole answer. The ``AuthError`` or ``KeysUnavailable`` is its cause.
    """

    def __init__(self, reason: Reason, challenge: Challenge) -> None:
        super().__init__(challenge.problem["detail"])
        self.reason = reason
        self.challenge = challenge

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Those of the challenge, and that of the body."""
        return [*self.challenge.headers, ("Content-Type", "application/problem+json")]

    def get_body(self, environ: Any = None, scope: Any = None) -> str:
        """The problem details (RFC 9457)."""
        return self.challenge.body.decode("utf-8")


class _BadRequest(Refusal, BadRequest):
    pass


class _Unauthorized(Refusal, Unauthorized):
    pass


class _Forbidden(Refusal, Forbidden):
    pass


class _ServiceUnavailable(Refusal, ServiceUnavailable):
    pass


_KINDS = {kind.code: kind for kind in (_BadRequest, _Unauthorized, _Forbidden, _ServiceUnavailable)}


def refuse(guard: Guard, error: AuthError | KeysUnavailable) -> Refusal:
    """The exception to raise for a request that failed with ``error``."""
    challenge = guard.challenge(error)
    request.environ[_CHALLENGE] = challenge
    return _KINDS[challenge.status](error.reason, challenge)


def keep_challenge(response: Response) -> Response:
    """Put the challenge's headers on a refusal, whoever has rendered it.

    An error handler that answers with another status, a redirect for example, has its own way.
    """
    challenge: Challenge | None = request.environ.get(_CHALLENGE)
    if challenge is not None and response.status_code == challenge.status:
        for name, value in challenge.headers:
            if name == "Vary":
                response.vary.add(value)
            elif name != "WWW-Authenticate":
                response.headers[name] = value
            elif value not in response.headers.getlist(name):
                # An app may have a challenge of its own, for another scheme.
                response.headers.add(name, value)
    return response
