"""What can go wrong between two machines, whatever is served: bytes, and the time they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple

from .faults import Fault
from .listener import Visit

__all__ = ["FOLLOWED", "WIRE_FAULTS", "Page"]

FOLLOWED = "followed"
"""The query that a redirect adds. There the right answer is."""

# More than anybody should read of a key set: the guard stops at 256 KiB.
_MUCH = b" " * 2**20
_DRIP_SECONDS = 0.05
_HTML = b"<!doctype html>\n<title>Sign in</title>\n<p>Sign in to use this network.\n"


class Page(NamedTuple):
    """What a server answers: the right answer, or something else in its place."""

    content_type: str
    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    headers: tuple[str, ...] = ()
    """Further header lines."""

    def http(self, *headers: str) -> bytes:
        """As HTTP/1.1 sends it, with still more header lines."""
        lines = [
            f"HTTP/1.1 {self.status.value} {self.status.phrase}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body)}",
            "Connection: close",
            *self.headers,
            *headers,
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


_Spoil = Callable[[Visit, Page, float], object]


def _slow(visit: Visit, page: Page, delay: float) -> None:
    if visit.stay(delay):
        visit.send(page.http())


def _hang(visit: Visit, page: Page, delay: float) -> None:
    if visit.stay():
        visit.send(page.http())


def _drip(visit: Visit, page: Page, delay: float) -> None:
    for octet in page.http():
        if not (visit.send(bytes([octet])) and visit.stay(_DRIP_SECONDS)):
            return


def _hang_up(visit: Visit, page: Page, delay: float) -> None:
    pass


def _half_body(visit: Visit, page: Page, delay: float) -> None:
    data = page.http()
    visit.send(data[: len(data) - len(page.body) // 2])


def _endless(visit: Visit, page: Page, delay: float) -> None:
    head = page._replace(body=b"").http()
    visit.send(head.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"))
    chunk = b"%x\r\n%b\r\n" % (len(_MUCH), _MUCH)
    while visit.send(chunk) and not visit.released:
        pass


def _redirect(visit: Visit, page: Page, delay: float) -> None:
    page = page._replace(status=HTTPStatus.FOUND, body=b"")
    visit.send(page.http(f"Location: {visit.asked}?{FOLLOWED}"))


def _instead(change: Callable[[Page], Page]) -> _Spoil:
    """Another page in place of the right one."""
    return lambda visit, page, delay: visit.send(change(page).http())


WIRE_FAULTS: Mapping[Fault, _Spoil] = MappingProxyType(
    {
        Fault.HANG: _hang,
        Fault.SLOW: _slow,
        Fault.DRIP: _drip,
        Fault.HANG_UP: _hang_up,
        Fault.HALF_BODY: _half_body,
        Fault.GARBLED: _instead(lambda page: page._replace(body=page.body[: len(page.body) // 2])),
        Fault.EMPTY_BODY: _instead(lambda page: page._replace(body=b"")),
        Fault.HTML: _instead(lambda page: Page("text/html", _HTML)),
        Fault.REDIRECT: _redirect,
        Fault.FORBIDDEN: _instead(lambda page: page._replace(status=HTTPStatus.FORBIDDEN)),
        Fault.SERVER_ERROR: _instead(
            lambda page: page._replace(status=HTTPStatus.INTERNAL_SERVER_ERROR)
        ),
        Fault.TOO_LARGE: _instead(lambda page: page._replace(body=page.body + _MUCH)),
        Fault.ENDLESS: _endless,
    }
)
"""What each fault makes of a visit for a page. ``DOWN`` and ``WRONG_CERTIFICATE`` leave none."""
