"""A store on Redis does what a store promises, on each kind of server."""

from __future__ import annotations

import asyncio
import time
from importlib import import_module
from typing import Any

import pytest
import redis
import redis.asyncio
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.sentinel import Sentinel

from cognito_guard import ConfigurationError
from cognito_guard_redis import AsyncRedisSessionStore, RedisSessionStore

from ..ports import closed_port
from .conftest import Kind

KEY, OTHER = "session/" + "a" * 64, "lock/" + "b" * 64
ODD = b"\x00\xff'\"\r\n\\"


def held(kind: Kind, key: str = KEY) -> bytes | None:
    """What is there."""
    value: bytes | None = kind.call(kind.store.read, key)
    return value


def test_what_was_added_is_read(kind: Kind) -> None:
    """Any bytes, under a key that only this one has."""
    assert held(kind) is None
    assert kind.call(kind.store.add, KEY, ODD, 60) is True
    assert (held(kind), held(kind, OTHER)) == (ODD, None)


def test_only_the_first_is_added(kind: Kind) -> None:
    """What is there stays."""
    assert kind.call(kind.store.add, KEY, b"first", 60) is True
    assert kind.call(kind.store.add, KEY, b"second", 60) is False
    assert held(kind) == b"first"


def test_only_what_was_read_is_replaced(kind: Kind) -> None:
    """A change in between is not undone, and what was removed stays removed."""
    assert kind.call(kind.store.replace, KEY, b"old", b"new", 60) is False
    assert held(kind) is None
    kind.call(kind.store.add, KEY, b"old", 60)
    assert kind.call(kind.store.replace, KEY, b"older", b"new", 60) is False
    assert held(kind) == b"old"
    assert kind.call(kind.store.replace, KEY, b"old", ODD, 60) is True
    assert held(kind) == ODD


def test_what_a_client_sends_twice_is_done_once(kind: Kind) -> None:
    """A client that lost its connection sends the command again, though it was done."""
    kind.call(kind.store.add, KEY, b"old", 60)
    for _ in range(2):
        assert kind.call(kind.store.replace, KEY, b"old", b"new", 60) is True
    assert held(kind) == b"new"


def test_what_is_removed(kind: Kind) -> None:
    """All that is there, or only this."""
    assert kind.call(kind.store.remove, KEY) is False
    assert kind.call(kind.store.remove, KEY, b"it") is False
    kind.call(kind.store.add, KEY, b"it", 60)
    assert kind.call(kind.store.remove, KEY, b"other") is False
    assert held(kind) == b"it"
    assert kind.call(kind.store.remove, KEY, b"it") is True
    assert held(kind) is None
    kind.call(kind.store.add, KEY, b"it", 60)
    assert kind.call(kind.store.remove, KEY) is True
    assert held(kind) is None


@pytest.mark.parametrize(("seconds", "most"), [(60, 60_000), (0.0004, 1), (1.2345, 1235), (0, 1)])
def test_everything_has_an_end(port: int, seconds: float, most: int) -> None:
    """In milliseconds, of which there is one at least: Redis refuses 0."""
    with redis.Redis(port=port, socket_timeout=60) as client:
        sent = []
        store = RedisSessionStore(client)
        real = client.execute_command

        def spy(*arguments: Any, **options: Any) -> Any:
            sent.append(arguments)
            return real(*arguments, **options)

        client.execute_command = spy  # type: ignore[method-assign]
        store.add(KEY, b"it", seconds)
        store.replace(KEY, b"it", b"that", seconds)
        client.execute_command = real  # type: ignore[method-assign]
        assert [most in arguments for arguments in sent] == [True, True]
        store.add(OTHER, b"it", 60)
        assert 0 < client.pttl("cognito_guard:" + OTHER) <= 60_000
        client.flushdb()


def test_two_apps_on_one_server(port: int) -> None:
    """Another prefix is another store."""
    with redis.Redis(port=port, socket_timeout=60) as client:
        ours, theirs = RedisSessionStore(client), RedisSessionStore(client, prefix="theirs:")
        ours.add(KEY, b"ours", 60)
        assert (theirs.read(KEY), theirs.remove(KEY)) == (None, False)
        assert client.keys() == [b"cognito_guard:" + KEY.encode("ascii")]
        client.flushdb()


def test_one_of_many_adds(port: int) -> None:
    """Of tasks that add at once, one does; so one of them has the lock."""

    async def compete() -> list[bool]:
        async with redis.asyncio.Redis(port=port, socket_timeout=60) as client:
            store = AsyncRedisSessionStore(client)
            won = await asyncio.gather(*(store.add(KEY, b"%d" % n, 60) for n in range(50)))
            await client.flushdb()
            return won

    assert sorted(asyncio.run(compete())) == [False] * 49 + [True]


