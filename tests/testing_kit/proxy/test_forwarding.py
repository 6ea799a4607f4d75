"""Requests and answers pass through the proxy as they are, but for what belongs to a connection."""

from __future__ import annotations

import json
import threading

import pytest

from cognito_guard.testing import LocalLoadBalancer

from ...ports import closed_port
from ...raw import ask
from .browser import Browser
from .wires import Wire, app, between, client, exchange

OF_SERVERS = ("(serve_forever)", "(process_request_thread)")
"""How the names of a listener's threads end."""

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def heard(balancer: LocalLoadBalancer, request: bytes, answer: bytes = OK) -> tuple[bytes, bytes]:
    """What the app hears of a request, and what the client hears of the app's answer."""
    said = []

    def behave(wire: Wire) -> None:
        said.append(wire.until(b"\r\n\r\n"))
        wire.send(answer)

    with between(balancer, behave) as listener:
        answered = exchange(listener, request)
    return said[0], answered


# Requests.


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_method_target_headers_and_body(
    balancer: LocalLoadBalancer, echo: str, browser: Browser, method: str
) -> None:
    """A real client's request reaches a real server unchanged."""
    with balancer.listen(echo, on_unauthenticated_request="allow") as listener:
        answer = browser.request(
            method,
            f"{listener.url}//x/%2e%2e/%C3%A4?a=1&a=&%20+",
            content=b"\x00\xff" * 200_000,
            headers={"X-One": "1", "User-Agent": "u", "Accept-Encoding": "br"},
        )
    sent = answer.json()
    assert (answer.status_code, sent["method"]) == (203, method)
    assert sent["target"] == "//x/%2e%2e/%C3%A4?a=1&a=&%20+"
    assert sent["body"] == "\x00\xff" * 200_000
    headers = sent["headers"]
    assert dict(headers)["x-one"] == "1"
    assert dict(headers)["user-agent"] == "u"
    assert dict(headers)["accept-encoding"] == "br"
    assert dict(headers)["content-length"] == "400000"
    assert dict(headers)["host"] == listener.url.removeprefix("http://")


def test_streamed_body(balancer: LocalLoadBalancer, echo: str, browser: Browser) -> None:
    """A body without a length arrives whole, and still without a length."""
    with balancer.listen(echo, on_unauthenticated_request="allow") as listener:
        sent = browser.post(listener.url, content=iter([b"a" * 100_000, b"b", b"c"])).json()
    assert sent["body"] == "a" * 100_000 + "bc"
    headers = dict(sent["headers"])
    assert "content-length" not in headers
    assert headers["transfer-encoding"] == "chunked"


def test_what_the_app_hears(balancer: LocalLoadBalancer) -> None:
    """Names keep their case and order; what belongs to one connection ends with it."""
    head, _ = heard(
        balancer,
        b"GET /x HTTP/1.1\r\nhOst: localhost\r\nX-B:  1 \t\r\nX-A: \xe4,2\r\nX-Empty:\r\n"
        b"Connection: keep-alive, X-Named\r\nX-Named: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
        b"Proxy-Authorization: secret\r\nUpgrade: h2c\r\nProxy-Connection: x\r\nTrailer: x\r\n"
        b"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\nX_Forwarded_Port: 443\r\n"
        b"\r\n",
    )
    lines = head.split(b"\r\n")
    port = lines.pop(7)
    assert lines == [
        b"GET /x HTTP/1.1",
        b"hOst: localhost",
        b"X-B: 1",
        b"X-A: \xe4,2",
        b"X-Empty: ",
        b"x-forwarded-for: 203.0.113.7, 127.0.0.1",
        b"x-forwarded-proto: http",
        b"Connection: close",
        b"",
        b"",
    ]
    assert port.startswith(b"x-forwarded-port: ")
    assert port != b"x-forwarded-port: 443"


def test_length_cannot_be_named_away(balancer: LocalLoadBalancer) -> None:
    """A ``Connection`` header that names the length does not turn the body into a request."""
    head, _ = heard(
        balancer,
        b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: Content-Length, Host\r\n"
        b"Content-Length: 3\r\n\r\nGET",
    )
    assert b"\r\nContent-Length: 3\r\n" in head
    assert b"\r\nHost: localhost\r\n" in head


