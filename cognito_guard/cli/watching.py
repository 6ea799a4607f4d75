"""``cognito-guard keys``: a pool's keys, and which token uses which; and when they change."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext

from ..config import guard_arguments, values_from_text
from ..errors import ConfigurationError
from ..keys.given import parse_given
from ..keys.signature import VerificationKey
from ..tokens.user_pool import ANY_CLIENT, UserPool
from .app_settings import environment, prefix_of
from .arguments import pool_arguments
from .diagnosis import diagnose
from .key_set import key_set_of
from .output import shown, write
from .settings import named
from .status import Status
from .tokens import read_tokens

__all__ = ["watch"]

_LEAST_SECONDS = 1.0

_Keys = Mapping[str, VerificationKey]


def watch(options: Namespace) -> int:
    """Print the keys, and what uses them. Raises :class:`ConfigurationError`."""
    if not options.every >= _LEAST_SECONDS:
        raise ConfigurationError("--every must be at least 1 second")
    pools, naming = _pools(options)
    tokens = _key_ids(read_tokens(options.tokens)) if options.tokens else {}
    with naming:
        held = {pool: _look(pool) for pool in pools}
    status = _print(held, tokens)
    try:
        while options.watch:
            time.sleep(options.every)
            for pool in pools:
                found = _look(pool)
                _print_changes(pool, held[pool], found, tokens)
                held[pool] = held[pool] if found is None else found
    except KeyboardInterrupt:  # how it is stopped
        pass
    return status


def _pools(options: Namespace) -> tuple[list[UserPool], AbstractContextManager[None]]:
    """The pools, and what lets errors about their keys name the setting."""
    if options.user_pool_id is not None:
        if options.prefix is not None or options.env_file is not None:
            raise ConfigurationError(
                "--user-pool-id replaces the app's settings; leave --prefix and --env-file out"
            )
        # The client check is about tokens, and none is verified here.
        return [UserPool(**pool_arguments(options), client_ids=ANY_CLIENT)], nullcontext()
    prefix = prefix_of(options)
    values = values_from_text(environment(options), prefix)
    for name in ("issuer", "jwks"):
        if (given := getattr(options, name)) is not None:
            values[prefix + name.upper()] = given
    with named(options, values, prefix):
        trusted, _ = guard_arguments(values, prefix)
    pools = [one for one in trusted if isinstance(one, UserPool)]
    if not pools:
        raise ConfigurationError("the settings name no user pool; only user pools have a key set")
    return pools, named(options, values, prefix)


def _key_ids(tokens: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The ``kid`` that each token names, by what to call the token. Nothing is verified."""
    named = {}
    for label, token in tokens:
        kid = (diagnose(token).header or {}).get("kid")
        named[label.removesuffix(": ") or "the token"] = kid if isinstance(kid, str) else ""
    return named


def _look(pool: UserPool) -> _Keys | None:
    body = key_set_of(pool)
    return None if body is None else parse_given(body)


def _print(held: Mapping[UserPool, _Keys | None], tokens: Mapping[str, str]) -> Status:
    for pool, keys in held.items():
        write(f"keys of {shown(pool.user_pool_id)}")
        for kid, key in (keys or {}).items():
            write(f"  {_told(key)}{_users(kid, tokens)}")
    known = {kid for keys in held.values() for kid in keys or ()}
    others = {label: kid for label, kid in tokens.items() if kid not in known}
    for label, kid in others.items():
        write(f"{label}: no such key: {shown(kid) if kid else 'it names none'}")
    if None in held.values():
        return Status.KEYS_UNAVAILABLE
    return Status.SOME_REFUSED if others else Status.ALL_VALID


def _print_changes(
    pool: UserPool, before: _Keys | None, now: _Keys | None, tokens: Mapping[str, str]
) -> None:
    old, new = before or {}, now or {}
    if now is None:
        return  # a complaint has said so
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    for kid in old.keys() | new.keys():
        if kid not in old:
            change, key = "new key", new[kid]
        elif kid not in new:
            change, key = "key gone", old[kid]
        elif not old[kid].same_as(new[kid]):
            change, key = "another key under the same id", new[kid]
        else:
            continue
        users = _users(kid, tokens)
        write(f"{at} {shown(pool.user_pool_id)}: {change} {_told(key)}{users}")


def _users(kid: str | None, tokens: Mapping[str, str]) -> str:
    users = [label for label, named in tokens.items() if named == kid]
    return f"  used by {', '.join(users)}" if users else ""


def _told(key: VerificationKey) -> str:
    return f"{shown(key.kid)}  {key.algorithm}, {key.bits} bits"
