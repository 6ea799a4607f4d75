"""Passes a request on to the app behind the local load balancer, and the app's answer back."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from ipaddress import ip_address
from urllib.parse import urlsplit

from .http1 import Exchange, Headers, Refused, Request

__all__ = ["Target", "end_to_end", "forward", "is_loopback"]

OIDC_PREFIX = "x-amzn-oidc-"
"""What the names of a load balancer's own headers begin with."""

# An idle connection's time with an Application Load Balancer, unless configured otherwise.
IDLE_SECONDS = 60.0
_PIECE = 64 * 1024

# RFC 9110, section 7.6.1; "expect" is answered here.
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


class Target:
    """Where an app listens: an address of loopback, as no other may be sent such headers."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("a target is http://HOST:PORT, without a path")
        self.host = parts.hostname or ""
        if not is_loopback(self.host):
            raise ValueError("a target must be on this machine")
        self.port = parts.port or 80


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this machine's, as a browser sees it."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def end_to_end(request: Request, client: str, port: int) -> list[tuple[str, str]]:
    """The headers of a request that the app is to see, before the load balancer adds its own.

    Whatever only a load balancer may say is left out, and said anew where that is ``X-Forwarded-``:
    ``client`` is the sender's address, ``port`` the one that the request came to.
    """
    hops = ", ".join([*request.values("x-forwarded-for"), client])
    own = {"x-forwarded-for": hops, "x-forwarded-proto": "http", "x-forwarded-port": str(port)}
    kept = _without_hops(request.headers, request.tokens("connection"))
    # WSGI tells "-" and "_" not apart.
    names = [(name.lower().replace("_", "-"), (name, value)) for name, value in kept]
    return [
        *(pair for name, pair in names if not name.startswith(OIDC_PREFIX) and name not in own),
        *own.items(),
    ]


def forward(
    exchange: Exchange,
    request: Request,
    target: Target,
    headers: Headers,
    track: Callable[[socket.socket], None],
) -> None:
    """Pass a request on with ``headers`` instead of its own, and answer what the app answers.

    ``track`` is told of the socket, so that someone else can end the exchange. Raises
    :class:`Refused` if the app cannot be reached, or does not speak HTTP.
    """
    with closing(HTTPConnection(target.host, target.port, timeout=IDLE_SECONDS)) as connection:
        try:
            connection.connect()
            track(connection.sock)
            # If the app closes before it has read everything, it may have answered all the same.
            with suppress(BrokenPipeError, ConnectionResetError):
                _send(connection, exchange, request, headers)
            response = connection.getresponse()
        except TimeoutError:
            raise Refused(HTTPStatus.GATEWAY_TIMEOUT, "The app took too long.") from None
        except (OSError, HTTPException):
            raise Refused(HTTPStatus.BAD_GATEWAY, "The app gave no answer.") from None
        _pass_back(exchange, request, response)


def _send(
    connection: HTTPConnection, exchange: Exchange, request: Request, headers: Headers
) -> None:
    connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if request.chunked:
        connection.putheader("Transfer-Encoding", "chunked")
    connection.putheader("Connection", "close")
    connection.endheaders()
    for piece in exchange.body(request):
        connection.send(b"%x\r\n%b\r\n" % (len(piece), piece) if request.chunked else piece)
    if request.chunked:
        connection.send(b"0\r\n\r\n")


def _pass_back(exchange: Exchange, request: Request, response: HTTPResponse) -> None:
    if response.status < HTTPStatus.OK:
        raise Refused(HTTPStatus.BAD_GATEWAY, "The app's answer is none.")
    named = ",".join(response.headers.get_all("connection", [])).lower().split(",")
    headers = [
        (name, value)
        for name, value in _without_hops(response.headers.items(), {n.strip() for n in named})
        # Beside "chunked" it means nothing.
        if response.length is not None or name.lower() != "content-length"
    ]
    bodiless = request.method == "HEAD" or response.status in (204, 304)
    # Whoever speaks HTTP/1.0 sees the end of the body in the end of the connection.
    chunked = not bodiless and response.length is None and request.minor > 0
    if chunked:
        headers.append(("Transfer-Encoding", "chunked"))
    exchange.begin(response.status, response.reason, headers)
    if not bodiless:
        exchange.send(iter(lambda: response.read1(_PIECE), b""), chunked=chunked)


def _without_hops(headers: Iterable[tuple[str, str]], named: set[str]) -> list[tuple[str, str]]:
    """The headers but for those of one connection: the known ones, and the ``named``."""
    # What says where a message ends and whom it is for is nobody's to take away.
    dropped = (_HOP_BY_HOP | named) - {"content-length", "host"}
    # Folded values are unfolded.
    return [
        (name, re.sub(r"[\r\n]+[ \t]*", " ", value))
        for name, value in headers
        if name.lower() not in dropped
    ]
