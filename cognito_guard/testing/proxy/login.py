"""The login page of the local load balancer, in place of managed login, and its form."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from hmac import compare_digest
from html import escape
from http import HTTPStatus
from urllib.parse import parse_qs, urlencode

from ..users import LocalUser
from .http1 import Exchange, Refused, Request

__all__ = ["LOGIN_PATH", "LOGOUT_PATH", "PREFIX", "chosen", "login_url", "return_to", "show"]

PREFIX = "/.cognito/"
"""The paths that the app never sees begin with it."""
LOGIN_PATH = PREFIX + "login"
LOGOUT_PATH = PREFIX + "logout"

_NONCE_COOKIE = "cognito-login"
_MAX_FORM = 32 * 1024
_MAX_FIELDS = 10
# A path of ours. Browsers take two slashes, of either kind, for the beginning of a host's name.
_OWN_PATH = re.compile(r"/(?![/\\])[\x21-\x7e]*")

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
<input type="hidden" name="nonce" value="%(nonce)s">
<input type="hidden" name="to" value="%(to)s">
%(users)s
</form>
</body>
</html>
"""
_USER = '<p><button name="username" value="%(name)s">%(name)s</button>%(groups)s</p>'

_PAGE_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
)


def login_url(to: str) -> str:
    """Where to sign in on the way to ``to``."""
    return f"{LOGIN_PATH}?{urlencode({'to': to})}"


def return_to(query: str, name: str, origin: str) -> str:
    """The path in a field of a query: a page of this origin, and ``/`` if it is anything else."""
    try:
        path = parse_qs(query, max_num_fields=_MAX_FIELDS).get(name, ["/"])[0]
    except ValueError:
        return "/"
    path = path.removeprefix(origin) or "/"
    return path if _OWN_PATH.fullmatch(path) else "/"


def show(exchange: Exchange, request: Request, users: Iterable[LocalUser], to: str) -> None:
    """Answer with the login page."""
    nonce = next(request.cookies(_NONCE_COOKIE), "")
    if not re.fullmatch(r"[\w-]{43}", nonce, re.ASCII):
        nonce = secrets.token_urlsafe(32)
    buttons = [
        _USER % {"name": escape(user.username), "groups": escape(", ".join(user.groups))}
        for user in users
    ]
    page = _PAGE % {
        "action": LOGIN_PATH,
        "nonce": nonce,
        "to": escape(to),
        "users": "\n".join(buttons),
    }
    # Another site can neither read the one nor set the other, so it cannot sign anybody in.
    cookie = f"{_NONCE_COOKIE}={nonce}; Path={PREFIX}; HttpOnly; SameSite=Strict"
    headers = (*_PAGE_HEADERS, ("Set-Cookie", cookie))
    exchange.answer(HTTPStatus.OK, page, headers=headers, kind="text/html")


def chosen(
    exchange: Exchange, request: Request, users: Mapping[str, LocalUser], origin: str
) -> tuple[str, str]:
    """The user that was chosen on the login page, and where to go. Raises :class:`Refused`."""
    if request.values("origin") not in ([], [origin]):
        raise Refused(HTTPStatus.FORBIDDEN, "This form belongs to another site.")
    body = bytearray()
    for piece in exchange.body():
        body += piece
        if len(body) > _MAX_FORM:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This is more than the form has.")
    form = body.decode("latin-1")
    try:
        fields = {name: values[0] for name, values in parse_qs(form, max_num_fields=10).items()}
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "This is not what the form has.") from None
    nonce = next(request.cookies(_NONCE_COOKIE), "")
    if not nonce or not compare_digest(nonce.encode(), fields.get("nonce", "").encode()):
        raise Refused(HTTPStatus.FORBIDDEN, "This form is not from here, or cookies are off.")
    if fields.get("username") not in users:
        raise Refused(HTTPStatus.BAD_REQUEST, "There is no such user.")
    return fields["username"], return_to(form, "to", origin)
