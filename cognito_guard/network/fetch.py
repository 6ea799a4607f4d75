"""One GET, for keys: what may be asked, and the body of a good answer."""

from __future__ import annotations

from ..errors import ConfigurationError
from . import FETCH_SECONDS, MAX_BODY
from .exchange import exchange
from .failure import FetchFailed

__all__ = ["FETCH_SECONDS", "JWK_SET", "MAX_BODY", "PEM", "FetchFailed", "check_url", "fetch"]

JWK_SET = "application/jwk-set+json, application/json"
"""The media types of a key set (RFC 7517, section 8.5), for ``Accept``."""

PEM = "application/x-pem-file, text/plain, */*;q=0.1"
"""Those of a load balancer's key, for which nobody has laid one down."""

_STEP_SECONDS = 3.0  # connect, and each read


def check_url(url: str) -> str:
    """Return ``url`` if keys may be fetched from it: https, or http on the loopback interface.

    Raises :class:`ConfigurationError` for anything else.
    """
    from urllib.parse import urlsplit

    from .proxies import is_loopback

    if not isinstance(url, str):
        raise ConfigurationError("the URL of a key set must be text")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # the port raises as well, if it is no number
    except ValueError:
        parts = urlsplit(host := "")
    if not host or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError("keys must come from a URL such as https://host/path")
    if parts.username is not None or "#" in url:  # an empty one is one: a path would follow
        raise ConfigurationError("the URL of a key set takes no user name and no fragment")
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return url
    raise ConfigurationError(
        "keys are fetched over https only; http is for loopback addresses such as 127.0.0.1"
    )


def fetch(url: str, *, accept: str = JWK_SET) -> bytes:
    """The body of a 200 answer from ``url``. Blocks for at most ``FETCH_SECONDS``.

    Raises :class:`FetchFailed`.
    """
    seconds = (FETCH_SECONDS, _STEP_SECONDS)
    return exchange(
        "GET", url, accept=accept, seconds=seconds, max_body=MAX_BODY, only_status=200
    ).body
