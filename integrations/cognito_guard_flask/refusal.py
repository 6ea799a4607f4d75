"""A challenge as a Werkzeug HTTP exception, so that an app's own error handlers see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, request
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    ServiceUnavailable,
    Unauthorized,
)

from cognito_guard import AuthError, Challenge, Guard, KeysUnavailable, Reason

from .current import Kept, kept

if TYPE_CHECKING:
    from cognito_guard.login import LoginPage

__all__ = ["LoginAnswer", "Refusal", "finish", "refuse"]


class Refusal(HTTPException):
    """A refused request. It is also a ``BadRequest``, ``Unauthorized``, ``Forbidden`` or
    ``ServiceUnavailable`` of Werkzeug.

    ``reason`` is a permanent code, ``description`` one sentence for a developer, and ``challenge``
    the whole answer. The cause is the ``AuthError`` or ``KeysUnavailable``. Extensions that render
    errors themselves (Flask-RESTX, Flask-RESTful, flask-smorest) take the body from ``data``.
    """

    _by_view = False
    """Whether a view has asked for it by ``enforce``, and no guard before it."""

    def __init__(self, reason: Reason, challenge: Challenge) -> None:
        super().__init__(challenge.problem["detail"])
        self.reason = reason
        self.challenge = challenge
        problem = challenge.problem
        message, errors = problem["detail"], challenge.summary
        self.data: dict[str, Any] = {**problem, "message": message, "errors": errors}

    def get_headers(self, environ: Any = None, scope: Any = None) -> list[tuple[str, str]]:
        """Those of the challenge, and that of the body."""
        return [*self.challenge.headers, ("Content-Type", "application/problem+json")]

    def get_body(self, environ: Any = None, scope: Any = None) -> str:
        """The problem details (RFC 9457)."""
        return self.challenge.body.decode("utf-8")


class LoginAnswer(HTTPException):
    """What is answered in the place of a refusal where there is sign-in: a page, or a redirect."""

    def __init__(self, status: int, headers: Any, body: bytes = b"") -> None:
        super().__init__(response=Response(body, status, list(headers)))
        self.code = status

    @classmethod
    def of(cls, page: LoginPage) -> LoginAnswer:
        """The engine's."""
        return cls(page.status, page.headers, page.body)


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
    path = request.root_path + request.path
    challenge = guard.challenge(error, method=request.method, path=path)
    kept().challenge = challenge
    return _KINDS[challenge.status](error.reason, challenge)


def finish(response: Response) -> Response:
    """Put the challenge's headers on a refusal, whoever has rendered it, and take the body off the
    answer to a preflight.

    An error handler that answers with another status, a redirect for example, has its own way.
    """
    known = kept()
    if known.no_body:
        response.set_data(b"")
    if known.login_looked:
        mark_session(response, known)
    challenge = known.challenge
    if challenge is not None and response.status_code == challenge.status:
        for name, value in challenge.headers:
            if name == "Vary":
                response.vary.update(value.split(", "))
            elif name not in ("WWW-Authenticate", "Set-Cookie"):
                response.headers[name] = value
            elif value not in response.headers.getlist(name):
                # An app may have a challenge of its own, for another scheme, and cookies.
                response.headers.add(name, value)
    return response


def mark_session(response: Response, known: Kept) -> None:
    """Say that the session's cookie counted. A page that says nothing of being kept is not kept:
    after the sign-out, the back button would show it again.

    A cookie that is worth nothing any more stays: an answer that comes late would drop that of a
    new session.
    """
    response.vary.add("Cookie")
    if known.page is not None and known.by_session:
        response.headers.setdefault("Cache-Control", "no-store")
