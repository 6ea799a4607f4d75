"""SavedKeySet: a file's keys serve at once, and not beyond the first answer of the address."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cognito_guard import (
    ConfigurationError,
    Guard,
    InvalidToken,
    KeysUnavailable,
    Pending,
    SavedKeySet,
)
from cognito_guard.keys.remote import JOIN_SECONDS
from cognito_guard.testing import Fault, LocalUserPool

from .source import PATIENCE, Clock, Source, settle


@pytest.fixture
def pool() -> LocalUserPool:
    """A pool of its own, as its keys are rotated."""
    return LocalUserPool()


@pytest.fixture
def saved(pool: LocalUserPool, tmp_path: Path) -> Path:
    """The file with the pool's keys."""
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(pool.jwks()))
    return path


URL = "http://127.0.0.1:9/jwks.json"


def test_no_request_waits(pool: LocalUserPool, saved: Path) -> None:
    """The first token is verified with a key of the file, while the address is only being asked;
    from its answer on, a key that was withdrawn is known no longer."""
    asked, go = threading.Event(), threading.Event()

    def get(url: str) -> bytes:
        asked.set()
        assert go.wait(60)
        return json.dumps(pool.jwks()).encode()

    keys = SavedKeySet(saved, URL, get=get)
    guard = Guard(pool.trust(jwks=keys))
    old = pool.access_token("ada")
    assert keys.health().state == "static"
    assert guard.verify(old).subject == pool.subject("ada")
    assert asked.wait(60)
    assert guard.verify(pool.access_token("eve")).subject == pool.subject("eve")
    pool.rotate()
    go.set()
    settle()
    with pytest.raises((InvalidToken, KeysUnavailable)):
        guard.verify(old)
    assert keys.health().state == "fresh"
    assert repr(keys) == f"<SavedKeySet of {len(pool.jwks()['keys'])} keys, {URL}>"


def test_a_new_key_is_waited_for(pool: LocalUserPool, saved: Path) -> None:
    """The pool's keys were replaced after the build."""
    pool.rotate()
    with pool.serve() as server:
        guard = Guard(pool.trust(jwks=SavedKeySet(saved, server.url)))
        assert guard.verify(pool.access_token("ada")).subject == pool.subject("ada")


def test_strangers_tie_up_one_thread_at_most(
    pool: LocalUserPool, saved: Path, source: Source, clock: Clock
) -> None:
    """The address hangs from the start, and tokens name keys that nobody knows: the file's keys are
    in use, so who comes second waits for a moment only."""
    keys = SavedKeySet(saved, URL, get=source, clock=clock)
    with source.held_up():
        assert isinstance(keys.key("unknown"), Pending)
        assert source.begun.wait(PATIENCE)
        clock.now += JOIN_SECONDS
        for kid in ("unknown", "another"):
            with pytest.raises(KeysUnavailable):
                keys.key(kid)
        assert not isinstance(keys.key(pool.kid("access")), Pending)
    settle()


def test_an_address_that_does_not_answer(pool: LocalUserPool, saved: Path) -> None:
    """The file's keys stay in use, health says so, and an unknown key is nobody's fault."""
    with pool.serve() as server, server.failing(Fault.SERVER_ERROR):
        keys = SavedKeySet(saved, server.url)
        guard = Guard(pool.trust(jwks=keys))
        for name in ("ada", "eve"):
            assert guard.verify(pool.access_token(name)).subject == pool.subject(name)
        other = LocalUserPool()
        with pytest.raises(KeysUnavailable):
            guard.verify(other.access_token(iss=pool.issuer, client_id=pool.client_id))
        settle()  # on a busy machine the attempt outlives the request
        health = keys.health()
        assert (health.state, health.keys) == ("stale", len(pool.jwks()["keys"]))
        assert health.last_error is not None


def test_a_file_that_is_none(tmp_path: Path, saved: Path) -> None:
    """Is an error at the start, and so is an address that is none."""
    with pytest.raises(ConfigurationError, match="cannot be read"):
        SavedKeySet(tmp_path / "none.json", URL)
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(ConfigurationError, match="not a usable key set"):
        SavedKeySet(tmp_path / "bad.json", URL)
    with pytest.raises(ConfigurationError):
        SavedKeySet(saved, "http://example.com/jwks.json")


_START = """
import sys
from cognito_guard import Guard, UserPool
guard = Guard(UserPool(sys.argv[1], client_ids=[sys.argv[2]], jwks=sys.argv[3]))
import cognito_guard_lambda
event = {"version": "2.0", "requestContext": {"http": {"method": "GET"}},
         "headers": {"authorization": "Bearer " + sys.stdin.read()}}
print(cognito_guard_lambda.authenticate(guard, event).subject)
names = ("httpx", "httpx2", "httpcore", "urllib3", "requests", "asyncio", "ssl", "http.client")
wings = ("login", "aws", "revocation", "testing")
print(*[name for name in (*names, *(f"cognito_guard.{wing}" for wing in wings))
        if name in sys.modules])
"""


def test_a_cold_start_loads_no_http_client(pool: LocalUserPool, saved: Path) -> None:
    """With keys of a file, a function starts and verifies its first token without one."""
    outcome = subprocess.run(
        [sys.executable, "-c", _START, pool.user_pool_id, pool.client_id, str(saved)],
        input=pool.access_token("ada"),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    subject, loaded = outcome.stdout.splitlines()
    assert (subject, loaded) == (pool.subject("ada"), "")
