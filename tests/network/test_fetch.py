"""fetch.py against servers that misbehave: a short time, a bounded body, no redirect."""

from __future__ import annotations

import gzip
import importlib.util
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from cognito_guard import Guard, KeysUnavailable, RemoteKeySet
from cognito_guard.load_balancers.keys import LoadBalancerKeySet
from cognito_guard.network import fetch as fetch_module
from cognito_guard.network.connecting import Deadline, first_of
from cognito_guard.network.fetch import JWK_SET, MAX_BODY, PEM, FetchFailed, fetch
from cognito_guard.testing import LocalUserPool
from cognito_guard.testing.listener import Visit

from ..keys.endpoint import Behaviour, Endpoint, answer
from ..keys.material import jwk, jwks
from ..keys.source import PATIENCE, Clock, settle, unknown
from ..needs import need
from ..ports import closed_port

GOOD = jwks(jwk())
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"


def says(data: bytes) -> Behaviour:
    """An endpoint that sends ``data`` and hangs up."""
    return lambda visit: visit.send(data)


def hangs(visit: Visit) -> None:
    """Never answers."""
    visit.stay()


def hangs_in_the_body(visit: Visit) -> None:
    """Sends half an answer and no more."""
    visit.send(answer(body=GOOD)[:-10])
    visit.stay()


def never_ends(visit: Visit) -> None:
    """Sends one chunk after the other."""
    visit.send(CHUNKED)
    while visit.send(CHUNK):
        pass


def drips(start: bytes, drop: bytes) -> Behaviour:
    """An endpoint that sends a little at a time, so that no single read ever takes long."""

    def behave(visit: Visit) -> None:
        visit.send(start)
        while visit.send(drop):
            visit.stay(0.02)

    return behave


# For what ends by itself, on a busy machine sooner or later.
HEALTHY = (PATIENCE, PATIENCE)

