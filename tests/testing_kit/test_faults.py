"""PemServer and JwksServer with each of their faults, seen by a client that tidies nothing up."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from cognito_guard import StaticKeySet
from cognito_guard.errors import ConfigurationError
from cognito_guard.testing import Fault, JwksServer, LocalUserPool, PemServer

PATIENCE = 60.0
BODY = b"-----BEGIN PUBLIC KEY-----\n" + b"A" * 170 + b"\n-----END PUBLIC KEY-----\n"


def one() -> dict[str, str]:
    """One key."""
    return {"one": BODY.decode("ascii")}


@pytest.fixture
def server() -> Iterator[PemServer]:
    """A server of one key, whose late answers are not very late."""
    with PemServer(one, delay=0.05) as server:
        yield server


def connect(server: PemServer) -> socket.socket:
    """A connection on which ``/one`` was asked for."""
    connection = socket.create_connection(("127.0.0.1", port(server)), timeout=PATIENCE)
    connection.sendall(b"GET /one HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return connection


def port(server: PemServer) -> int:
    """Where it listens."""
    return int(server.origin.rpartition(":")[2])


def rest(connection: socket.socket) -> bytes:
    """Everything until the server hangs up."""
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def get(server: PemServer, path: str = "/one") -> http.client.HTTPResponse:
    """An answer, its body not yet read."""
    client = http.client.HTTPConnection("127.0.0.1", port(server), timeout=PATIENCE)
    client.request("GET", path)
    return client.getresponse()


def body(server: PemServer, path: str = "/one") -> bytes:
    """The body of an answer."""
    with get(server, path) as answer:
        return answer.read()


# Nothing is wrong.


def test_path_is_looked_up(server: PemServer) -> None:
    """What the function knows is served as it is; the rest is 404, and counts as well."""
    with get(server) as answer:
        assert (answer.status, answer.read()) == (200, BODY)
        assert answer.headers["Content-Type"] == "text/plain"
    assert body(server, "/one?any=query") == BODY
    with get(server, "/two") as answer:
        assert (answer.status, answer.read()) == (404, b"")
    assert server.requests == 3


@pytest.mark.parametrize("line", [b"POST /one HTTP/1.1", b"get /one HTTP/1.1", b"x", b"\x16\x03"])
def test_only_get_is_answered(line: bytes, server: PemServer) -> None:
    """Anything else is 405, whatever it is, and is not counted."""
    with socket.create_connection(("127.0.0.1", port(server)), timeout=PATIENCE) as connection:
        connection.sendall(line + b"\r\n\r\n")
        assert rest(connection).startswith(b"HTTP/1.1 405 ")
    assert server.requests == 0


def test_head_that_never_ends_is_cut_off(server: PemServer) -> None:
    """A client that sends header lines for ever is hung up on."""

    def go_on_and_on() -> None:
        with socket.create_connection(("127.0.0.1", port(server)), timeout=PATIENCE) as connection:
            while True:
                connection.sendall(b"X: " + b"x" * 2**20)

    with pytest.raises(ConnectionError):
        go_on_and_on()
    assert body(server) == BODY


# What goes wrong on the wire.


def test_down_refuses_connections_and_comes_back_on_the_same_port(server: PemServer) -> None:
    """As often as one likes: refused while it is down, answered right afterwards."""
    before = port(server)
    for _ in range(50):
        with server.failing(Fault.DOWN), pytest.raises(ConnectionRefusedError):
            connect(server)
        assert body(server) == BODY
    assert port(server) == before
    assert server.requests == 50


def test_server_can_be_down_from_the_start() -> None:
    """A fault may be there before the server is."""
    server = PemServer(one)
    server.fault = Fault.DOWN
    with server:
        with pytest.raises(ConnectionRefusedError):
            connect(server)
        server.fault = None
        assert body(server) == BODY


def test_hang_answers_nobody_until_it_is_over(server: PemServer) -> None:
    """Requests are taken and counted; when the fault is over each of them is answered."""
    with server.failing(Fault.HANG):
        waiting = [connect(server) for _ in range(5)]
        waiting[0].settimeout(0.05)
        with pytest.raises(TimeoutError):
            waiting[0].recv(1)
        waiting[0].settimeout(PATIENCE)
        waiting.pop().close()  # who leaves is no trouble for the others
    for connection in waiting:
        assert rest(connection).endswith(BODY)
    assert body(server) == BODY


def test_slow_is_right_but_late(server: PemServer) -> None:
    """Nothing comes before the delay, which a client can be too impatient for."""
    with PemServer(one, delay=PATIENCE) as slow, slow.failing(Fault.SLOW):
        connection = connect(slow)
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.close()
    with server.failing(Fault.SLOW):
        assert body(server) == BODY


def test_drip_comes_a_byte_at_a_time(server: PemServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second byte has to wait, however long the first one takes to be read."""
    monkeypatch.setattr("cognito_guard.testing.wire._DRIP_SECONDS", PATIENCE)
    with server.failing(Fault.DRIP):
        connection = connect(server)
        assert connection.recv(65536) == b"H"
    assert rest(connection).endswith(BODY)


