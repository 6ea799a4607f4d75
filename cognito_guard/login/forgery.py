"""Requests that another site made a browser send: told by Fetch Metadata and by ``Origin``.

A session's cookie comes along by itself. ``SameSite=Lax`` keeps most of such requests from having
it, but not those from a sibling of the host, and not in every browser.
"""

from __future__ import annotations

from ..http.carriers import HeaderValues

__all__ = ["is_from_elsewhere", "is_of_own_page", "is_same_site"]

# RFC 9110, section 9.2.1, without TRACE.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_same_site(method: str, headers: HeaderValues, origin: str) -> bool:
    """Whether a request comes from the own site, or changes nothing.

    Browsers send ``Sec-Fetch-Site`` or ``Origin`` with each request that may change something, so
    one without both does not count.
    """
    if method in _SAFE:
        return True
    sites = _texts(headers, "sec-fetch-site")
    if sites:
        return sites in (["same-origin"], ["none"])
    return _texts(headers, "origin") == [origin]


def is_of_own_page(headers: HeaderValues, origin: str) -> bool:
    """Whether a WebSocket is opened by a page of the own site (RFC 6455, section 10.2)."""
    return _texts(headers, "origin") == [origin]


def is_from_elsewhere(method: str, headers: HeaderValues) -> bool:
    """Whether a page of another site made a browser send this, other than by leading somebody here:
    it comes without the cookies that are ``SameSite=Lax`` (RFC 6265bis, section 5.2)."""
    leads = (
        method in ("GET", "HEAD")
        and _texts(headers, "sec-fetch-mode") == ["navigate"]
        and _texts(headers, "sec-fetch-dest") == ["document"]
    )
    return _texts(headers, "sec-fetch-site") == ["cross-site"] and not leads


def _texts(headers: HeaderValues, name: str) -> list[str]:
    values = headers(name)
    return [one.decode("latin-1") if isinstance(one, bytes) else one for one in values]
