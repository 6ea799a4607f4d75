"""One HTTP/1.1 exchange on a connection: a request read strictly, an answer written (RFC 9112).

Only what a proxy can pass on without changing its meaning is accepted; anything ambiguous is
refused. Text is ISO 8859-1 throughout, so that bytes come out as they went in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from io import BufferedReader
from typing import Protocol, final

__all__ = ["Exchange", "Headers", "Refused", "Request"]

Headers = Sequence[tuple[str, str]]

_MAX_HEAD = 64 * 1024
_MAX_LINE = 16 * 1024
_PIECE = 64 * 1024
# What to take in, unread, after an answer that came before the end of the request.
_MAX_REST = 1024 * 1024

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_REQUEST_LINE = re.compile(rf"({_TOKEN}) (/[\x21-\x7e]*) HTTP/1\.([01])")
_HEADER = re.compile(rf"({_TOKEN}):[ \t]*((?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)[ \t]*")
_CHUNK = re.compile(r"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?")


class Refused(Exception):
    """A request that gets no further. ``detail`` is the text that its sender is told."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class _Writer(Protocol):
    def write(self, data: bytes, /) -> object: ...


@final
class Request:
    """A request's head."""

    def __init__(self, method: str, target: str, minor: int, headers: Headers) -> None:
        self.method = method
        self.target = target
        """The path with its query, as sent."""
        self.minor = minor
        self.headers = headers
        if len(self.values("host")) != 1:
            raise Refused(HTTPStatus.BAD_REQUEST, "There must be one Host header.")
        self.host = self.values("host")[0]
        self.chunked = self._is_chunked()
        self.content_length = self._length()

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

    def tokens(self, name: str) -> set[str]:
        """The members of a comma-separated header, in lower case."""
        members = ",".join(self.values(name)).split(",")
        return {member.strip().lower() for member in members} - {""}

    def cookies(self, name: str) -> Iterator[str]:
        """All values of a cookie, in their order."""
        for header in self.values("cookie"):
            for pair in header.split(";"):
                key, _, value = pair.strip().partition("=")
                if key == name:
                    yield value

    def _is_chunked(self) -> bool:
        codings = self.values("transfer-encoding")
        if not codings:
            return False
        if self.values("content-length"):
            raise Refused(HTTPStatus.BAD_REQUEST, "The length is given twice.")
        if [coding.lower() for coding in codings] != ["chunked"]:
            raise Refused(HTTPStatus.NOT_IMPLEMENTED, "Only the chunked coding is known here.")
        return True

    def _length(self) -> int:
        lengths = self.values("content-length")
        if not lengths:
            return 0
        if len(lengths) != 1 or not re.fullmatch("[0-9]{1,15}", lengths[0]):
            raise Refused(HTTPStatus.BAD_REQUEST, "The Content-Length is no length.")
        return int(lengths[0])


@final
class Exchange:
    """Reads one request and writes one answer; the connection ends with it."""

    def __init__(self, reader: BufferedReader, writer: _Writer) -> None:
        self._reader = reader
        self._writer = writer
        self._left = 0
        self._wants_body = True

    def read(self) -> Request | None:
        """The request's head; None if nothing was sent. Raises :class:`Refused`."""
        lines = list(self._lines(_MAX_HEAD))
        if not lines:
            return None
        first = _REQUEST_LINE.fullmatch(lines[0])
        if first is None:
            raise Refused(HTTPStatus.BAD_REQUEST, "The request line is malformed.")
        headers = []
        for line in lines[1:]:
            header = _HEADER.fullmatch(line)
            if header is None:
                raise Refused(HTTPStatus.BAD_REQUEST, "A header is malformed.")
            headers.append((header[1], header[2]))
        request = Request(first[1], first[2], int(first[3]), headers)
        self._left = request.content_length or int(request.chunked)
        self._wants_body = request.method != "HEAD"
        return request

    def body(self, request: Request) -> Iterator[bytes]:
        """The request's body, piece by piece as it comes. Raises :class:`Refused`."""
        try:
            yield from self._pieces(request)
        except OSError:
            raise Refused(HTTPStatus.REQUEST_TIMEOUT, "The rest of the body is missing.") from None

    def skip(self) -> None:
        """Read some of what is left of the request.

        For after an answer: closing a connection on unread octets can take the answer along.
        """
        for _ in range(_MAX_REST // _PIECE if self._left else 0):
            if not self._reader.read1(_PIECE):
                return

    def answer(
        self, status: HTTPStatus, body: str = "", *, headers: Headers = (), kind: str = "text/plain"
    ) -> None:
        """A whole answer: text of a media type, which nobody is to keep."""
        data = body.encode("utf-8")
        self.begin(
            status,
            status.phrase,
            [
                ("Content-Type", f"{kind}; charset=utf-8"),
                ("Content-Length", str(len(data))),
                ("Cache-Control", "no-store"),
                *headers,
            ],
        )
        if self._wants_body:
            self._writer.write(data)

    def begin(self, status: int, reason: str, headers: Headers) -> None:
        """The head of an answer."""
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
        head = "\r\n".join([*lines, "Connection: close", "", ""])
        self._writer.write(head.encode("latin-1"))

    def send(self, pieces: Iterable[bytes], *, chunked: bool) -> None:
        """The body of an answer, each piece as soon as it is there."""
        for piece in pieces:
            self._writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self._writer.write(b"0\r\n\r\n")

    def _pieces(self, request: Request) -> Iterator[bytes]:
        if self._left and "100-continue" in request.tokens("expect"):
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not request.chunked:
            while self._left:
                piece = self._some(self._left)
                self._left -= len(piece)
                yield piece
            return
        while size := self._chunk_size():
            while size:
                piece = self._some(size)
                size -= len(piece)
                yield piece
            if self._line(_MAX_LINE):
                raise Refused(HTTPStatus.BAD_REQUEST, "A chunk is longer than it says.")
        for _ in self._lines(_MAX_HEAD):
            pass  # trailers, which nobody is told about
        self._left = 0

    def _lines(self, limit: int) -> Iterator[str]:
        """The lines up to the empty one, or none at all at the end of the stream."""
        first = True
        while line := self._line(min(_MAX_LINE, limit), may_end=first):
            limit -= len(line) + 2
            first = False
            yield line

    def _line(self, limit: int, *, may_end: bool = False) -> str:
        line = self._reader.readline(limit + 1)
        if not line and may_end:
            return ""
        if len(line) > limit:
            raise Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The head is too large.")
        if not line.endswith(b"\r\n"):
            raise Refused(HTTPStatus.BAD_REQUEST, "A line has no end.")
        return line[:-2].decode("latin-1")

    def _chunk_size(self) -> int:
        size = _CHUNK.fullmatch(self._line(_MAX_LINE))
        if size is None:
            raise Refused(HTTPStatus.BAD_REQUEST, "A chunk has no size.")
        return int(size[1], 16)

    def _some(self, limit: int) -> bytes:
        piece = self._reader.read1(min(limit, _PIECE))
        if not piece:
            raise Refused(HTTPStatus.BAD_REQUEST, "The body has no end.")
        return piece
