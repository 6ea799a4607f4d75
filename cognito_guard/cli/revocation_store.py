"""The store that the commands about revocation work on.

The engine knows no adapter, and this command is a part of the engine: it takes a store by the name
of a module, as a server takes an app, and ``--redis`` is short for one such name. An entry point
would do as well, but the adapter comes in the same distribution, so there is nothing to find out.
"""

from __future__ import annotations

import os
from argparse import Namespace
from importlib import import_module
from typing import Any

from ..errors import ConfigurationError, RevocationsUnavailable
from ..revocation import Revocation
from ..revocation.store import Changes, is_async

__all__ = ["open_store", "read_all", "write_all"]

_REDIS = "cognito_guard_redis"


def open_store(options: Namespace) -> Any:
    """The store. Raises :class:`ConfigurationError`."""
    if options.store is not None:
        if options.redis is not None or options.prefix is not None:
            raise ConfigurationError("--store replaces Redis; leave --redis and --prefix out")
        return _own(options.store)
    url = options.redis or os.environ.get("REDIS_URL")
    if not url:
        raise ConfigurationError("--redis (or REDIS_URL) or --store says where the list is")
    try:
        module = import_module(_REDIS)
    except ModuleNotFoundError as error:
        if error.name != "redis":
            raise
        raise ConfigurationError(
            "--redis needs another package: pip install 'cognito-guard[redis]'"
        ) from None
    more = {} if options.prefix is None else {"prefix": options.prefix}
    return module.open_revocation_store(url, **more)


def write_all(store: Any, revocations: list[Revocation]) -> None:
    """Write entries. Raises :class:`RevocationsUnavailable`."""
    try:
        store.add(revocations)
        return
    except Exception as error:  # noqa: BLE001  # of whatever the store is made of
        problem = type(error).__name__
    raise RevocationsUnavailable(detail=f"The list cannot be written ({problem}).")


def read_all(store: Any) -> tuple[list[Revocation], int]:
    """Every entry, and how many cannot be understood. Raises :class:`RevocationsUnavailable`."""
    found: dict[Revocation, None] = {}
    unreadable, position = 0, None
    while True:
        try:
            changes: Changes = store.read(position)
        except Exception as error:  # noqa: BLE001
            problem = type(error).__name__
            break
        found.update(dict.fromkeys(changes.entries))
        unreadable += changes.unreadable
        position = changes.position
        if not changes.more:
            return list(found), unreadable
    raise RevocationsUnavailable(detail=f"The list cannot be read ({problem}).")


def _own(name: str) -> Any:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        kind = type(error).__name__
        raise ConfigurationError(f"--store {name} cannot be imported ({kind})") from None
    if isinstance(found, type) or not callable(getattr(found, "add", None)):
        found = found() if callable(found) else found
    if is_async(found):
        raise ConfigurationError("store must be a RevocationStore whose operations are not async")
    return found
