"""One HTTP/1.1 exchange on a connection, spoken with h11 (RFC 9112).

Only what a proxy could pass on without changing its meaning is accepted; anything ambiguous is
refused. Text is ISO 8859-1 throughout, so that bytes come out as they went in.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from itertools import islice
from typing import final

import h11

__all__ = ["Exchange", "Headers", "Peer", "Refused", "Request", "decoded", "encoded", "tokens"]

Headers = Sequence[tuple[str, str]]

# What an Application Load Balancer takes.
_MAX_HEAD = 64 * 1024
_MAX_LINE = 16 * 1024
_PIECE = 64 * 1024
# How many pieces to take in, unread, after an answer that came before the end of the request.
_MAX_REST = 16

# What h11 puts up with, and another reader may take for something else: bare line feeds, folded
# lines, a length said more than once, and one beyond 15 digits.
_UNCLEAR = re.compile(rb"(?<!\r)\n|\n[ \t]|\ncontent-length:[^\n]*(?:,|\d{16})", re.IGNORECASE)
_LENGTH = re.compile(rb"\n(?:content-length|transfer-encoding):", re.IGNORECASE)


class Refused(Exception):
    """A request that gets no further. ``detail`` is the text that its sender is told."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Peer:
    """The other end of a connection. Raises ``h11.RemoteProtocolError`` if it breaks the rules."""

    def __init__(
        self,
        role: type[h11.CLIENT | h11.SERVER],
        connection: socket.socket,
        already: bytes = b"",
    ) -> None:
        self.http = h11.Connection(role, max_incomplete_event_size=_MAX_HEAD)
        self.heard = bytearray()
        """Its latest words."""
        self._connection = connection
        self._already = already

    def next(self) -> object:
        """The next event."""
        self.heard.clear()
        while (event := self.http.next_event()) is h11.NEED_DATA:
            if self.http.they_are_waiting_for_100_continue:
                self.send(h11.InformationalResponse(status_code=100, headers=[], reason="Continue"))
            data = self._already or self._connection.recv(_PIECE)
            self._already = b""
            self.heard += data
            self.http.receive_data(data)
        return event

    def body(self) -> Iterator[bytes]:
        """A body, piece by piece as it comes."""
        while isinstance(event := self.next(), h11.Data):
            yield bytes(event.data)

    def send(self, *events: h11.Event) -> None:
        """Say these events."""
        for event in events:
            self._connection.sendall(self.http.send(event) or b"")


@final
class Request:
    """A request's head."""

    def __init__(self, event: h11.Request) -> None:
        self.method = event.method.decode("ascii")
        self.target = event.target.decode("ascii")
        """The path with its query, as sent."""
        self.headers = decoded(event)
        known = event.http_version in (b"1.0", b"1.1") and self.method != "CONNECT"
        if not known or not self.target.startswith("/"):
            raise Refused(HTTPStatus.BAD_REQUEST, "The request line is not for here.")
        if len(self.values("host")) != 1:
            raise Refused(HTTPStatus.BAD_REQUEST, "There must be one Host header.")
        self.host = self.values("host")[0]

    @property
    def path(self) -> str:
        """The target less its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What follows the question mark."""
        return self.target.partition("?")[2]

    def values(self, name: str) -> list[str]:
        """All values of a header, by its lower-case name."""
        return [value for key, value in self.headers if key.lower() == name]

    def cookies(self, name: str) -> Iterator[str]:
        """All values of a cookie, in their order."""
        for header in self.values("cookie"):
            for pair in header.split(";"):
                key, _, value = pair.strip().partition("=")
                if key == name:
                    yield value


@final
class Exchange:
    """Reads one request and writes one answer; the connection ends with it.

    ``already`` is what somebody else has read of the request.
    """

    def __init__(self, connection: socket.socket, already: bytes = b"") -> None:
        self._peer = Peer(h11.SERVER, connection, already)
        self._wants_body = True

    def read(self) -> Request | None:
        """The request's head; None if nothing was sent. Raises :class:`Refused`."""
        with _refusing():
            event = self._peer.next()
        if not isinstance(event, h11.Request):
            return None
        rest, _ = self._peer.http.trailing_data
        head = self._peer.heard[: len(self._peer.heard) - len(rest)]
        if len(head) > _MAX_HEAD or max(map(len, head.split(b"\n"))) > _MAX_LINE:
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head is too large.")
        if _UNCLEAR.search(head) or len(_LENGTH.findall(head)) > 1:
            raise Refused(HTTPStatus.BAD_REQUEST, "The head could be read in two ways.")
        self._wants_body = event.method != b"HEAD"
        return Request(event)

    def body(self) -> Iterator[bytes]:
        """The request's body, piece by piece as it comes. Raises :class:`Refused`."""
        with _refusing():
            try:
                yield from self._peer.body()
            except OSError:
                detail = "The rest of the body is missing."
                raise Refused(HTTPStatus.REQUEST_TIMEOUT, detail) from None

    def skip(self) -> None:
        """Read some of what is left of the request.

        For after an answer: closing a connection on unread octets can take the answer along.
        """
        if self._peer.http.their_state is h11.SEND_BODY:
            with suppress(Refused):
                for _ in islice(self.body(), _MAX_REST):
                    pass

    def answer(
        self, status: HTTPStatus, body: str = "", *, headers: Headers = (), kind: str = "text/plain"
    ) -> None:
        """A whole answer: text of a media type, which nobody is to keep."""
        data = body.encode("utf-8")
        self.send(
            status,
            status.phrase.encode("ascii"),
            [
                ("Content-Type", f"{kind}; charset=utf-8"),
                ("Content-Length", str(len(data))),
                ("Cache-Control", "no-store"),
                *headers,
            ],
            [data] if self._wants_body else (),
        )

    def send(self, status: int, reason: bytes, headers: Headers, body: Iterable[bytes]) -> None:
        """An answer, each piece of its body as soon as it is there."""
        self._peer.send(
            h11.Response(
                status_code=status,
                reason=reason,
                headers=encoded([*headers, ("Connection", "close")]),
            )
        )
        for piece in body:
            self._peer.send(h11.Data(data=piece))
        self._peer.send(h11.EndOfMessage())


def tokens(headers: Headers, name: str) -> set[str]:
    """The members of a comma-separated header, by its lower-case name, in lower case."""
    members = ",".join(value for key, value in headers if key.lower() == name).split(",")
    return {member.strip().lower() for member in members} - {""}


def decoded(event: h11.Request | h11.Response) -> list[tuple[str, str]]:
    """A message's headers as text."""
    return [(k.decode("latin-1"), v.decode("latin-1")) for k, v in event.headers.raw_items()]


def encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Headers as octets."""
    return [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers]


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except h11.RemoteProtocolError as error:
        status = HTTPStatus(error.error_status_hint)
        raise Refused(status, "This is not HTTP/1.1 as it is spoken here.") from None
