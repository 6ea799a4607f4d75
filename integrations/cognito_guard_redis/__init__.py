"""cognito_guard on Redis: sessions and revocations that all workers and machines share."""

from .revocations import (
    AsyncRedisRevocationStore,
    RedisRevocationStore,
    open_revocation_store,
)
from .sessions import AsyncRedisSessionStore, RedisSessionStore

__all__ = [
    "AsyncRedisRevocationStore",
    "AsyncRedisSessionStore",
    "RedisRevocationStore",
    "RedisSessionStore",
    "open_revocation_store",
]
