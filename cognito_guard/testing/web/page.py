"""The sign-in page of development, and its form: nobody is asked for a password there."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from hmac import compare_digest
from html import escape
from http import HTTPStatus

from ..users import LocalUser
from .forms import body_of, fields_of
from .http1 import Exchange, Headers, Refused, Request

__all__ = ["chosen", "sign_in_page"]

_NONCE_COOKIE = "cognito-login"
_MAX_FIELDS = 10

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Local sign-in</title>
<style>
body { font: 1rem/1.5 sans-serif; max-width: 30rem; margin: 4rem auto; padding: 0 1rem }
button { font: inherit; padding: .5rem 1rem; margin-right: 1rem }
</style>
</head>
<body>
<h1>Local sign-in</h1>
<p>For development only: nobody is asked for a password here.</p>
<form method="post" action="%(action)s">
%(hidden)s
%(users)s
</form>
</body>
</html>
"""
_HIDDEN = '<input type="hidden" name="%s" value="%s">'
_USER = '<p><button name="username" value="%(name)s"%(hint)s>%(name)s</button>%(groups)s</p>'

_PAGE_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
)


def sign_in_page(
    request: Request,
    users: Iterable[LocalUser],
    action: str,
    *,
    fields: Mapping[str, str] = {},
    cookie_path: str,
    hint: str = "",
) -> tuple[str, Headers]:
    """The page with a button for each user, and the headers that go with it.

    The form is posted to ``action`` with the hidden ``fields``. The button of the user who is the
    ``hint`` has the focus.
    """
    nonce = next(request.cookies(_NONCE_COOKIE), "")
    if not re.fullmatch(r"[\w-]{43}", nonce, re.ASCII):
        nonce = secrets.token_urlsafe(32)
    hidden = {"nonce": nonce, **fields}
    page = _PAGE % {
        "action": escape(action),
        "hidden": "\n".join(_HIDDEN % (name, escape(value)) for name, value in hidden.items()),
        "users": "\n".join(_button(user, hint) for user in users),
    }
    # Another site can neither read the one nor set the other, so it cannot sign anybody in.
    cookie = f"{_NONCE_COOKIE}={nonce}; Path={cookie_path}; HttpOnly; SameSite=Strict"
    return page, (*_PAGE_HEADERS, ("Set-Cookie", cookie))


def chosen(
    exchange: Exchange, request: Request, users: Mapping[str, LocalUser], origin: str
) -> tuple[str, Mapping[str, str]]:
    """The user who was chosen on the page, and all fields. Raises :class:`Refused`."""
    if request.values("origin") not in ([], [origin]):
        raise Refused(HTTPStatus.FORBIDDEN, "This form belongs to another site.")
    try:
        fields = fields_of(body_of(exchange).decode("latin-1"), _MAX_FIELDS)
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "This is not what the form has.") from None
    nonce = next(request.cookies(_NONCE_COOKIE), "")
    if not nonce or not compare_digest(nonce.encode(), fields.get("nonce", "").encode()):
        raise Refused(HTTPStatus.FORBIDDEN, "This form is not from here, or cookies are off.")
    username = fields.get("username", "")
    if username not in users:
        raise Refused(HTTPStatus.BAD_REQUEST, "There is no such user.")
    return username, fields


def _button(user: LocalUser, hint: str) -> str:
    return _USER % {
        "name": escape(user.username),
        "hint": " autofocus" if user.username == hint else "",
        "groups": escape(", ".join(user.groups)),
    }
