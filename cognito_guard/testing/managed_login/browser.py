"""Signs a user in at a local pool as a browser does: over HTTP, with cookies, on the page."""

from __future__ import annotations

import re
from html import unescape
from http.client import HTTPMessage
from ssl import SSLContext
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import (
    HTTPCookieProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    ProxyHandler,
    build_opener,
)

from ..web.hosts import is_loopback

__all__ = ["lead_through"]

_SECONDS = 30.0
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
_AUTHORIZE = "/oauth2/authorize"


def lead_through(origin: str, url: str, username: str, context: SSLContext | None) -> str:
    """Where a new browser is led that goes to ``url``, at the pool at ``origin``, and signs in.

    Raises ``ValueError`` with what the pool's page says, if it leads nowhere.
    """
    if not (_is_at(origin, url) and urlsplit(url).path == _AUTHORIZE):
        raise ValueError(
            f"the sign-in begins at {origin}{_AUTHORIZE}?...: give the address that the app's "
            "answer leads to (its Location)"
        )
    # Without the environment's proxies; and each sign-in is that of a new browser.
    secure = [] if context is None else [HTTPSHandler(context=context)]
    browser = build_opener(
        ProxyHandler({}), HTTPHandler(), *secure, HTTPCookieProcessor(), _StayHere()
    )
    form: bytes | None = None
    while True:
        try:
            with browser.open(url, form, timeout=_SECONDS) as answer:
                page = answer.read().decode("utf-8")
        except HTTPError as told:
            with told:
                to = told.headers.get("Location")
                if to is None:
                    raise _refused(told.code, told.read().decode("utf-8")) from None
            url, form = urljoin(url, to), None
            if not _is_at(origin, url):
                return url
            continue
        fields = {name: unescape(value) for name, value in _HIDDEN.findall(page)}
        if form is not None or not fields:
            raise _refused(200, page)
        form = urlencode({**fields, "username": username}).encode("ascii")


class _StayHere(HTTPRedirectHandler):
    """Follows no redirect: the last one leads to the app, which may not be there."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _refused(status: int, page: str) -> ValueError:
    return ValueError(f"the pool's page says, with {status}: {page}")


def _is_at(origin: str, url: str) -> bool:
    """Whether ``url`` is at ``origin``, under whichever name of this machine."""
    ours = urlsplit(origin)
    try:
        theirs = urlsplit(url)
        return (
            (theirs.scheme, theirs.port) == (ours.scheme, ours.port)
            and is_loopback(theirs.hostname or "")
            and theirs.username is None
        )
    except ValueError:  # no address at all
        return False
