"""JwksServer: a real HTTP server on loopback that counts, follows rotations and leaves no trace."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from cognito_guard import Guard
from cognito_guard.testing import JwksServer, LocalUserPool

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(url: str) -> Any:
    """The JSON at ``url``."""
    with _direct.open(url) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        return json.load(answer)


def listens(server: JwksServer) -> bool:
    """Asked of itself: as soon as its port is free, another test's server may have it."""
    return server._listener._socket.fileno() != -1


def test_pool_is_served_where_cognito_would_have_it(pool: LocalUserPool) -> None:
    """The key set is at the pool's path, on an address of loopback."""
    with pool.serve() as server:
        assert server.url == f"{server.origin}/{pool.user_pool_id}/.well-known/jwks.json"
        assert server.origin.startswith("http://127.0.0.1:")
        assert get(server.url) == pool.jwks()


def test_guard_fetches_from_it(pool: LocalUserPool) -> None:
    """A pool that trusts the server's address verifies, in threads and in tasks, by one request."""
    with pool.serve() as server:
        guard = Guard(pool.trust(jwks=server.url))
        assert guard.verify(pool.access_token()).subject == pool.subject("alice")
        identity = asyncio.run(guard.averify(pool.access_token("bob")))
        assert identity.subject == pool.subject("bob")
        assert server.requests == 1


def test_requests_are_counted(pool: LocalUserPool) -> None:
    """The count is exact, however many come at once, and other paths do not count."""
    with pool.serve() as server:
        assert server.requests == 0
        with ThreadPoolExecutor(8) as callers:
            list(callers.map(get, [server.url] * 40))
        for path in ("/", "/other", f"/{pool.user_pool_id}/.well-known/jwks.json/"):
            with pytest.raises(urllib.error.HTTPError) as caught:
                get(server.origin + path)
            caught.value.close()
            assert caught.value.code == 404
        assert server.requests == 40


def test_rotation_shows_at_once() -> None:
    """The keys are asked for at every request."""
    pool = LocalUserPool()
    with pool.serve() as server:
        before = get(server.url)
        pool.rotate()
        assert get(server.url) == pool.jwks() != before


def test_any_key_set_can_be_served() -> None:
    """What is served is the caller's choice, as is the path."""
    with JwksServer(lambda: {"keys": [], "extra": 1}, "/any") as server:
        assert get(f"{server.origin}/any") == {"keys": [], "extra": 1}


def test_two_servers_have_an_address_each(pool: LocalUserPool, other_pool: LocalUserPool) -> None:
    """Every server has a free port of its own."""
    with pool.serve() as server, other_pool.serve() as other:
        assert server.origin != other.origin
        assert get(server.url) != get(other.url)


def test_nothing_is_left_at_the_end(pool: LocalUserPool) -> None:
    """After the block the port is closed and the threads are gone."""
    before = set(threading.enumerate())
    with pool.serve() as server:
        get(server.url)
        assert listens(server)
    assert not listens(server)
    assert [t for t in set(threading.enumerate()) - before if not t.daemon] == []


def test_error_in_the_block_is_the_callers(pool: LocalUserPool) -> None:
    """The server is closed and swallows nothing."""
    with pytest.raises(LookupError, match="mine"), pool.serve() as server:
        raise LookupError("mine")
    assert not listens(server)


def test_server_is_silent(pool: LocalUserPool, capfd: pytest.CaptureFixture[str]) -> None:
    """A test's output is the test's: requests are not logged."""
    with pool.serve() as server:
        get(server.url)
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(server.origin)
        caught.value.close()
    assert capfd.readouterr() == ("", "")


def test_no_name_is_looked_up(pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Starting takes no look-up of the machine's own name, which hangs on some machines."""

    def refuse(*_: object) -> str:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getfqdn", refuse)
    monkeypatch.setattr(socket, "gethostbyaddr", refuse)
    with pool.serve() as server:
        assert get(server.url) == pool.jwks()
