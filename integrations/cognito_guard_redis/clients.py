"""What a client of the official package has to be, and the prefix of its keys."""

from __future__ import annotations

import inspect
from typing import Any

from redis import Redis, RedisCluster
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio import RedisCluster as AsyncRedisCluster
from redis.asyncio.client import Pipeline as AsyncPipeline
from redis.client import Pipeline
from redis.cluster import ClusterPipeline

from cognito_guard import ConfigurationError

__all__ = ["ASYNC", "BLOCKING", "PREFIX", "checked_client", "checked_prefix"]

PREFIX = "cognito_guard:"

BLOCKING = ((Redis, RedisCluster), "a redis.Redis or RedisCluster")
ASYNC = ((AsyncRedis, AsyncRedisCluster), "a redis.asyncio.Redis or RedisCluster")

# They put commands in a row, and answer with themselves, which is no answer and looks like a yes.
_PIPELINES = (Pipeline, ClusterPipeline, AsyncPipeline)
# Where a client, or what it is made of, has a cache of its own.
_CACHES = ("cache", "_cache")


def checked_client(client: Any, wanted: tuple[tuple[type, ...], str]) -> Any:
    """``client``, if it is of the right kind, gives bytes, gives up at some time, and reads where
    it writes."""
    kinds, named = wanted
    fits = isinstance(client, kinds) and not isinstance(client, _PIPELINES)
    if not fits:
        raise ConfigurationError(f"client must be {named}")
    if _reads_elsewhere(client):
        raise ConfigurationError(
            "client must read from the primary only, not from replicas or a client-side cache: "
            "they would show a sign-out late; make it without read_from_replicas, or with "
            "master_for of a Sentinel"
        )
    if client.get_encoder().decode_responses:
        raise ConfigurationError("client must give bytes: make it without decode_responses")
    if not _socket_timeout(client):
        raise ConfigurationError(
            "client must have a socket_timeout, such as 1 second: without one, callers wait "
            "forever while Redis hangs"
        )
    return client


def checked_prefix(prefix: object) -> str:
    """``prefix``, if keys can start with it."""
    if not isinstance(prefix, str) or not prefix.isascii() or not prefix:
        raise ConfigurationError("prefix must be ASCII text, and not empty")
    return prefix


def _reads_elsewhere(client: Any) -> bool:
    """Whether a client reads from replicas, or from a cache of its own. What such a place still has
    may have been removed, and what was added may be missing there."""
    manager = getattr(client, "nodes_manager", None)
    pool = getattr(client, "connection_pool", None)
    return bool(
        getattr(client, "read_from_replicas", False)
        or getattr(client, "load_balancing_strategy", None) is not None
        or not getattr(pool, "is_master", True)  # of a Sentinel
        or any(getattr(one, name, None) is not None for one in (manager, pool) for name in _CACHES)
    )


def _socket_timeout(client: Any) -> object:
    """The seconds after which a client gives up, said or its own; ``None`` for never."""
    if isinstance(client, RedisCluster | AsyncRedisCluster):
        said, maker = client.get_connection_kwargs(), Redis
    else:
        pool = client.connection_pool
        said, maker = pool.connection_kwargs, pool.connection_class
    if "socket_timeout" in said:
        return said["socket_timeout"]
    for kind in maker.__mro__[:-1]:  # what one class does not name, it hands on
        makes = vars(kind).get("__init__")
        known = makes and inspect.signature(makes).parameters.get("socket_timeout")
        if known is not None:
            return known.default
    return None
