"""The store that ``LOGIN_STORE`` names, or the one on Django's session framework."""

from __future__ import annotations

from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any, NamedTuple, final

from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.contrib.sessions.backends import cache, db
from django.utils.module_loading import import_string

from cognito_guard import ConfigurationError

from .cached import CacheStore
from .database import DatabaseStore

__all__ = ["Stores", "framework_stores", "named_stores"]


_OPERATIONS = ("read", "add", "replace", "remove")


class Stores(NamedTuple):
    """The same store, as threads and as event loops have it. ``blocking``: ``None`` where it can
    only be awaited."""

    blocking: Any
    awaited: Any


@final
class _Awaited:
    """A store that asks Django's database, in the thread that Django has for that."""

    def __init__(self, store: DatabaseStore | CacheStore) -> None:
        self._store = store

    async def read(self, key: str, /) -> bytes | None:
        return await sync_to_async(self._store.read, thread_sensitive=True)(key)

    async def add(self, key: str, value: bytes, seconds: float, /) -> bool:
        add = sync_to_async(self._store.add, thread_sensitive=True)
        return await add(key, value, seconds)

    async def replace(self, key: str, old: bytes, new: bytes, seconds: float, /) -> bool:
        replace = sync_to_async(self._store.replace, thread_sensitive=True)
        return await replace(key, old, new, seconds)

    async def remove(self, key: str, value: bytes | None = None, /) -> bool:
        return await sync_to_async(self._store.remove, thread_sensitive=True)(key, value)


def framework_stores() -> Stores:
    """The store on ``SESSION_ENGINE``. Raises ``ConfigurationError`` where that is nothing to keep
    tokens in."""
    name = django_settings.SESSION_ENGINE
    if name == "django.contrib.sessions.backends.signed_cookies":
        raise ConfigurationError(
            "is needed, as SESSION_ENGINE is signed_cookies: everything would be in the browser"
        )
    try:
        engine: Any = import_module(name).SessionStore
    except (ImportError, AttributeError, TypeError):
        raise ConfigurationError("is needed, as SESSION_ENGINE cannot be imported") from None
    if issubclass(engine, db.SessionStore):
        store: DatabaseStore | CacheStore = DatabaseStore(engine)
    elif issubclass(engine, cache.SessionStore):
        store = CacheStore()
    else:
        raise ConfigurationError(
            "is needed, as nothing of SESSION_ENGINE can be changed in one step; without the "
            "setting it must be db, cached_db or cache"
        )
    return Stores(store, _Awaited(store))


def named_stores(value: object) -> Stores:
    """The store that a setting names: an object, what makes one, or the dotted path of either.
    Raises ``ConfigurationError``."""
    found: Any = value
    if isinstance(value, str):
        try:
            found = import_string(value)
        except ImportError as error:
            raise ConfigurationError(f"cannot be imported: {error}") from None
    if isinstance(found, type) or not hasattr(found, "read"):
        if not callable(found):
            raise ConfigurationError("must be a store, what makes one, or the dotted path of it")
        found = found()
    if not all(callable(getattr(found, name, None)) for name in _OPERATIONS):
        raise ConfigurationError(f"must have {', '.join(_OPERATIONS)}")
    waits = iscoroutinefunction(found.read)
    return Stores(None if waits else found, found)
