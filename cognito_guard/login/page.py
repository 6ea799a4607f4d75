"""What is answered where a sign-in or a session failed: a page for a person, problem details for a
script. The same in every framework.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from http import HTTPStatus
from typing import final

from ..errors import KeysUnavailable
from .errors import LoginFailed, SessionsUnavailable
from .next_page import own_page
from .reasons import WORDS, LoginReason

__all__ = ["LoginPage", "error_page", "error_problem"]

_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem}"
    "small{color:#555}"
)
_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{b64encode(sha256(_STYLE.encode('ascii')).digest()).decode('ascii')}'"
)
_HTML = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>{style}</style>
<h1>{title}</h1>
<p>{message}</p>
<p><a href="{again}">Sign in</a></p>
<p><small>{reason}</small></p>
</html>
"""


@final
class LoginPage:
    """A complete answer. An adapter copies it and adds nothing."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> None:
        self.status = status
        self.headers = headers
        """Pairs of name and value, with that of the body's type."""
        self.body = body


def error_page(
    error: LoginFailed | SessionsUnavailable | KeysUnavailable, *, again: str = "/"
) -> LoginPage:
    """Return the error page for ``error``, without a script. ``again``: the path on your own site
    that begins a sign-in; any other value becomes ``/``."""
    if isinstance(error, KeysUnavailable):
        _, title, message, _ = WORDS[LoginReason.LOGIN_UNAVAILABLE]
        status = 503
    else:
        status, title, message = error.status, error.title, error.message
    html = _HTML.format(
        style=_STYLE,
        title=escape(title),
        message=escape(message),
        again=escape(own_page(again)),
        reason=escape(error.reason),
    )
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", _POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ]
    if error.retry_after is not None:
        headers.append(("Retry-After", str(error.retry_after)))
    return LoginPage(status, tuple(headers), html.encode("utf-8"))


def error_problem(
    error: LoginFailed | SessionsUnavailable | KeysUnavailable, *, docs_url: str | None = None
) -> LoginPage:
    """Return the same error for a script: problem details (RFC 9457), like the guard's refusals.
    ``docs_url``: that of the guard, for the ``type``."""
    status = 503 if isinstance(error, KeysUnavailable) else error.status
    problem = {
        "status": status,
        "title": HTTPStatus(status).phrase,
        "detail": error.detail,
        "error": "temporarily_unavailable" if status == 503 else None,
        "reason": str(error.reason),
    }
    if docs_url is not None:
        problem = {"type": f"{docs_url}#{error.reason}", **problem}
    headers = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
    if error.retry_after is not None:
        headers.append(("Retry-After", str(error.retry_after)))
    return LoginPage(status, tuple(headers), json.dumps(problem).encode("ascii"))