# The behaviour, what `FETCH_SECONDS` and `_STEP_SECONDS` are for it, and what is said of it.
FAULTS: dict[str, tuple[Behaviour, tuple[float, float], str]] = {
    "a redirect": (
        says(answer("302 Found", b"", "Location: /elsewhere")),
        HEALTHY,
        "status 302",
    ),
    "a permanent redirect": (
        says(answer("308 Permanent Redirect", b"", "Location: /elsewhere")),
        HEALTHY,
        "status 308",
    ),
    "201": (says(answer("201 Created", GOOD)), HEALTHY, "status 201"),
    "204": (says(b"HTTP/1.1 204 No Content\r\n\r\n"), HEALTHY, "status 204"),
    "304": (says(b"HTTP/1.1 304 Not Modified\r\n\r\n"), HEALTHY, "status 304"),
    "403": (says(answer("403 Forbidden", GOOD)), HEALTHY, "status 403"),
    "500 with HTML": (says(answer("500 Oops", b"<h1>Oops")), HEALTHY, "status 500"),
    "a body over the cap": (
        says(answer(body=b" " * (MAX_BODY + 1))),
        HEALTHY,
        "a body of more than 262144 bytes",
    ),
    "a body that never ends": (never_ends, HEALTHY, "a body of more than 262144 bytes"),
    "a connection that never answers": (hangs, (PATIENCE, 2), "no answer within 2 s"),
    "a body that stops half-way": (hangs_in_the_body, (PATIENCE, 2), "no answer within 2 s"),
    "a drip of header bytes": (drips(HEAD, b"X"), (2, PATIENCE), "no answer within 2 s"),
    "a drip of headers": (drips(HEAD, b"X: y\r\n"), (2, PATIENCE), "no answer within 2 s"),
    "a drip of body bytes": (drips(CHUNKED, b"1\r\nx\r\n"), (2, PATIENCE), "no answer within 2 s"),
    "a drip of provisional answers": (
        drips(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
        (2, PATIENCE),
        "no answer within 2 s",
    ),
    "an answer cut off": (says(answer(body=GOOD)[:-10]), HEALTHY, "RemoteProtocolError"),
    "no HTTP": (says(b"SSH-2.0-OpenSSH_9.9\r\n"), HEALTHY, "RemoteProtocolError"),
    "headers of a megabyte": (
        says(HEAD + b"X: " + b"y" * 1_000_000 + b"\r\n\r\n"),
        HEALTHY,
        "RemoteProtocolError",
    ),
    "nothing at all": (lambda _: None, HEALTHY, "RemoteProtocolError"),
}


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Callable[[tuple[float, float]], None]:
    """Sets how long a fetch, and each of its steps, may take."""

    def limit(seconds: tuple[float, float]) -> None:
        monkeypatch.setattr(fetch_module, "FETCH_SECONDS", seconds[0])
        monkeypatch.setattr(fetch_module, "_STEP_SECONDS", seconds[1])

    return limit


@pytest.mark.parametrize(("behave", "limits", "problem"), FAULTS.values(), ids=FAULTS)
def test_fault_ends_the_fetch_and_is_named(
    behave: Behaviour,
    limits: tuple[float, float],
    problem: str,
    seconds: Callable[[tuple[float, float]], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each fault costs one request and a bounded time; what is said quotes nothing that came."""
    caplog.set_level(logging.WARNING)
    seconds(limits)
    with Endpoint(behave) as endpoint:
        with pytest.raises(FetchFailed) as caught:
            fetch(endpoint.url)
        endpoint.await_request()
    assert str(caught.value) == problem
    assert len(endpoint.requests) == 1
    assert caplog.messages == []


# What arrives whole and is no usable key set.
JUNK: dict[str, bytes] = {
    "HTML with status 200": answer(body=b"<!doctype html><p>Sign in to the Wi-Fi"),
    "an empty body": answer(),
    "an empty set": answer(body=b'{"keys": []}'),
    "invalid JSON": answer(body=GOOD[:-1]),
    "nested 100,000 deep": answer(body=b"[" * 100_000),
    "a private key only": answer(body=jwks(jwk(d="AQAB"))),
    "a compressed body that nobody asked for": answer(
        "200 OK", gzip.compress(GOOD), "Content-Encoding: gzip"
    ),
}


@pytest.mark.parametrize(
    ("behave", "limits"),
    [
        *((behave, limits) for behave, limits, _ in FAULTS.values()),
        *((says(data), HEALTHY) for data in JUNK.values()),
    ],
    ids=[*FAULTS, *JUNK],
)
def test_fault_is_503_for_the_caller_until_it_is_mended(
    behave: Behaviour,
    limits: tuple[float, float],
    seconds: Callable[[tuple[float, float]], None],
    clock: Clock,
    pool: LocalUserPool,
) -> None:
    """Whatever the endpoint does, a good token is neither refused nor an error: 503, then 200."""
    seconds(limits)
    with Endpoint(behave) as endpoint:
        guard = Guard(pool.trust(jwks=RemoteKeySet(endpoint.url, clock=clock)))
        token = pool.access_token()
        with pytest.raises(KeysUnavailable) as caught:
            guard.verify(token)
        endpoint.await_request()
        endpoint.behave = says(answer(body=jwks(*pool.jwks()["keys"])))
        clock.now += caught.value.retry_after
        seconds(HEALTHY)
        assert guard.verify(token).subject == pool.subject("alice")
    assert len(endpoint.requests) == 2


@pytest.mark.parametrize(
    "data",
    [
        answer(body=GOOD),
        answer("200 OK", GOOD, "Content-Type: text/html; charset=utf-16"),
        CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD),
        b"HTTP/1.0 200 OK\r\n\r\n" + GOOD,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(body=GOOD),
    ],
    ids=["plain", "another content type", "chunked", "until the end", "early hints"],
)
def test_good_answer_is_returned_as_it_came(data: bytes) -> None:
    """The body of a 200 comes back byte for byte, however HTTP wraps it."""
    with Endpoint(says(data)) as endpoint:
        assert fetch(endpoint.url) == GOOD


def test_body_of_exactly_the_cap_is_read() -> None:
    """256 KiB are allowed."""
    with Endpoint(says(answer(body=b" " * MAX_BODY))) as endpoint:
        assert len(fetch(endpoint.url)) == MAX_BODY


def test_redirect_is_not_followed_anywhere() -> None:
    """The address that a redirect names is not asked, on whatever host."""
    with Endpoint(says(answer(body=GOOD))) as elsewhere:
        away = says(answer("301 Moved", GOOD, f"Location: {elsewhere.url}"))
        with Endpoint(away) as endpoint, pytest.raises(FetchFailed, match="status 301"):
            fetch(endpoint.url)
    assert elsewhere.requests == []


def test_request_says_little() -> None:
    """One GET of the address, for JSON, uncompressed, with no credential and no cookie."""
    with Endpoint(says(answer(body=GOOD))) as endpoint:
        fetch(endpoint.url + "?x=1")
    (head,) = endpoint.requests
    line, *fields = head.decode("ascii").strip().lower().split("\r\n")
    names = {field.partition(":")[0] for field in fields}
    assert line == "get /jwks.json?x=1 http/1.1"
    assert {f"accept: {JWK_SET}", "accept-encoding: identity"} <= set(fields)
    assert not names & {"authorization", "cookie", "proxy-authorization", "referer"}


def test_nobody_listening_is_named() -> None:
    """A port that refuses connections is told apart from a server that answers badly."""
    with closed_port() as port, pytest.raises(FetchFailed) as caught:
        fetch(f"http://127.0.0.1:{port}/")
    assert str(caught.value) == "no connection: Connection refused (ECONNREFUSED)"


def test_full_queue_of_connections_is_not_waited_for(
    seconds: Callable[[tuple[float, float]], None],
) -> None:
    """A host that lets a connection attempt hang is given up."""
    seconds((5, 0.1))
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as full,
        socket.create_connection(full.getsockname()),
        pytest.raises(FetchFailed, match=r"no answer within 0\.1 s"),
    ):
        fetch(f"http://127.0.0.1:{full.getsockname()[1]}/")


# Name look-ups.


def test_name_is_looked_up() -> None:
    """A host name works as an address does."""
    with Endpoint(says(answer(body=GOOD))) as endpoint:
        assert fetch(f"http://localhost:{endpoint.port}/") == GOOD


def test_name_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the resolver says is what the operator reads."""

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(FetchFailed, match=r"^no connection: .*Name or service not known"):
        fetch("https://keys.example/")


def test_look_up_that_hangs_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, seconds: Callable[[tuple[float, float]], None]
) -> None:
    """The time of a fetch includes the resolver's, and its late answer disturbs nobody."""
    seconds((0.2, 3))
    answered = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        answered.wait(PATIENCE)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(FetchFailed, match=r"no answer within 0\.2 s"):
        fetch("https://keys.example/")
    (look_up,) = (t for t in threading.enumerate() if t.name == "cognito_guard.lookup")
    assert look_up.daemon  # so that it cannot hold up the exit of the process either
    answered.set()
    settle()


# What is asked for.


def test_server_that_offers_key_sets_by_their_own_type_only(pool: LocalUserPool) -> None:
    """RFC 7517 registers application/jwk-set+json; a server that has nothing else is asked for it,
    and a load balancer's key is asked for as what it is.
    """
    body = jwks(*pool.jwks()["keys"])

    def choose(visit: Visit) -> None:
        offered = b"application/jwk-set+json" in visit.head
        visit.send(answer(body=body) if offered else answer("406 Not Acceptable"))

    with Endpoint(choose) as endpoint:
        guard = Guard(pool.trust(jwks=endpoint.url))
        assert guard.verify(pool.access_token()).subject == pool.subject("alice")
    with Endpoint(says(answer("404 Not Found"))) as endpoint:
        keys = LoadBalancerKeySet(endpoint.url)
        unknown(keys, "00000000-0000-4000-8000-000000000000")
        (head,) = endpoint.requests
    assert f"Accept: {PEM}".encode("ascii") in head


# The client.

_SEAM = """
import sys
for name in {blocked!r}:
    sys.modules[name] = None
from cognito_guard.network.fetch import fetch
assert fetch({url!r}) == {good!r}
loaded = [name for name in ("httpx", "httpx2") if sys.modules.get(name) is not None]
assert loaded[-1:] == {expected!r}, loaded
"""


@pytest.mark.parametrize(
    ("blocked", "expected"),
    [([], "httpx2"), (["httpx2"], "httpx"), (["httpcore2"], "httpx"), (["httpx"], "httpx2")],
    ids=["both", "no httpx2", "half of httpx2", "no httpx"],
)
def test_httpx2_where_it_is_and_httpx_otherwise(blocked: list[str], expected: str) -> None:
    """Either client will do, and of two it is the newer one."""
    need(importlib.util.find_spec("httpx2") is not None, "httpx2: pip install httpx2")
    with Endpoint(says(answer(body=GOOD))) as endpoint:
        script = _SEAM.format(blocked=blocked, url=endpoint.url, good=GOOD, expected=[expected])
        ended = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            check=False,
            timeout=3 * PATIENCE,
        )
    assert (ended.returncode, ended.stderr) == (0, "")


# Several addresses.


def addresses(monkeypatch: pytest.MonkeyPatch, *found: str) -> None:
    """A resolver that gives these addresses for localhost."""
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *_: object, **__: object) -> list[object]:
        names = found if host == "localhost" else [host]
        return [one for name in names for one in real(name, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_next_address_is_tried_where_one_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with several addresses is reached by the one that works."""
    addresses(monkeypatch, "127.0.0.9", "127.0.0.8", "127.0.0.1")
    with Endpoint(says(answer(body=GOOD))) as endpoint:
        assert fetch(f"http://localhost:{endpoint.port}/") == GOOD
        addresses(monkeypatch, "127.0.0.9", "127.0.0.8")
        with pytest.raises(FetchFailed, match="ECONNREFUSED"):
            fetch(f"http://localhost:{endpoint.port}/")


def test_address_that_hangs_does_not_keep_from_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that swallows one kind of address costs a quarter of a second."""
    addresses(monkeypatch, "127.0.0.2", "127.0.0.1")
    with (
        Endpoint(says(answer(body=GOOD))) as endpoint,
        socket.create_server(("127.0.0.2", endpoint.port), backlog=0) as full,
        socket.create_connection(full.getsockname()),
    ):
        assert fetch(f"http://localhost:{endpoint.port}/") == GOOD
    settle()


def test_addresses_that_all_hang_end_with_the_step(
    monkeypatch: pytest.MonkeyPatch, seconds: Callable[[tuple[float, float]], None]
) -> None:
    """However many addresses there are, connecting takes no longer than one step may."""
    seconds((5, 0.1))
    addresses(monkeypatch, "127.0.0.2", "127.0.0.3", "127.0.0.4")
    with (
        socket.create_server(("0.0.0.0", 0), backlog=0) as full,
        socket.create_connection(("127.0.0.2", full.getsockname()[1])),
        pytest.raises(FetchFailed, match=r"no answer within 0\.1 s"),
    ):
        fetch(f"http://localhost:{full.getsockname()[1]}/")
    settle()


def test_connection_that_comes_too_late_is_closed() -> None:
    """Of two addresses that answer, the second one's connection is given up."""
    go_on, discarded = threading.Event(), threading.Event()

    def late() -> str:
        assert go_on.wait(PATIENCE)
        return "late"

    attempts = [late, lambda: "first"]
    won = first_of(attempts, Deadline(PATIENCE, PATIENCE), lambda _: discarded.set())
    assert won == "first"
    go_on.set()
    assert discarded.wait(PATIENCE)


def test_time_that_is_over_begins_no_step() -> None:
    """Whatever the next step would be, it is not made."""
    with pytest.raises(TimeoutError):
        Deadline(0, 3).left()
