"""``cognito-guard jwks``: the keys of a user pool that verify its tokens."""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Iterable
from contextlib import suppress
from math import inf
from typing import Any, cast

from ..errors import ConfigurationError
from ..keys.jwk import KeySetError, parse_key_set
from ..keys.remote import RemoteKeySet
from ..keys.signature import VerificationKey
from ..keys.static import StaticKeySet
from ..network.fetch import FETCH_SECONDS, fetch
from ..network.waiting import Pending
from ..tokens.user_pool import ANY_CLIENT, UserPool
from .arguments import pool_arguments
from .output import complain, wait_for_warnings, write
from .status import Status

__all__ = ["key_set_of", "print_key_set"]

# RFC 7517, section 4, and RFC 7518, section 6.3.1: all that a verifier looks at.
_PUBLIC_MEMBERS = ("kty", "kid", "use", "alg", "n", "e")


def print_key_set(options: Namespace) -> int:
    """Print the key set as JSON, or save it. Raises :class:`ConfigurationError`."""
    # The client check is about tokens, and there are none here.
    body = key_set_of(UserPool(**pool_arguments(options), client_ids=ANY_CLIENT))
    return Status.KEYS_UNAVAILABLE if body is None else _hand_over(body, options.save)


def key_set_of(pool: UserPool) -> bytes | None:
    """The key set of a pool, as it is served or as it is in a file. ``None``, with a complaint, if
    no address gives a usable one. Raises :class:`ConfigurationError`."""
    jwks = pool.jwks
    if isinstance(jwks, str) and "://" not in jwks:
        return _read(jwks)
    addresses = [f"{issuer}/.well-known/jwks.json" for issuer in pool.issuers]
    argument = "jwks" if isinstance(jwks, str) else "issuer"
    for address in [jwks] if isinstance(jwks, str) else addresses:
        try:
            body = _fetch(address)
        except ConfigurationError as error:
            raise ConfigurationError(f"{argument}: {error}") from None
        if body is not None:
            return body
        wait_for_warnings()
    complain("no address of the key set gave a usable one")
    return None


def _read(path: str) -> bytes:
    try:
        # Read once: it may be a pipe, as in `--jwks <(...)`.
        with open(path, "rb") as file:
            body = file.read()
    except OSError as error:
        raise ConfigurationError(f"jwks: the file cannot be read: {error.strerror}") from None
    StaticKeySet(body)
    return body


def _fetch(url: str) -> bytes | None:
    """The body at ``url`` if it is a usable key set; if not, the engine logs a warning, and
    `logging` writes that to standard error.

    The fetch is the engine's own, in a thread of its own, so that Ctrl-C need not wait for it.
    """
    bodies: dict[str, bytes] = {}

    def get(url: str) -> bytes:
        return bodies.setdefault(url, fetch(url))

    keys = RemoteKeySet(url, get=get)
    # Which key is asked for makes no difference: none is held, so all of them are fetched.
    cast("Pending", keys.key("")).wait(FETCH_SECONDS + 0.5)
    return bodies[url] if keys.fetched_at > -inf else None


def _hand_over(body: bytes, path: str | None) -> int:
    """Print or save the keys that verification would use. What is left out, a warning has named."""
    members: list[Any] = json.loads(body)["keys"]
    usable = [(key, member) for member in members for key in _keys_in(member)]
    kept = [
        {name: member[name] for name in _PUBLIC_MEMBERS if name in member}
        for key, member in usable
        if all(other.kid != key.kid or other.same_as(key) for other, _ in usable)
    ]
    text = json.dumps({"keys": kept}, indent=2)
    if path is None:
        write(text)
    else:
        _save(path, f"{text}\n")
    return Status.ALL_VALID


def _save(path: str, text: str) -> None:
    """Put a file there in one step: a build that breaks off leaves the one that was there."""
    written = f"{path}.{os.getpid()}.new"
    try:
        with open(written, "x", encoding="utf-8") as file:
            file.write(text)
        os.replace(written, path)  # noqa: PTH105 - `pathlib` would slow down every command
    except (OSError, ValueError) as error:
        with suppress(OSError, ValueError):
            os.unlink(written)  # noqa: PTH108
        problem = getattr(error, "strerror", None) or "no file can have that name"
        raise ConfigurationError(f"--save: the file cannot be written: {problem}") from None


def _keys_in(member: object) -> Iterable[VerificationKey]:
    """The key that a member of the set is, or none."""
    try:
        return parse_key_set({"keys": [member]}).values()
    except KeySetError:
        return ()
