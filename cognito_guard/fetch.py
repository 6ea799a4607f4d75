"""The one place that opens a socket. One GET: a short time, a bounded body, no redirect.

All that this needs is imported when the first key is fetched, so that a process which only ever
sees static keys never pays for it: the HTTP client and asyncio take longer than all the rest.
"""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .errors import ConfigurationError

if TYPE_CHECKING:
    import asyncio
    import ssl

    import httpx

__all__ = ["FETCH_SECONDS", "MAX_BODY", "FetchFailed", "check_url", "fetch"]

FETCH_SECONDS = 5.0
"""Seconds that a whole fetch may take, from resolving the name to the last byte."""

MAX_BODY = 256 * 1024
"""Bytes of a body that are read at most. A user pool's key set has about 800."""

_STEP_SECONDS = 3.0  # connect, and each read

# What the HTTP client makes something of, besides the proxies for single hosts.
_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")


class FetchFailed(Exception):
    """A fetch brought nothing usable. The message says what failed and nothing of what came.

    ``status``: that of the answer, where it was another one than 200.
    """

    def __init__(self, problem: str, *, status: int | None = None) -> None:
        super().__init__(problem)
        self.status = status


def check_url(url: str) -> str:
    """Return ``url`` if keys may be fetched from it: https, or http on the loopback interface.

    Raises :class:`ConfigurationError` for anything else.
    """
    from urllib.parse import urlsplit

    if not isinstance(url, str):
        raise ConfigurationError("the URL of a key set must be text")
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
    with _loading:
        import asyncio

        import anyio.lowlevel

        loop_class = _loop_class()
        client = _client(url)
    # An event loop, because it can bound the whole fetch: the timeouts of a blocking client start
    # anew with every byte that a slow server drips.
    with asyncio.Runner(loop_factory=loop_class) as runner:
        with _loading:
            runner.run(anyio.lowlevel.checkpoint())  # loads anyio's half for asyncio
        return runner.run(_get(client, url))


def _client(url: str) -> httpx.AsyncClient:
    from urllib.parse import urlsplit

    import httpx

    loopback = _is_loopback(urlsplit(url).hostname or "")
    try:
        file = os.environ.get("SSL_CERT_FILE")
        # With its time, so that authorities that are replaced on disk count from the next fetch on.
        changed = os.stat(file).st_mtime_ns if file else 0  # noqa: PTH116
        context = _tls_context(file, changed, os.environ.get("SSL_CERT_DIR"))
        return httpx.AsyncClient(
            verify=context,
            timeout=_STEP_SECONDS,
            follow_redirects=False,
            # A proxy that the environment names is for the outside, and loopback is never outside.
            trust_env=not loopback,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )
    except Exception as error:  # noqa: BLE001  # SSL_CERT_FILE names no file, HTTPS_PROXY no proxy
        problem = type(error).__name__
    # Their names alone: a proxy's address may hold a password.
    names = ", ".join(sorted(name for name in os.environ if name.upper() in _VARIABLES))
    where = f"the environment ({names})" if names else "the environment"
    raise FetchFailed(f"{problem} while the HTTP client was set up from {where}")


@lru_cache(maxsize=1)
def _tls_context(*_: object) -> ssl.SSLContext:
    """What certificates are checked with, as the environment says that it was given.

    Kept, because making one for each fetch took 24 ms, and 26 MiB of memory within 50 fetches that
    glibc did not give back.
    """
    import httpx

    return httpx.create_ssl_context()


async def _get(client: httpx.AsyncClient, url: str) -> bytes:
    import asyncio

    import httpx

    try:
        async with asyncio.timeout(FETCH_SECONDS), client, client.stream("GET", url) as response:
            if response.status_code != 200:
                status = response.status_code
                raise FetchFailed(f"status {status}", status=status)
            body = bytearray()
            # Raw: a compressed body that nobody asked for is not unpacked.
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BODY:
                    raise FetchFailed(f"a body of more than {MAX_BODY} bytes")
            return bytes(body)
    except FetchFailed:
        raise
    except TimeoutError:
        problem = f"no answer within {FETCH_SECONDS:g} s"
    except httpx.TimeoutException:
        problem = f"no answer within {_STEP_SECONDS:g} s"
    except httpx.ConnectError as error:
        problem = f"no connection: {_cause(error)}"
    except httpx.ProxyError as error:  # what follows the status is the proxy's own wording
        problem = f"the proxy answered with {str(error)[:3]}"
    except Exception as error:  # noqa: BLE001  # `httpx.HTTPError`, and of others' for odd URLs
        problem = type(error).__name__
    raise FetchFailed(problem + _way(url))


def _cause(error: BaseException) -> str:
    """What the system said: of the name, the network or the certificate. Nothing that came."""
    import errno
    import socket
    import ssl

    cause = type(error).__name__
    todo: list[BaseException | None] = [error]
    while todo:  # from the client's words to the system's, which come last
        one = todo.pop()
        if isinstance(one, ssl.SSLCertVerificationError):
            cause = f"certificate verify failed: {one.verify_message}"
        elif isinstance(one, ssl.SSLError):
            cause = f"TLS: {one.reason}"
        elif isinstance(one, socket.gaierror):
            cause = str(one.strerror)
        elif isinstance(one, OSError) and (name := errno.errorcode.get(one.errno or 0)):
            cause = f"{os.strerror(one.errno or 0)} ({name})"
        if one is not None:
            todo += [one.__cause__ or one.__context__, *getattr(one, "exceptions", ())]
    return cause


def _way(url: str) -> str:
    """By which of the environment's proxies ``url`` is asked, without the proxy's password."""
    from urllib.parse import urlsplit
    from urllib.request import getproxies, proxy_bypass

    host = urlsplit(url).hostname or ""
    proxies = getproxies()
    proxy = proxies.get("https") or proxies.get("all")
    if not proxy or _is_loopback(host) or proxy_bypass(host):
        return ""
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return f" (through the proxy {parts.netloc.rpartition('@')[2]})"


def _loop_class() -> type[asyncio.AbstractEventLoop]:
    import asyncio
    import socket
    from concurrent.futures import Future

    class Loop(asyncio.SelectorEventLoop):
        """Looks names up in daemon threads.

        The exit of a process waits for the threads of asyncio's own pool, and a look-up may hang
        for half a minute.
        """

        async def getaddrinfo(self, *host_port: Any, **hints: Any) -> Any:
            answer: Future[Any] = Future()
            answer.set_running_or_notify_cancel()  # from here on, the one who waits may leave

            def look_up() -> None:
                try:
                    answer.set_result(socket.getaddrinfo(*host_port, **hints))
                except Exception as error:  # noqa: BLE001  # for the one who waits
                    answer.set_exception(error)

            threading.Thread(target=look_up, name="cognito_guard.lookup", daemon=True).start()
            return await asyncio.wrap_future(answer)

    return Loop


# Held while the thread that fetches loads modules. A fork waits for that: in the child the thread
# is gone, and a module that it had begun to import could never be imported there.
_loading = threading.RLock()

if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows has no fork
    os.register_at_fork(
        before=_loading.acquire,
        after_in_parent=_loading.release,
        after_in_child=_loading.release,
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