def test_a_server_that_is_gone(tmp_path: Any) -> None:
    """What the client raises goes to the engine, which makes a 503 of it."""
    with closed_port() as port:
        store = RedisSessionStore(redis.Redis(port=port, socket_timeout=60))
        with pytest.raises(redis.ConnectionError):
            store.read(KEY)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RedisSessionStore(redis.asyncio.Redis()), "a redis.Redis or"),  # type: ignore[arg-type]
        (lambda: RedisSessionStore("redis://127.0.0.1"), "a redis.Redis or"),  # type: ignore[arg-type]
        (lambda: AsyncRedisSessionStore(redis.Redis()), "a redis.asyncio.Redis or"),  # type: ignore[arg-type]
        (lambda: RedisSessionStore(redis.Redis(decode_responses=True)), "decode_responses"),
        (
            lambda: AsyncRedisSessionStore(redis.asyncio.Redis(decode_responses=True)),
            "decode_responses",
        ),
        (lambda: RedisSessionStore(redis.Redis(socket_timeout=1), prefix=""), "prefix"),
        (lambda: RedisSessionStore(redis.Redis(socket_timeout=1), prefix="\u00e4:"), "prefix"),
        (lambda: RedisSessionStore(redis.Redis(socket_timeout=1), prefix=None), "prefix"),  # type: ignore[arg-type]
    ],
    ids=[
        *("async client", "text", "blocking client", "text answers", "async text answers"),
        *("empty", "no ASCII", "no text"),
    ],
)
def test_what_cannot_work_is_an_error_at_start_up(make: Any, message: str) -> None:
    """Before the first user signs in."""
    with pytest.raises(ConfigurationError, match=message):
        make()


def _blocking(port: int, **how: Any) -> Any:
    return RedisSessionStore(redis.RedisCluster(host="127.0.0.1", port=port, **how))


def _async(port: int, **how: Any) -> Any:
    return AsyncRedisSessionStore(redis.asyncio.RedisCluster(host="127.0.0.1", port=port, **how))


@pytest.mark.filterwarnings("ignore:.*read_from_replicas:DeprecationWarning")
@pytest.mark.parametrize("make", [_blocking, _async])
@pytest.mark.parametrize("name", ["read_from_replicas", "load_balancing_strategy"])
def test_cluster_that_is_read_from_replicas(make: Any, name: str, cluster_port: int) -> None:
    """They have for a while what was removed: a sign-out would not be final."""
    how = {name: True}
    if name == "load_balancing_strategy":
        cluster = import_module("redis.cluster")
        if not hasattr(cluster, "LoadBalancingStrategy"):
            pytest.skip("this redis-py has no strategies")
        how = {name: next(iter(cluster.LoadBalancingStrategy))}
    with pytest.raises(ConfigurationError, match="not from replicas or"):
        make(cluster_port, **how)


@pytest.mark.parametrize(
    ("sentinel", "store"), [(Sentinel, RedisSessionStore), (AsyncSentinel, AsyncRedisSessionStore)]
)
def test_sentinels_replica(sentinel: Any, store: Any, sentinel_port: int) -> None:
    """As above, and nothing could be written there."""
    watch = sentinel([("127.0.0.1", sentinel_port)])
    store(watch.master_for("main", socket_timeout=60))
    with pytest.raises(ConfigurationError, match="not from replicas or"):
        store(watch.slave_for("main", socket_timeout=60))


def test_client_with_a_cache(cluster_port: int) -> None:
    """It has for a moment what was removed."""
    cache = pytest.importorskip("redis.cache")  # there is none in earlier versions
    client: Any = redis.Redis(protocol=3, cache_config=cache.CacheConfig())
    cluster: Any = redis.RedisCluster(host="127.0.0.1", port=cluster_port)
    cluster.nodes_manager._cache = client.connection_pool.cache  # as of a newer server's client
    for each in (client, cluster):
        with pytest.raises(ConfigurationError, match="or a client-side cache"):
            RedisSessionStore(each)
        each.close()


def _pipeline(port: int) -> Any:
    return redis.asyncio.RedisCluster(host="127.0.0.1", port=port).pipeline()


def test_pipeline(cluster_port: int) -> None:
    """It does nothing until it is told to, and answers with itself, which looks like a yes."""
    cluster: Any = redis.RedisCluster(host="127.0.0.1", port=cluster_port)
    client: Any = redis.Redis()
    for each in (client, cluster):
        with pytest.raises(ConfigurationError, match="client must be a redis"):
            RedisSessionStore(each.pipeline())
    cluster.close()
    with pytest.raises(ConfigurationError, match="client must be a redis"):
        AsyncRedisSessionStore(redis.asyncio.Redis().pipeline())
    with pytest.raises(ConfigurationError, match="client must be a redis"):
        AsyncRedisSessionStore(_pipeline(cluster_port))


def test_it_says_nothing_of_the_server() -> None:
    """A client's repr may have a password in it."""
    one = RedisSessionStore(redis.Redis(password="secret", socket_timeout=1))
    other = AsyncRedisSessionStore(redis.asyncio.Redis(password="secret", socket_timeout=1))
    assert (repr(one), repr(other)) == ("<RedisSessionStore>", "<AsyncRedisSessionStore>")


def test_what_is_over_is_forgotten(kind: Kind) -> None:
    """By Redis itself. Asked until it is so, not after a time."""
    kind.call(kind.store.add, KEY, b"it", 0.001)
    while held(kind) is not None:
        time.sleep(0)
    assert kind.call(kind.store.add, KEY, b"again", 60) is True
