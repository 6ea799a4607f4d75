"""Requests that another site made a browser send: told by Fetch Metadata and by ``Origin``.

A session's cookie comes along by itself. ``SameSite=Lax`` keeps most of such requests from having
it, but not those from a sibling of the host, and not in every browser.
"""

from __future__ import annotations

from ..http.carriers import HeaderValues
from .errors import LoginFailed
from .reasons import LoginReason

__all__ = ["check_same_site", "check_websocket"]

# RFC 9110, section 9.2.1, without TRACE.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def check_same_site(method: str, headers: HeaderValues, origin: str) -> None:
    """That a request which may change something comes from the own site.

    Browsers send ``Sec-Fetch-Site`` or ``Origin`` with each of them, so a request without both is
    refused too. Raises :class:`LoginFailed` (``cross_site_request``, 403).
    """
    if method in _SAFE:
        return
    sites = _texts(headers, "sec-fetch-site")
    if sites in (["same-origin"], ["none"]):
        return
    if sites or _texts(headers, "origin") != [origin]:
        raise LoginFailed(LoginReason.CROSS_SITE_REQUEST)


def check_websocket(headers: HeaderValues, origin: str) -> None:
    """That a WebSocket is opened by a page of the own site (RFC 6455, section 10.2).

    Raises :class:`LoginFailed` (``cross_site_request``, 403).
    """
    if _texts(headers, "origin") != [origin]:
        raise LoginFailed(LoginReason.CROSS_SITE_REQUEST)


def _texts(headers: HeaderValues, name: str) -> list[str]:
    values = headers(name)
    return [one.decode("latin-1") if isinstance(one, bytes) else one for one in values]