def test_chunks_are_put_together_anew(balancer: LocalLoadBalancer) -> None:
    """Extensions and trailers of chunks are for one connection only; the octets all arrive."""
    bodies = []

    def behave(wire: Wire) -> None:
        wire.until(b"\r\n\r\n")
        bodies.append(wire.until(b"0\r\n\r\n"))
        wire.send(OK)

    with between(balancer, behave) as listener:
        answer = exchange(
            listener,
            b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: Chunked\r\n\r\n"
            b'2;x="y"\r\nab\r\n003 \r\ncde\r\n0\r\nX-Trailer: 1\r\n\r\n',
        )
    assert bodies == [b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"]
    assert answer.endswith(b"\r\n\r\nok")


def test_client_that_waits_for_leave(balancer: LocalLoadBalancer) -> None:
    """``Expect: 100-continue`` is answered here, and does not reach the app."""
    heads = []

    def behave(wire: Wire) -> None:
        heads.append(wire.until(b"\r\n\r\n") + wire.until(b"body"))
        wire.send(OK)

    with between(balancer, behave) as listener, client(listener) as wire:
        wire.send(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            b"Content-Length: 4\r\n\r\n"
        )
        assert wire.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire.send(b"body")
        assert wire.rest().endswith(b"\r\n\r\nok")
    assert b"xpect" not in heads[0]
    assert heads[0].endswith(b"\r\n\r\nbody")


# Answers.


def test_answer_passes_back(balancer: LocalLoadBalancer) -> None:
    """Status, reason, order, case and repetition of headers stay; the connection is ours."""
    _, answer = heard(
        balancer,
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"HTTP/1.1 299 All \xe4 fine\r\nSet-Cookie: a=1\r\nX-Y: \xe4\r\nset-cookie: b=2\r\n"
        b"Connection: x-named\r\nX-Named: 1\r\nKeep-Alive: 5\r\nX-Folded: a\r\n b\r\n"
        b"x-amzn-oidc-data: of the app\r\nContent-Length: 2\r\n\r\nokmore",
    )
    assert answer == (
        b"HTTP/1.1 299 All \xe4 fine\r\nSet-Cookie: a=1\r\nX-Y: \xe4\r\nset-cookie: b=2\r\n"
        b"X-Folded: a b\r\nx-amzn-oidc-data: of the app\r\nContent-Length: 2\r\n"
        b"Connection: close\r\n\r\nok"
    )


CHUNKED, CHUNKS = b"Transfer-Encoding: chunked", b"2\r\nab\r\n0\r\n\r\n"
LENGTH = b"Content-Length: 9"


@pytest.mark.parametrize(
    ("request_line", "answer", "head", "body"),
    [
        # Without a length, the end of the app's connection is the end.
        (b"GET / HTTP/1.1", b"200 OK\r\n\r\nab", CHUNKED, CHUNKS),
        (b"GET / HTTP/1.0", b"200 OK\r\n\r\nab", b"", b"ab"),
        (
            b"GET / HTTP/1.1",
            b"200 OK\r\n%b\r\n%b\r\n\r\n%b" % (LENGTH, CHUNKED, CHUNKS),
            CHUNKED,
            CHUNKS,
        ),
        (b"GET / HTTP/1.0", b"200 OK\r\n%b\r\n\r\n%b" % (CHUNKED, CHUNKS), b"", b"ab"),
        (b"HEAD / HTTP/1.1", b"200 OK\r\n%b\r\n\r\n" % LENGTH, LENGTH, b""),
        (b"HEAD / HTTP/1.1", b"200 OK\r\n\r\n", CHUNKED, b""),  # as for GET
        (b"GET / HTTP/1.1", b"304 Not Modified\r\n%b\r\n\r\n" % LENGTH, LENGTH, b""),
        (b"GET / HTTP/1.1", b"204 No Content\r\n\r\n", b"", b""),
        (b"GET / HTTP/1.1", b"200 OK\r\nContent-Length: 0\r\n\r\n", b"Content-Length: 0", b""),
    ],
)
def test_how_an_answer_ends(
    balancer: LocalLoadBalancer, request_line: bytes, answer: bytes, head: bytes, body: bytes
) -> None:
    """However the app says where its answer ends, the client is told as well."""
    request = request_line + b"\r\nHost: localhost\r\n\r\n"
    _, answered = heard(balancer, request, b"HTTP/1.1 " + answer)
    got_head, _, got_body = answered.partition(b"\r\n\r\n")
    assert got_body == body
    lines = [line for line in got_head.split(b"\r\n")[1:] if line != b"Connection: close"]
    assert lines == ([head] if head else [])


def test_answers_stream(balancer: LocalLoadBalancer) -> None:
    """Each piece arrives before the app sends the next, as server-sent events have to."""
    arrived = threading.Semaphore(0)
    pieces = [b"data: 1\n\n", b"data: 2\n\n", b"data: 3\n\n"]

    def behave(wire: Wire) -> None:
        wire.until(b"\r\n\r\n")
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for piece in pieces:
            wire.send(piece)
            assert arrived.acquire(timeout=60)

    with between(balancer, behave) as listener, client(listener) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wire.until(b"\r\n\r\n")
        for piece in pieces:
            assert wire.until(piece + b"\r\n") == b"9\r\n" + piece + b"\r\n"
            arrived.release()
        assert wire.rest() == b"0\r\n\r\n"


def test_requests_stream(balancer: LocalLoadBalancer) -> None:
    """The app hears the beginning of a body before the client has sent its end."""
    heard_it = threading.Event()

    def behave(wire: Wire) -> None:
        wire.until(b"first")
        heard_it.set()
        wire.until(b"second")
        wire.send(OK)

    with between(balancer, behave) as listener, client(listener) as wire:
        wire.send(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\nfirst")
        assert heard_it.wait(60)
        wire.send(b"second")
        assert wire.rest().endswith(b"ok")


def test_answer_before_the_end_of_the_request(balancer: LocalLoadBalancer) -> None:
    """An app that has heard enough is believed, however much the client still has to say."""

    def behave(wire: Wire) -> None:
        wire.until(b"\r\n\r\n")
        wire.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

    with between(balancer, behave) as listener, client(listener) as wire:
        length = b"Content-Length: %d" % 2**30
        wire.send(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + length + b"\r\n\r\n")
        for _ in range(100):
            wire.send(b"x" * 2**20)
        assert wire.until(b"\r\n").startswith(b"HTTP/1.1 413 Too Large")


# Apps that are out of order.


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 2"],
    ids=["silence", "nonsense", "no final answer", "half an answer"],
)
def test_app_that_gives_no_answer(balancer: LocalLoadBalancer, answer: bytes) -> None:
    """What is no answer is 502."""
    _, answered = heard(balancer, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", answer)
    assert answered.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")


def test_app_that_is_not_there(balancer: LocalLoadBalancer) -> None:
    """A port where nobody listens is 502."""
    with closed_port() as port:
        origin = f"http://127.0.0.1:{port}"
        with balancer.listen(origin, on_unauthenticated_request="allow") as listener:
            answer = ask(listener.url)
    assert (answer.status, answer.body) == (502, b"The app gave no answer.")


def test_app_that_takes_too_long(
    balancer: LocalLoadBalancer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An app that stays silent is 504."""
    monkeypatch.setattr("cognito_guard.testing.proxy.forwarding.IDLE_SECONDS", 0.5)
    with between(balancer, lambda wire: wire.rest()) as listener:
        answer = ask(listener.url)
    assert (answer.status, answer.body) == (504, b"The app took too long.")


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (b"Content-Length: 9\r\n\r\nab", b"\r\n\r\nab"),
        (b"Transfer-Encoding: chunked\r\n\r\n9\r\nab", b"2\r\nab\r\n"),
    ],
    ids=["length", "chunks"],
)
def test_app_that_breaks_off(balancer: LocalLoadBalancer, answer: bytes, end: bytes) -> None:
    """The client can tell that the answer is not whole."""
    _, answered = heard(
        balancer, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + answer
    )
    assert answered.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answered.endswith((end, b"chunked\r\nConnection: close\r\n\r\n"))


def test_client_that_leaves(balancer: LocalLoadBalancer) -> None:
    """The app's answer goes nowhere, and the next client is served."""
    begun = threading.Event()

    def behave(wire: Wire) -> None:
        wire.until(b"\r\n\r\n")
        begun.set()
        for _ in range(100):
            wire.send(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)

    with between(balancer, behave) as listener:
        for _ in range(2):
            begun.clear()
            with client(listener) as wire:
                wire.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert begun.wait(60)


def test_closing_ends_what_is_under_way(balancer: LocalLoadBalancer) -> None:
    """Neither a silent client nor a silent app keeps the listener from closing."""
    begun = threading.Event()

    def behave(wire: Wire) -> None:
        wire.until(b"\r\n\r\n")
        begun.set()
        wire.rest()

    before = set(threading.enumerate())
    with app(behave) as origin:
        listener = balancer.listen(origin, on_unauthenticated_request="allow")
        with listener, client(listener) as silent, client(listener) as asking:
            silent.send(b"GET / HT")
            asking.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert begun.wait(60)
            listener.__exit__()
            assert silent.rest() == b""
            assert asking.rest()[:12] in (b"", b"HTTP/1.1 502")
    left = set(threading.enumerate()) - before
    # Those of this test: other tests' threads begin and end when they like.
    assert [one for one in left if one.name.endswith((*OF_SERVERS, "(accept)"))] == []


def test_many_at_once(balancer: LocalLoadBalancer, echo: str) -> None:
    """Requests do not get in each other's way."""
    with balancer.listen(echo, on_unauthenticated_request="allow") as listener:
        results: list[str] = []

        def one(number: int) -> None:
            results.append(json.loads(ask(listener.url, f"/{number}").body)["target"])

        threads = [threading.Thread(target=one, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(results) == sorted(f"/{number}?" for number in range(20))
