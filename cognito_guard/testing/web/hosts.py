"""Which names are this machine's, and under which origin a browser has asked."""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from .http1 import Refused, Request

__all__ = ["is_loopback", "own_origin"]


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's, as a browser sees it."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def own_origin(request: Request, scheme: str = "http") -> str:
    """What the browser takes for our origin. Raises :class:`Refused` for another site's name that
    leads here."""
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        host = ""
    if not is_loopback(host):
        raise Refused(HTTPStatus.MISDIRECTED_REQUEST, "This host is not served here.")
    return f"{scheme}://{request.host}"
