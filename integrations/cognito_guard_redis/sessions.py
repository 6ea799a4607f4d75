"""RedisSessionStore and AsyncRedisSessionStore: who is signed in, kept by the official client.

Each operation is one command about one key, so it is the same on one server, behind Sentinel and on
a cluster. Redis forgets what is over by itself.
"""

from __future__ import annotations

from math import ceil
from typing import Any, final

from redis import Redis, RedisCluster
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio import RedisCluster as AsyncRedisCluster

from .clients import ASYNC, BLOCKING, PREFIX, checked_client, checked_prefix

__all__ = ["AsyncRedisSessionStore", "RedisSessionStore"]

# A client may send a command again after its connection broke, when the first one has been done
# already. Then `new` is what is there, and the answer is still yes.
_REPLACE = """
local held = redis.call('get', KEYS[1])
if held == ARGV[2] then return 1 end
if held ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'px', ARGV[3])
return 1
"""

_REMOVE_THIS = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('del', KEYS[1])
"""


class _Keys:
    """A client of the right kind, and the prefix of its keys."""

    def __init__(self, client: Any, prefix: str, wanted: tuple[tuple[type, ...], str]) -> None:
        self.client: Any = checked_client(client, wanted)
        self._prefix = checked_prefix(prefix)

    def __call__(self, key: str) -> str:
        return self._prefix + key


@final
class RedisSessionStore:
    """A :class:`~cognito_guard.login.SessionStore` on Redis.

    ``client``
        A ``redis.Redis``, the master of a ``Sentinel``, or a ``redis.RedisCluster``. It must return
        bytes, read from the primary only, so that a sign-out is final, and have a
        ``socket_timeout``, because a request waits as long as the client does. It needs the
        commands ``GET``, ``SET``, ``DEL`` and ``EVAL``.
    ``prefix``
        The first part of its keys. Two apps that share a server need different ones.

    It serves any number of threads and forked workers, as the client does. Raises
    :class:`~cognito_guard.ConfigurationError`.
    """

    def __init__(self, client: Redis | RedisCluster, *, prefix: str = PREFIX) -> None:
        self._key = _Keys(client, prefix, BLOCKING)
        self._client = self._key.client

    def __repr__(self) -> str:
        return "<RedisSessionStore>"

    def read(self, key: str, /) -> bytes | None:
        """What is kept under ``key``."""
        value: bytes | None = self._client.get(self._key(key))
        return value

    def add(self, key: str, value: bytes, seconds: float, /) -> bool:
        """Keep ``value`` if there is nothing under ``key``. Whether it was kept."""
        return bool(self._client.set(self._key(key), value, px=_milliseconds(seconds), nx=True))

    def replace(self, key: str, old: bytes, new: bytes, seconds: float, /) -> bool:
        """Keep ``new`` if ``old`` is what is there. Whether it is kept."""
        arguments = (self._key(key), old, new, _milliseconds(seconds))
        return bool(self._client.eval(_REPLACE, 1, *arguments))

    def remove(self, key: str, value: bytes | None = None, /) -> bool:
        """Forget what is under ``key``; with ``value``, only if that is what is there. Whether
        something was forgotten."""
        if value is None:
            return bool(self._client.delete(self._key(key)))
        return bool(self._client.eval(_REMOVE_THIS, 1, self._key(key), value))


@final
class AsyncRedisSessionStore:
    """A :class:`~cognito_guard.login.AsyncSessionStore` on Redis, for asyncio.

    ``client`` is a ``redis.asyncio.Redis`` or ``redis.asyncio.RedisCluster``. Everything else is as
    in :class:`RedisSessionStore`. The client's connections belong to one event loop, so each loop
    needs its own store. Under trio, or with several loops, use :class:`RedisSessionStore`, which
    then runs in threads.
    """

    def __init__(self, client: AsyncRedis | AsyncRedisCluster, *, prefix: str = PREFIX) -> None:
        self._key = _Keys(client, prefix, ASYNC)
        self._client = self._key.client

    def __repr__(self) -> str:
        return "<AsyncRedisSessionStore>"

    async def read(self, key: str, /) -> bytes | None:
        """See :meth:`RedisSessionStore.read`."""
        value: bytes | None = await self._client.get(self._key(key))
        return value

    async def add(self, key: str, value: bytes, seconds: float, /) -> bool:
        """See :meth:`RedisSessionStore.add`."""
        px = _milliseconds(seconds)
        return bool(await self._client.set(self._key(key), value, px=px, nx=True))

    async def replace(self, key: str, old: bytes, new: bytes, seconds: float, /) -> bool:
        """See :meth:`RedisSessionStore.replace`."""
        arguments = (self._key(key), old, new, _milliseconds(seconds))
        return bool(await self._client.eval(_REPLACE, 1, *arguments))

    async def remove(self, key: str, value: bytes | None = None, /) -> bool:
        """See :meth:`RedisSessionStore.remove`."""
        if value is None:
            return bool(await self._client.delete(self._key(key)))
        return bool(await self._client.eval(_REMOVE_THIS, 1, self._key(key), value))


def _milliseconds(seconds: float) -> int:
    """What Redis counts in; it refuses 0."""
    return max(1, ceil(seconds * 1000))
