"""The HTTP client, and the one seam to it: httpx2 where it is installed, httpx otherwise.

It is blocking, so it works wherever threads do, or what gevent puts in their place.
Its own timeouts start anew with every byte that a slow server drips; so each step on a connection
is given what is left of the whole.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from .connecting import Deadline, first_of, look_up
from .proxies import Proxy

if TYPE_CHECKING:
    import httpcore as core
    import httpx as http
else:
    try:
        import httpcore2 as core
        import httpx2 as http
    except ImportError:
        import httpcore as core
        import httpx as http

__all__ = ["Client", "Told", "core"]

# Less than the idle time of any load balancer on the way, which is 60 s unless somebody chose less.
_KEPT_SECONDS = 20.0


class _Call(threading.local):
    """The request that this thread is making: when it ends, and the connections that were opened
    for it. A kept connection serves one thread after another."""

    deadline: Deadline
    opened: list[core.NetworkStream]


class _Stream(core.NetworkStream):
    """A connection, each step on which ends with the request that it is for."""

    def __init__(self, stream: core.NetworkStream, call: _Call) -> None:
        self._stream = stream
        self._call = call

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._call.deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._call.deadline.left())

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> core.NetworkStream:
        left = self._call.deadline.left()
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._call)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(core.NetworkBackend):
    """Connects, within what is left of the request."""

    def __init__(self, call: _Call) -> None:
        self._call = call
        self._system = core.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> core.NetworkStream:
        call = self._call
        addresses = look_up(host, port, call.deadline)
        left = call.deadline.left()
        connect = self._system.connect_tcp
        attempts = [
            partial(connect, address, port, left, local_address, socket_options)
            for address in addresses
        ]
        stream = first_of(attempts, call.deadline, core.NetworkStream.close)
        call.opened.append(stream)
        return _Stream(stream, call)


class _Body(http.SyncByteStream):
    """What comes after the headers."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()


class _Transport(http.BaseTransport):
    """The client's way to the network, by connections of ours."""

    def __init__(self, pool: core.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: http.Request) -> http.Response:
        url = request.url
        answer = self._pool.handle_request(
            core.Request(
                request.method,
                core.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return http.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class Told(Protocol):
    """What is to be sent: something whose ``repr`` says nothing of it."""

    def told(self) -> dict[str, Any]:
        """As arguments for the client."""
        ...  # pragma: no cover


def _told(accept: str, form: Told | None) -> dict[str, Any]:
    told = {} if form is None else form.told()
    headers = {"Accept": accept, "Accept-Encoding": "identity", **told.get("headers", {})}
    return {**told, "headers": headers}


class Client:
    """Makes requests by way of ``proxy``, follows no redirect and asks nothing of the environment.

    ``kept``: whether a connection is kept for the next request, for so long as AWS keeps it too.
    Any number of threads may use one client.
    """

    def __init__(self, context: ssl.SSLContext, proxy: Proxy | None, *, kept: bool) -> None:
        self.context = context
        self.proxy = proxy
        self.users = 0
        """The exchanges that are using it."""
        self._retired = False
        self._call = _Call()
        common: dict[str, Any] = {
            "ssl_context": context,
            "network_backend": _Backend(self._call),
            "max_connections": None,
            "max_keepalive_connections": 1 if kept else 0,
            "keepalive_expiry": _KEPT_SECONDS,
        }
        pool: core.ConnectionPool
        if proxy is None:
            pool = core.ConnectionPool(**common)
        elif proxy.url.startswith("socks"):
            pool = core.SOCKSProxy(proxy.url, proxy.credentials, **common)
        else:
            secure = context if proxy.url.startswith("https:") else None
            pool = core.HTTPProxy(proxy.url, proxy.credentials, proxy_ssl_context=secure, **common)
        self._client = http.Client(
            transport=_Transport(pool),
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113  # each step has one of ours
        )

    @contextmanager
    def answer(
        self, deadline: Deadline, method: str, url: str, accept: str, form: Told | None
    ) -> Iterator[http.Response]:
        """The answer to one request, whose body is not read yet. ``form``: what to send."""
        call = self._call
        call.deadline, call.opened = deadline, []
        try:
            # No variable holds what is sent: error reports show the variables.
            with self._client.stream(method, url, **_told(accept, form)) as answer:
                yield answer
        except BaseException:
            for stream in call.opened:  # the client leaves some open that failed early
                stream.close()
            raise

    @property
    def used_a_kept_connection(self) -> bool:
        """Whether this thread's last request opened none."""
        return not self._call.opened

    def retire(self) -> None:
        """Close what is open, when nobody is using it any more."""
        self._retired = True
        self.close_if_retired()

    def close_if_retired(self) -> None:
        """To be asked when an exchange is over."""
        if self._retired and self.users == 0:
            self._client.close()
