"""``cognito-guard jwks``: the keys of a user pool that verify its tokens."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterable
from math import inf
from typing import Any, cast

from ..errors import ConfigurationError, KeysUnavailable
from ..fetch import FETCH_SECONDS, fetch
from ..jwk import KeySetError, parse_key_set
from ..keys import RemoteKeySet, StaticKeySet
from ..pool import ANY_CLIENT, UserPool
from ..signature import VerificationKey
from ..waiting import Pending
from .arguments import pool_arguments
from .output import complain, wait_for_warnings, write
from .status import Status

__all__ = ["print_key_set"]

# RFC 7517, section 4, and RFC 7518, section 6.3.1: all that a verifier looks at.
_PUBLIC_MEMBERS = ("kty", "kid", "use", "alg", "n", "e")


def print_key_set(options: Namespace) -> int:
    """Print the key set as JSON. Raises :class:`ConfigurationError`."""
    # The client check is about tokens, and there are none here.
    pool = UserPool(**pool_arguments(options), client_ids=ANY_CLIENT)
    if options.jwks is None:
        addresses = [f"{issuer}/.well-known/jwks.json" for issuer in pool.issuers]
    elif "://" in options.jwks:
        addresses = [options.jwks]
    else:
        return _print(_read(options.jwks))
    for address in addresses:
        body = _fetch(address)
        if body is not None:
            return _print(body)
        wait_for_warnings()
    complain("no address of the key set gave a usable one")
    return Status.KEYS_UNAVAILABLE


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
    try:
        # Which key is asked for makes no difference: none is held, so all of them are fetched.
        cast("Pending", keys.key("")).wait(FETCH_SECONDS + 0.5)
    except KeysUnavailable:
        return None
    return bodies[url] if keys.fetched_at > -inf else None


def _print(body: bytes) -> int:
    """Print the keys that verification would use. What is left out, a warning has named."""
    members: list[Any] = json.loads(body)["keys"]
    usable = [(key, member) for member in members for key in _keys_in(member)]
    kept = [
        {name: member[name] for name in _PUBLIC_MEMBERS if name in member}
        for key, member in usable
        if all(other.kid != key.kid or other.same_as(key) for other, _ in usable)
    ]
    write(json.dumps({"keys": kept}, indent=2))
    return Status.ALL_VALID


def _keys_in(member: object) -> Iterable[VerificationKey]:
    """The key that a member of the set is, or none."""
    try:
        return parse_key_set({"keys": [member]}).values()
    except KeySetError:
        return ()
