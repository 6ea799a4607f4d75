"""Requests that could mean two things to two readers get no further than the proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cognito_guard.testing import LocalListener, LocalLoadBalancer
from cognito_guard.testing.proxy.listener import _IDLE_SECONDS
from cognito_guard.testing.web.sessions import Sessions

from ..impatient import without_patience
from .wires import Wire, between, client, exchange

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

HEADS = {
    "no request": (b"nonsense\r\n\r\n", 400),
    "two words": (b"GET /\r\n\r\n", 400),
    "another version": (b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "absolute target": (b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "CONNECT": (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "CONNECT to a path": (b"CONNECT / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "target not ASCII": (b"GET /\xe4 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "no host, HTTP/1.0": (b"GET / HTTP/1.0\r\n\r\n", 400),
    "two hosts": (GET + b"Host: localhost\r\n\r\n", 400),
    "bare line feed": (b"GET / HTTP/1.1\nHost: localhost\n\n", 400),
    "bare line feed later": (GET + b"X: 1\nX-Amzn-Oidc-Data: x\r\n\r\n", 400),
    "bare carriage return": (GET + b"X: 1\rX-Amzn-Oidc-Data: x\r\n\r\n", 400),
    "NUL": (GET + b"X: a\x00b\r\n\r\n", 400),
    "folded": (GET + b"X: 1\r\n X-Amzn-Oidc-Data: x\r\n\r\n", 400),
    "no colon": (GET + b"X\r\n\r\n", 400),
    "no name": (GET + b": x\r\n\r\n", 400),
    "space before the colon": (GET + b"x-amzn-oidc-data : x\r\n\r\n", 400),
    "name not ASCII": (GET + b"x-amzn-oidc-dat\xe4: x\r\n\r\n", 400),
    "ends early": (GET, 400),
    "length and chunks": (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
    "list of lengths": (POST + b"Content-Length: 1, 1\r\n\r\nx", 400),
    "length with a sign": (POST + b"Content-Length: +1\r\n\r\nx", 400),
    "negative length": (POST + b"Content-Length: -1\r\n\r\nx", 400),
    "length not ASCII": (POST + b"Content-Length: \xb2\r\n\r\nx", 400),
    "huge length": (POST + b"Content-Length: 9999999999999999\r\n\r\n", 400),
    "unknown coding": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "two codings": (POST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n", 501),
    "coding of no name": (POST + b"Transfer-Encoding: \r\n\r\n", 501),
    "long line": (GET + b"X: " + b"x" * 17_000 + b"\r\n\r\n", 431),
    "many lines": (GET + b"X: y\r\n" * 20_000 + b"\r\n", 431),
    "long request line": (b"GET /" + b"x" * 17_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
}
BODIES = {
    "shorter than said": POST + b"Content-Length: 3\r\n\r\nxy",
    "no chunk": CHUNKED,
    "chunk without a size": CHUNKED + b"xyz\r\n\r\n",
    "chunk of a negative size": CHUNKED + b"-1\r\n\r\n",
    "chunk of a huge size": CHUNKED + b"FFFFFFFFF\r\n",
    "chunk that is longer": CHUNKED + b"1\r\nxy\r\n0\r\n\r\n",
    "chunk that is shorter": CHUNKED + b"3\r\nxy",
    "chunk without an end": CHUNKED + b"1\r\nx",
    "no last chunk": CHUNKED + b"1\r\nx\r\n",
    "no end of trailers": CHUNKED + b"0\r\nX: y\r\n",
}


@pytest.fixture(scope="module")
def heard() -> list[bytes]:
    """What the app behind ``listener`` has heard."""
    return []


@pytest.fixture(scope="module")
def listener(balancer: LocalLoadBalancer, heard: list[bytes]) -> Iterator[LocalListener]:
    """Lets everybody through."""

    def behave(wire: Wire) -> None:
        heard.append(wire.until(b"\r\n\r\n"))
        wire.rest()

    with between(balancer, behave) as listener:
        yield listener


@pytest.mark.parametrize(("request_", "status"), HEADS.values(), ids=HEADS)
def test_heads(listener: LocalListener, heard: list[bytes], request_: bytes, status: int) -> None:
    """A head that is not quite in order is refused; the app hears nothing of it."""
    heard.clear()
    with client(listener) as wire:
        wire.send(request_)
        wire.finish()
        assert wire.until(b"\r\n").startswith(b"HTTP/1.1 %d " % status)
    assert heard == []


@pytest.mark.parametrize("request_", BODIES.values(), ids=BODIES)
def test_bodies(listener: LocalListener, request_: bytes) -> None:
    """A body that is not quite in order is refused as soon as that shows."""
    assert exchange(listener, request_).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_body_that_does_not_come(listener: LocalListener, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that falls silent in the middle is told so, and does not hold a thread for ever."""
    patience = without_patience(monkeypatch)
    with client(listener) as wire:
        wire.send(POST + b"Content-Length: 3\r\n\r\nx")
        assert wire.until(b"\r\n") == b"HTTP/1.1 408 Request Timeout\r\n"
    assert patience[0] == _IDLE_SECONDS


def test_client_that_says_nothing(listener: LocalListener) -> None:
    """A connection without a request is closed without an answer."""
    assert exchange(listener, b"") == b""


def test_refusal_arrives_before_the_connection_ends(balancer: LocalLoadBalancer) -> None:
    """An answer that comes before the end of a body is not lost with the connection."""
    with balancer.listen("http://127.0.0.1:9", on_unauthenticated_request="deny") as listener:
        for body in (b"x" * 500_000, b"x" * 3):
            with client(listener) as wire:
                wire.send(POST + b"Content-Length: 500000\r\n\r\n" + body)
                wire.finish()
                assert wire.rest().startswith(b"HTTP/1.1 401 Unauthorized\r\n")


def test_sessions_are_bounded() -> None:
    """Whoever logs in over and over does not fill the memory: the oldest session gives way."""
    sessions: Sessions[int] = Sessions(10, lambda: 0)
    names = [sessions.begin(number) for number in range(1001)]
    assert len(set(names)) == 1001
    assert [sessions.get(name) for name in (names[0], names[1], names[-1])] == [None, 1, 1000]
    sessions.end(names[1])
    sessions.end("unknown")
    assert sessions.get(names[1]) is None
