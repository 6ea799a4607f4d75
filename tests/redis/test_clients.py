"""Clients that a site can rely on: bounded in time, and enough for all who come at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from cognito_guard import ConfigurationError
from cognito_guard.login import LoginReason, SessionsUnavailable
from cognito_guard_redis import AsyncRedisSessionStore, RedisSessionStore

from ..login.site import Way, site
from .servers import server

KEY = "session/1"
# The one only where the server hangs: on a busy machine, a good one may take as long.
BOUNDED, PATIENT = (
    {"socket_timeout": seconds, "socket_connect_timeout": seconds} for seconds in (0.2, 60.0)
)
AT_ONCE = 200
# redis-py 5 loses a connection of the pool with each task that is cancelled at the wrong moment.
LOSES_NO_CONNECTION = 7


def sentinel_client(kind: Any, **options: Any) -> Any:
    """A client that a Sentinel gives."""
    return kind([("127.0.0.1", 1)]).master_for("main", **options)


@pytest.mark.parametrize("without", [None, 0])
@pytest.mark.parametrize(
    "make",
    [
        lambda **options: RedisSessionStore(redis.Redis(**options)),
        lambda **options: RedisSessionStore(sentinel_client(Sentinel, **options)),
        lambda **options: RedisSessionStore(
            redis.Redis(connection_pool=redis.BlockingConnectionPool(**options))
        ),
        lambda **options: AsyncRedisSessionStore(redis.asyncio.Redis(**options)),
        lambda **options: AsyncRedisSessionStore(sentinel_client(AsyncSentinel, **options)),
        lambda **options: AsyncRedisSessionStore(
            redis.asyncio.RedisCluster(host="127.0.0.1", port=1, **options)
        ),
    ],
    ids=["one", "sentinel", "pool", "async", "async, sentinel", "async, cluster"],
)
def test_client_that_waits_for_ever(make: Any, without: object) -> None:
    """One Redis that hangs would hold every thread of a site, so it is an error at start-up."""
    with pytest.raises(ConfigurationError, match="client must have a socket_timeout"):
        make(socket_timeout=without)
    make(socket_timeout=1)


def test_cluster_that_waits_for_ever(cluster_port: int) -> None:
    """The same of a client that connects when it is made."""
    where: dict[str, Any] = {"host": "127.0.0.1", "port": cluster_port}
    with (
        redis.RedisCluster(**where, socket_timeout=None) as client,
        pytest.raises(ConfigurationError, match="client must have a socket_timeout"),
    ):
        RedisSessionStore(client)
    with redis.RedisCluster(**where, socket_timeout=1) as client:
        RedisSessionStore(client)


def test_what_a_client_does_by_itself() -> None:
    """redis-py 8 has a timeout unless told otherwise, and earlier ones have none."""
    says = redis.Connection().socket_timeout
    for client in (redis.Redis(), sentinel_client(Sentinel)):
        if says:
            RedisSessionStore(client)
            continue
        with pytest.raises(ConfigurationError, match="client must have a socket_timeout"):
            RedisSessionStore(client)


def test_connection_of_ones_own() -> None:
    """One that says nothing of a timeout has none."""

    class Connection:
        def __init__(self, **options: Any) -> None:
            pass

    pool = redis.ConnectionPool(connection_class=Connection)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="client must have a socket_timeout"):
        RedisSessionStore(redis.Redis(connection_pool=pool))


@contextmanager
def hanging(port: int) -> Iterator[None]:
    """The server is stopped, with its connections open, until the end of the block."""
    with redis.Redis(port=port, socket_timeout=60) as client:
        pid = int(client.info("server")["process_id"])  # type: ignore[index]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_server_that_hangs(tmp_path: Path) -> None:
    """Is a 503 when the client gives up, and nobody is signed out."""
    with server(tmp_path / "one") as port:
        pools = [
            redis.BlockingConnectionPool(port=port, retry=Retry(NoBackoff(), 1), **timeouts)
            for timeouts in (PATIENT, BOUNDED)
        ]
        patient, bounded = (RedisSessionStore(redis.Redis(connection_pool=one)) for one in pools)
        way = Way("", "", lambda do, *a, **k: do(*a, **k), lambda _: patient)
        with site(way) as here:
            browser = here.browser()
            browser.sign_in()
            here.sessions._driver._store = bounded
            with hanging(port), pytest.raises(SessionsUnavailable) as caught:
                browser.username()
            assert caught.value.reason is LoginReason.SESSIONS_UNAVAILABLE
            assert caught.value.detail == "The session store failed (TimeoutError)."
            here.sessions._driver._store = patient
            assert browser.username() == "alice"
        for pool in pools:
            pool.disconnect()


def test_as_many_at_once_as_come(port: int) -> None:
    """With the pool that the page recommends, tasks wait for a connection, and none fails."""

    async def come() -> list[Any]:
        pool = redis.asyncio.BlockingConnectionPool(
            port=port,
            max_connections=20,
            timeout=60,
            socket_timeout=60,
            retry=AsyncRetry(NoBackoff(), 1),
        )
        client = redis.asyncio.Redis(connection_pool=pool)
        store = AsyncRedisSessionStore(client)
        await store.add(KEY, b"it", 60)
        # Some browsers leave before they have their answer.
        leaving = [asyncio.ensure_future(store.read(KEY)) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)
        if int(redis.__version__.split(".")[0]) >= LOSES_NO_CONNECTION:
            for task in leaving[::2]:
                task.cancel()
        stayed = await asyncio.gather(*leaving[1::2])
        found = await asyncio.gather(*(store.read(KEY) for _ in range(AT_ONCE)))
        await client.flushdb()
        await client.aclose()
        await pool.disconnect()
        return [*stayed, *found]

    assert asyncio.run(come()) == [b"it"] * (AT_ONCE // 2 + AT_ONCE)
