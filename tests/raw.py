"""A client that sends bytes as they are and tidies nothing up, in what it sends or receives."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlsplit

# For a server that hangs. No answer is judged by how long it took.
_PATIENCE_SECONDS = 60.0

UPGRADE = (
    b"Connection: Upgrade",
    b"Upgrade: websocket",
    b"Sec-WebSocket-Version: 13",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)
"""The header lines that open a WebSocket (RFC 6455, section 1.2)."""


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


def ask(
    origin: str,
    path: str = "/",
    lines: Iterable[bytes] = (),
    *,
    method: str = "GET",
    host: bytes | None = None,
    body: bytes = b"",
) -> Answer:
    """Send one request whose header lines are ``lines``, and wait for the answer. ``host``: what
    it says in ``Host``, where that is not the origin's.

    Raises ``ConnectionError`` where the server hung up instead.
    """
    where = urlsplit(origin)
    assert where.hostname is not None
    address = (where.hostname, where.port or 80)
    lines = tuple(lines)
    own = [b"Host: " + (where.netloc.encode("ascii") if host is None else host)]
    if UPGRADE[0] not in lines:
        own.append(b"Connection: close")
    head = b"\r\n".join([f"{method} {path} HTTP/1.1".encode("ascii"), *own, *lines, b"", body])
    with socket.create_connection(address, timeout=_PATIENCE_SECONDS) as connection:
        # A server that refuses half-way may have answered before it hung up.
        with suppress(ConnectionError):
            connection.sendall(head)
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        # After a switch of protocols come frames, which have no end.
        content = b"" if response.status == 101 else response.read()
        return Answer(response.status, tuple(response.getheaders()), content)


def bearer(token: str) -> bytes:
    """The header line that carries a token."""
    return b"Authorization: Bearer " + token.encode("ascii")
