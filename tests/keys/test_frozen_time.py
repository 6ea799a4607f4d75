"""freezegun and time-machine: the calendar stops in guard and local pool alike, keys do not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from cognito_guard import (
    Guard,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    Reason,
    RemoteKeySet,
    require_recent_login,
)
from cognito_guard._support.clock import steady_clock
from cognito_guard.testing import JwksServer, LocalLoadBalancer, LocalUserPool
from cognito_guard.testing.certificates import Authority

from ..needs import need
from .frameworks import Runner, on_every_framework
from .source import Source, promptly

Freeze = Callable[[datetime], AbstractContextManager[Any]]

NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)
EVENING = datetime(2031, 5, 1, 20, tzinfo=UTC)


@pytest.fixture(params=["freezegun", "time_machine"])
def freeze(request: pytest.FixtureRequest) -> Freeze:
    """What stops the calendar at a moment."""
    try:
        module = import_module(request.param)
    except ImportError:
        need(False, f"{request.param}: pip install freezegun time-machine")
    if request.param == "freezegun":
        return module.freeze_time  # type: ignore[no-any-return]
    return lambda moment: module.travel(moment, tick=False)  # type: ignore[no-any-return]


def test_guard_and_local_pool_stop_with_the_calendar(freeze: Freeze, pool: LocalUserPool) -> None:
    """A guard and a pool made before: a token of that noon is good then, and expired at night."""
    guard = Guard(pool.trust())
    with freeze(NOON):
        token = pool.access_token()
        identity = guard.verify(token)
        assert identity.claims["iat"] == NOON.timestamp()
    with freeze(EVENING):
        with pytest.raises(InvalidToken) as caught:
            guard.verify(token)
        assert caught.value.reason is Reason.TOKEN_EXPIRED
        assert guard.verify(pool.access_token()).subject == identity.subject


def test_recent_login_and_load_balancer_stop_with_it(freeze: Freeze, pool: LocalUserPool) -> None:
    """The other two places that look at the calendar."""
    balancer = LocalLoadBalancer(pool)
    guard = Guard(balancer.trust())
    recent = require_recent_login(60)
    with freeze(NOON):
        headers = balancer.headers()
        identity = Guard(pool.trust()).verify(pool.access_token())
        recent(identity)
        assert guard.authenticate(lambda name: _values(headers, name)).username == "alice"
    with freeze(EVENING):
        with pytest.raises(LoginTooOld):
            recent(identity)
        with pytest.raises(InvalidToken) as caught:
            guard.authenticate(lambda name: _values(headers, name))
        assert caught.value.reason is Reason.TOKEN_EXPIRED


def _values(headers: dict[str, str], name: str) -> list[bytes]:
    return [value.encode("ascii") for key, value in headers.items() if key.lower() == name]


def test_keys_are_fetched_while_it_stands_still(freeze: Freeze, pool: LocalUserPool) -> None:
    """The clock of the keys is not the test's to stop: a fetch under it ends, and so do waits."""
    with JwksServer(pool.jwks, "/jwks.json") as server, freeze(NOON):
        guard = Guard(pool.trust(jwks=server.url))
        guard.prefetch(wait=60)
        assert guard.verify(pool.access_token()).subject == pool.subject("alice")
        before = steady_clock()
        while steady_clock() == before:
            pass


@on_every_framework
@pytest.mark.parametrize("within", [False, True], ids=["stopped before", "stopped by the task"])
def test_tasks_that_wait_for_keys_give_up_in_time(
    freeze: Freeze, run: Runner, within: bool, pool: LocalUserPool
) -> None:
    """Event loops ask a clock that a test may have stopped; a wait for keys has an end."""
    guard = Guard(pool.trust(jwks="http://127.0.0.1:1/jwks.json"))

    async def wait() -> None:
        with freeze(NOON) if within else nullcontext():
            await guard.aprefetch(wait=0.2)

    with nullcontext() if within else freeze(NOON), pytest.raises(KeysUnavailable):
        promptly(lambda: run(wait()))


def test_a_clock_of_ones_own_stays(freeze: Freeze, pool: LocalUserPool, source: Source) -> None:
    """Who passes a clock has that one, whatever the calendar does."""
    source.publish(*pool.jwks()["keys"])
    keys = RemoteKeySet("https://keys.example/", get=source)
    now = [NOON.timestamp()]
    guard = Guard(pool.trust(jwks=keys), clock=lambda: now[0])
    with freeze(EVENING):
        token = pool.access_token()
        assert guard.verify(token).subject == pool.subject("alice")
        now[0] = EVENING.timestamp() + 7200
        with pytest.raises(InvalidToken):
            guard.verify(token)


def test_keys_come_over_https_in_any_year(
    freeze: Freeze, pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """OpenSSL's calendar is not the test's to stop: a server made meanwhile is trusted all the
    same."""
    Authority()  # the library below keeps the class of dates that it meets first
    with freeze(NOON), JwksServer(pool.jwks, "/jwks.json", tls=True) as server:
        authority = tmp_path / "authority.pem"
        authority.write_bytes(server.authority or b"")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        guard = Guard(pool.trust(jwks=server.url))
        guard.prefetch(wait=20)
        assert guard.verify(pool.access_token()).subject == pool.subject("alice")
