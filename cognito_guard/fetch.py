"""The one place that opens a socket. One GET: a short time, a bounded body, no redirect.

All that this needs is imported when the first key is fetched, so that a process which only ever
sees static keys never pays for it: the HTTP client and asyncio take longer than all the rest.
"""

from __future__ import annotations

from .errors import ConfigurationError

__all__ = ["FETCH_SECONDS", "MAX_BODY", "FetchFailed", "check_url", "fetch"]

FETCH_SECONDS = 5.0
"""Seconds that a whole fetch may take, from resolving the name to the last byte."""

MAX_BODY = 256 * 1024
"""Bytes of a body that are read at most. A user pool's key set has about 800."""

_STEP_SECONDS = 3.0  # connect, and each read


class FetchFailed(Exception):
    """A fetch brought nothing usable. The message says what failed and nothing of what came."""


def check_url(url: str) -> str:
    """Return ``url`` if keys may be fetched from it: https, or http on the loopback interface.

    Raises :class:`ConfigurationError` for anything else.
    """
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # the port raises as well, if it is no number
    except ValueError:
        parts = urlsplit(host := "")
    if not host or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError("keys must come from a URL such as https://host/path")
    if parts.username is not None or parts.fragment:
        raise ConfigurationError("the URL of a key set takes no user name and no fragment")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
        return url
    raise ConfigurationError(
        "keys are fetched over https only; http is for loopback addresses such as 127.0.0.1"
    )


def fetch(url: str) -> bytes:
    """The body of a 200 answer from ``url``. Blocks for at most ``FETCH_SECONDS``.

    Raises :class:`FetchFailed`. Runs an event loop of its own, and must be called from a thread
    that runs none.
    """
    import asyncio

    # An event loop, because it can bound the whole fetch: the timeouts of a blocking client start
    # anew with every byte that a slow server drips.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(asyncio.wait_for(_fetch(url), FETCH_SECONDS))
    except TimeoutError:
        raise FetchFailed(f"no answer within {FETCH_SECONDS:g} s") from None
    finally:
        # Not `asyncio.run`, which would also wait for a name look-up that hangs in its own thread.
        loop.close()


async def _fetch(url: str) -> bytes:
    from urllib.parse import urlsplit

    import httpx

    client = httpx.AsyncClient(
        timeout=_STEP_SECONDS,
        follow_redirects=False,
        # A proxy that the environment names is for the outside; loopback is never outside.
        trust_env=not _is_loopback(urlsplit(url).hostname or ""),
        headers={"Accept": "application/json", "Accept-Encoding": "identity"},
    )
    try:
        async with client, client.stream("GET", url) as response:
            if response.status_code != 200:
                raise FetchFailed(f"status {response.status_code}")
            body = bytearray()
            # Raw: a compressed body that nobody asked for is not unpacked.
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BODY:
                    raise FetchFailed(f"a body of more than {MAX_BODY} bytes")
            return bytes(body)
    except httpx.TimeoutException:
        raise FetchFailed(f"no answer within {_STEP_SECONDS:g} s") from None
    except httpx.HTTPError as error:
        raise FetchFailed(type(error).__name__) from None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
