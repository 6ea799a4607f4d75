"""Each kind of Redis, with a client of each kind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
import redis
import redis.asyncio
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.sentinel import Sentinel

from cognito_guard_redis import AsyncRedisSessionStore, RedisSessionStore

from .servers import cluster, sentinel, server


class Kind(NamedTuple):
    """How a store was made, and how its operations are called."""

    store: Any
    call: Callable[..., Any]


@pytest.fixture(scope="session")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Redis server of one's own."""
    with server(tmp_path_factory.mktemp("redis") / "one") as number:
        yield number


@pytest.fixture(scope="session")
def cluster_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A cluster."""
    with cluster(tmp_path_factory.mktemp("redis") / "cluster") as number:
        yield number


@pytest.fixture(scope="session")
def sentinel_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Sentinel."""
    with sentinel(tmp_path_factory.mktemp("redis") / "sentinel") as number:
        yield number


def _one(port: int) -> tuple[Any, list[Any]]:
    client = redis.Redis(port=port, socket_timeout=60)
    return client, [client]


def _sentinel(port: int) -> tuple[Any, list[Any]]:
    watch = Sentinel([("127.0.0.1", port)])
    client = watch.master_for("main", socket_timeout=60)
    return client, [client, *watch.sentinels]


def _cluster(port: int) -> tuple[Any, list[Any]]:
    client = redis.RedisCluster(host="127.0.0.1", port=port, socket_timeout=60)
    return client, [client]


def _async_one(port: int) -> tuple[Any, list[Any]]:
    client = redis.asyncio.Redis(port=port, socket_timeout=60)
    return client, [client]


def _async_sentinel(port: int) -> tuple[Any, list[Any]]:
    watch = AsyncSentinel([("127.0.0.1", port)])
    client = watch.master_for("main", socket_timeout=60)
    return client, [client, *watch.sentinels]


def _async_cluster(port: int) -> tuple[Any, list[Any]]:
    client = redis.asyncio.RedisCluster(host="127.0.0.1", port=port, socket_timeout=60)
    return client, [client]


# The server, and what makes a client of it, with all that has to be closed.
KINDS: dict[str, tuple[str, Callable[[int], tuple[Any, list[Any]]]]] = {
    "one": ("port", _one),
    "sentinel": ("sentinel_port", _sentinel),
    "cluster": ("cluster_port", _cluster),
}
ASYNC_KINDS = {
    "async, one": ("port", _async_one),
    "async, sentinel": ("sentinel_port", _async_sentinel),
    "async, cluster": ("cluster_port", _async_cluster),
}


@pytest.fixture(params=[*KINDS, *ASYNC_KINDS])
def kind(request: pytest.FixtureRequest) -> Iterator[Kind]:
    """Each kind of store of sessions, empty."""
    yield from each_kind(request, RedisSessionStore, AsyncRedisSessionStore)


def each_kind(
    request: pytest.FixtureRequest, blocking_store: type, async_store: type
) -> Iterator[Kind]:
    """A store on the kind of client that the fixture's parameter names, empty."""
    name: str = request.param
    fixture, make = (KINDS | ASYNC_KINDS)[name]
    number: int = request.getfixturevalue(fixture)
    if name in KINDS:
        client, opened = make(number)
        yield Kind(blocking_store(client), lambda operation, *a: operation(*a))
        client.flushdb()
        for each in opened:
            each.close()
        return
    with asyncio.Runner() as runner:

        async def begin() -> tuple[Any, list[Any]]:
            return make(number)

        client, opened = runner.run(begin())

        async def call(operation: Any, *arguments: Any) -> Any:
            return await operation(*arguments)

        yield Kind(async_store(client), lambda *a: runner.run(call(*a)))

        async def end() -> None:
            await client.flushdb()
            for each in opened:
                await each.aclose()

        runner.run(end())
