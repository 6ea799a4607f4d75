"""Passes a request on to the app behind the local load balancer, and the app's answer back."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import ExitStack, suppress
from http import HTTPStatus
from urllib.parse import urlsplit

import h11

from ..web.hosts import is_loopback
from ..web.http1 import Exchange, Headers, Peer, Refused, Request, decoded, encoded, tokens

__all__ = ["Target", "end_to_end", "forward"]

OIDC_PREFIX = "x-amzn-oidc-"
"""What the names of a load balancer's own headers begin with."""

# An idle connection's time with an Application Load Balancer, unless configured otherwise.
IDLE_SECONDS = 60.0

# RFC 9110, section 7.6.1; "expect" is answered here. How a message ends is h11's to say.
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


def end_to_end(request: Request, client: str, port: int) -> list[tuple[str, str]]:
    """The headers of a request that the app is to see, before the load balancer adds its own.

    Whatever only a load balancer may say is left out, and said anew where that is ``X-Forwarded-``:
    ``client`` is the sender's address, ``port`` the one that the request came to.
    """
    hops = ", ".join([*request.values("x-forwarded-for"), client])
    own = {"x-forwarded-for": hops, "x-forwarded-proto": "http", "x-forwarded-port": str(port)}
    kept = _without_hops(request.headers, tokens(request.headers, "connection"))
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
    with ExitStack() as stack:
        try:
            connection = socket.create_connection((target.host, target.port), IDLE_SECONDS)
            stack.enter_context(connection)
            track(connection)
            app = Peer(h11.CLIENT, connection)
            # If the app closes before it has read everything, it may have answered all the same.
            with suppress(BrokenPipeError, ConnectionResetError):
                app.send(
                    h11.Request(
                        method=request.method,
                        target=request.target,
                        headers=encoded([*headers, ("Connection", "close")]),
                    ),
                )
                for piece in exchange.body():
                    app.send(h11.Data(data=piece))
                app.send(h11.EndOfMessage())
            while not isinstance(response := app.next(), h11.Response):
                pass  # interim answers
        except TimeoutError:
            raise Refused(HTTPStatus.GATEWAY_TIMEOUT, "The app took too long.") from None
        except (OSError, h11.RemoteProtocolError):
            raise Refused(HTTPStatus.BAD_GATEWAY, "The app gave no answer.") from None
        headers = decoded(response)
        named = tokens(headers, "connection")
        exchange.send(
            response.status_code, response.reason, _without_hops(headers, named), app.body()
        )


def _without_hops(headers: Headers, named: set[str]) -> list[tuple[str, str]]:
    """The headers but for those of one connection: the known ones, and the ``named``."""
    # What says where a message ends and whom it is for is nobody's to take away.
    dropped = (_HOP_BY_HOP | named) - {"content-length", "host", "transfer-encoding"}
    return [(name, value) for name, value in headers if name.lower() not in dropped]