def test_drip_goes_on(server: PemServer) -> None:
    """No read waits long: only a limit on the whole answer ends it."""
    with server.failing(Fault.DRIP):
        connection = connect(server)
        assert [connection.recv(1) for _ in range(4)] == [b"H", b"T", b"T", b"P"]
    assert rest(connection).endswith(BODY)


def test_drip_ends_when_the_client_leaves(server: PemServer) -> None:
    """Nobody drips into the void."""
    with server.failing(Fault.DRIP):
        connection = connect(server)
        assert connection.recv(1) == b"H"
        connection.close()
        for thread in threading.enumerate():
            if thread.name == "key server visit":
                thread.join(PATIENCE)
                assert not thread.is_alive()


def test_hang_up_sends_nothing(server: PemServer) -> None:
    """Not a byte."""
    with server.failing(Fault.HANG_UP):
        assert rest(connect(server)) == b""


def test_half_body_is_fewer_bytes_than_were_promised(server: PemServer) -> None:
    """A client that counts notices."""
    with (
        server.failing(Fault.HALF_BODY),
        get(server) as answer,
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        answer.read()
    assert caught.value.partial == BODY[: len(BODY) - len(BODY) // 2]


@pytest.mark.parametrize(
    ("fault", "status", "expected"),
    [
        (Fault.GARBLED, 200, BODY[: len(BODY) // 2]),
        (Fault.EMPTY_BODY, 200, b""),
        (Fault.FORBIDDEN, 403, BODY),
        (Fault.SERVER_ERROR, 500, BODY),
        (Fault.TOO_LARGE, 200, BODY + b" " * 2**20),
    ],
)
def test_fault_is_a_whole_answer(
    fault: Fault, status: int, expected: bytes, server: PemServer
) -> None:
    """These are good HTTP."""
    with server.failing(fault), get(server) as answer:
        assert (answer.status, answer.read()) == (status, expected)


def test_html_is_a_page(server: PemServer) -> None:
    """With the status of a good answer."""
    with server.failing(Fault.HTML), get(server) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html")
        assert b"Sign in" in answer.read()


def test_redirect_leads_to_the_right_answer(server: PemServer) -> None:
    """A client that follows is not told apart by failing: it gets the key, and is counted twice."""
    with server.failing(Fault.REDIRECT):
        with get(server) as answer:
            assert answer.status == 302
            where = answer.headers["Location"]
        assert body(server, where) == BODY
    assert server.requests == 2


def test_endless_goes_on_until_it_is_over(server: PemServer) -> None:
    """Far more than anybody should read, and an end only with the fault."""
    with server.failing(Fault.ENDLESS):
        connection = connect(server)
        read = 0
        while read < 16 * 2**20:
            data = connection.recv(2**20)
            assert data
            read += len(data)
    rest(connection)


def test_wrong_certificate_is_for_another_host() -> None:
    """Whoever trusts the authority gets keys over https, and an error while the fault is on."""
    with PemServer(one, tls=True) as server:
        assert server.origin == f"https://127.0.0.1:{port(server)}"
        assert server.authority is not None
        trusting = ssl.create_default_context(cadata=server.authority.decode("ascii"))

        def get_securely(context: ssl.SSLContext) -> bytes:
            client = http.client.HTTPSConnection(
                "127.0.0.1", port(server), timeout=PATIENCE, context=context
            )
            client.request("GET", "/one")
            with client.getresponse() as answer:
                return answer.read()

        assert get_securely(trusting) == BODY
        with (
            server.failing(Fault.WRONG_CERTIFICATE),
            pytest.raises(ssl.SSLCertVerificationError, match="mismatch"),
        ):
            get_securely(trusting)
        with pytest.raises(ssl.SSLCertVerificationError, match="unable to get"):
            get_securely(ssl.create_default_context())
        assert get_securely(trusting) == BODY
        assert server.requests == 2


# Switching.


def test_fault_that_a_server_cannot_have_is_refused(server: PemServer) -> None:
    """A server of single keys has no key set to spoil, and without TLS there is no certificate."""
    for fault in (Fault.EMPTY_SET, Fault.WRONG_CERTIFICATE):
        with pytest.raises(ValueError, match=fault.name):
            server.fault = fault
    assert server.fault is None


def test_failing_ends_with_the_block(server: PemServer) -> None:
    """Whatever happens in it, and back to what was before."""
    server.fault = Fault.FORBIDDEN

    def fail() -> None:
        with server.failing(Fault.HTML):
            assert server.fault is Fault.HTML
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert server.fault is Fault.FORBIDDEN


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("fault", [None, Fault.HANG, Fault.SLOW, Fault.DRIP, Fault.ENDLESS])
def test_everything_ends_when_the_context_ends(fault: Fault | None, tls: bool) -> None:
    """Answers under way, connections that say nothing: all are over, and so are the threads."""
    asked = threading.Event()

    def keys() -> dict[str, str]:
        asked.set()
        return one()

    others = set(threading.enumerate())
    with PemServer(keys, delay=1e6, tls=tls) as server:
        server.fault = fault
        silent = socket.create_connection(("127.0.0.1", port(server)), timeout=PATIENCE)
        asking = socket.create_connection(("127.0.0.1", port(server)), timeout=PATIENCE)
        if tls:
            context = ssl.create_default_context(cadata=(server.authority or b"").decode("ascii"))
            asking = context.wrap_socket(asking, server_hostname="127.0.0.1")
        asking.sendall(b"GET /one HTTP/1.1\r\n\r\n")
        assert asked.wait(PATIENCE)
        if fault in (Fault.DRIP, Fault.ENDLESS):
            asking.recv(1)
    silent.close()
    asking.close()
    left = set(threading.enumerate()) - others
    assert [thread for thread in left if thread.name.startswith("key server")] == []


def test_error_of_the_function_is_not_swallowed() -> None:
    """The one who wrote it reads it, and the client is left without an answer."""
    seen: list[threading.ExceptHookArgs] = []

    def broken() -> dict[str, str]:
        raise PermissionError("mine")  # an OSError, as a client that leaves is

    before, threading.excepthook = threading.excepthook, seen.append
    try:
        with PemServer(broken) as server:
            assert rest(connect(server)) == b""
    finally:
        threading.excepthook = before
    assert str(seen[0].exc_value) == "mine"


# What is wrong with a key set.


@pytest.fixture(scope="module")
def keys(pool: LocalUserPool) -> Iterator[JwksServer]:
    """A server of the pool's key set."""
    with pool.serve() as server:
        yield server


def published(keys: JwksServer, fault: Fault) -> Any:
    """The JSON that is served while a fault is on."""
    with keys.failing(fault):
        return json.loads(body(keys, keys.url.removeprefix(keys.origin)))


def test_every_fault_can_be_had() -> None:
    """A key set over https has them all; a single key those of the wire."""
    assert JwksServer.faults == set(Fault)
    assert {fault.value for fault in Fault} == {f.name.lower().replace("_", " ") for f in Fault}
    with LocalUserPool().serve(tls=True) as server:
        for fault in Fault:
            server.fault = fault


def test_empty_set_and_wrong_json(keys: JwksServer) -> None:
    """Good JSON, and no key in it."""
    assert published(keys, Fault.EMPTY_SET) == {"keys": []}
    assert "keys" not in published(keys, Fault.WRONG_JSON)


def test_malformed_key_comes_before_the_good_ones(keys: JwksServer, pool: LocalUserPool) -> None:
    """One bad key, and all the good ones as they are."""
    bad, *good = published(keys, Fault.MALFORMED_KEY)["keys"]
    assert good == pool.jwks()["keys"]
    with pytest.raises(ConfigurationError, match="base64url"):
        StaticKeySet({"keys": [bad]})


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault.PRIVATE_KEY, "holds private or symmetric key material"),
        (Fault.SYMMETRIC_KEY, "holds private or symmetric key material"),
        (Fault.WEAK_KEY, "has fewer than 2048"),
        (Fault.ENCRYPTION_KEY, "is not for signatures"),
        (Fault.OTHER_ALGORITHM, "is for another algorithm"),
    ],
)
def test_every_key_is_bad_in_one_way(
    fault: Fault, problem: str, keys: JwksServer, pool: LocalUserPool
) -> None:
    """Under the kids that were there, keys that nobody should use, for the reason in the name."""
    key_set = published(keys, fault)
    assert [key["kid"] for key in key_set["keys"]] == [key["kid"] for key in pool.jwks()["keys"]]
    for key in key_set["keys"]:
        with pytest.raises(ConfigurationError, match=problem):
            StaticKeySet({"keys": [key]})


def test_duplicate_kid_is_there_for_two_keys(keys: JwksServer, pool: LocalUserPool) -> None:
    """Each key on its own is good; together nobody can tell which of them signs."""
    found = published(keys, Fault.DUPLICATE_KID)["keys"]
    assert found[:2] == pool.jwks()["keys"]
    assert [key["kid"] for key in found[2:]] == [key["kid"] for key in found[:2]]
    assert {key["n"] for key in found[2:]}.isdisjoint(key["n"] for key in found[:2])
    for key in found:
        StaticKeySet({"keys": [key]})


def test_rotated_withdrawn_replaced(keys: JwksServer, pool: LocalUserPool) -> None:
    """New keys next to the old ones, in their place, and under their kids: all of them good."""
    old = pool.jwks()["keys"]
    *kept, new = published(keys, Fault.ROTATED)["keys"]
    assert kept == old
    assert published(keys, Fault.WITHDRAWN)["keys"] == [new]
    replaced = published(keys, Fault.REPLACED)["keys"]
    assert [key["kid"] for key in replaced] == [key["kid"] for key in old]
    for key in (new, *replaced):
        assert key["n"] not in {key["n"] for key in old}
        StaticKeySet({"keys": [key]})


def test_fault_changes_nothing_in_the_pool(keys: JwksServer, pool: LocalUserPool) -> None:
    """When it is over, all is as it was."""
    before = pool.jwks()
    for fault in sorted(JwksServer.faults - PemServer.faults, key=lambda fault: fault.name):
        published(keys, fault)
    assert json.loads(body(keys, keys.url.removeprefix(keys.origin))) == before == pool.jwks()
    assert isinstance(pool.signing_key("id"), rsa.RSAPrivateKey)
