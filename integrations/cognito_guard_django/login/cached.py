"""Sessions as entries of the session framework's cache."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import Any, final

from django.conf import settings as django_settings
from django.core.cache import caches

from .hidden import entry_key, entry_text, entry_value

__all__ = ["CacheStore"]

_PREFIX = "cognito_guard.login."
# No operation takes that long, unless whoever does it was stopped.
_LEASE_SECONDS = 10
_PAUSES = (0.002, 0.005, 0.01, 0.02, *(0.05,) * 220)


@final
class CacheStore:
    """A :class:`cognito_guard.login.SessionStore` in the cache of the ``SESSION_ENGINE`` named
    ``cache``.

    A cache compares nothing in one step, so whoever changes an entry holds another one meanwhile,
    which only one can add. The cache's own errors are let through, which the session framework
    takes for sessions that are over. Who loses the cache signs everybody out.
    """

    def __repr__(self) -> str:
        return "<CacheStore>"

    def read(self, key: str, /) -> bytes | None:
        """See ``SessionStore.read``."""
        return entry_value(_cache().get(_PREFIX + entry_key(key)))

    def add(self, key: str, value: bytes, seconds: float, /) -> bool:
        """See ``SessionStore.add``."""
        return bool(_cache().add(_PREFIX + entry_key(key), entry_text(value), ceil(seconds)))

    def replace(self, key: str, old: bytes, new: bytes, seconds: float, /) -> bool:
        """See ``SessionStore.replace``."""
        with _alone(key) as name:
            if _cache().get(name) != entry_text(old):
                return False
            _cache().set(name, entry_text(new), ceil(seconds))
        return True

    def remove(self, key: str, value: bytes | None = None, /) -> bool:
        """See ``SessionStore.remove``."""
        with _alone(key) as name:
            found = _cache().get(name)
            if found is None or (value is not None and found != entry_text(value)):
                return False
            return bool(_cache().delete(name))


def _cache() -> Any:
    return caches[django_settings.SESSION_CACHE_ALIAS]


@contextmanager
def _alone(key: str) -> Iterator[str]:
    """The name of an entry that nobody else changes meanwhile."""
    name = _PREFIX + entry_key(key)
    lock, owner = f"{name}.lock", secrets.token_hex(16)
    for pause in _PAUSES:
        if _cache().add(lock, owner, _LEASE_SECONDS):
            break
        time.sleep(pause)
    else:
        raise TimeoutError
    try:
        yield name
    finally:
        if _cache().get(lock) == owner:
            _cache().delete(lock)
