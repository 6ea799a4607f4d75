"""What can be wrong with a key set that arrives in good order: functions JWKS -> JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from .faults import Fault
from .signing_key import SigningKey

__all__ = ["KEY_SET_FAULTS"]

_Jwk = Mapping[str, Any]


@cache
def _strange(bits: int = 2048) -> SigningKey:
    """A key pair that no pool signs with. Made once, as that takes a while."""
    return SigningKey(bits)


def _keys(change: Callable[[list[_Jwk]], list[_Jwk]]) -> Callable[[_Jwk], object]:
    """A change to the list of keys."""
    return lambda jwks: {**jwks, "keys": change(list(jwks["keys"]))}


def _each(change: Callable[[_Jwk], _Jwk]) -> Callable[[_Jwk], object]:
    """A change to every key."""
    return _keys(lambda keys: [change(key) for key in keys])


def _with(**members: str) -> Callable[[_Jwk], object]:
    """Members that every key has, whatever it had before."""
    return _each(lambda key: {**key, **members})


KEY_SET_FAULTS: Mapping[Fault, Callable[[_Jwk], object]] = MappingProxyType(
    {
        Fault.EMPTY_SET: _keys(lambda keys: []),
        Fault.WRONG_JSON: lambda jwks: {"message": "Rate exceeded"},
        Fault.MALFORMED_KEY: _keys(
            lambda keys: [{**keys[0], "kid": "malformed", "n": "no number!"}, *keys]
        ),
        Fault.PRIVATE_KEY: _with(d="AQAB"),
        Fault.SYMMETRIC_KEY: _each(
            lambda key: {"alg": "HS256", "k": "c2VjcmV0", "kid": key["kid"], "kty": "oct"}
        ),
        Fault.WEAK_KEY: _each(lambda key: _strange(1024).jwk(key["kid"])),
        Fault.ENCRYPTION_KEY: _with(use="enc"),
        Fault.OTHER_ALGORITHM: _with(alg="RS512"),
        Fault.DUPLICATE_KID: _keys(
            lambda keys: [*keys, *(_strange().jwk(key["kid"]) for key in keys)]
        ),
        Fault.ROTATED: _keys(lambda keys: [*keys, _strange().jwk()]),
        Fault.WITHDRAWN: _keys(lambda keys: [_strange().jwk()]),
        Fault.REPLACED: _each(lambda key: _strange().jwk(key["kid"])),
    }
)
"""What each fault makes of a JWK set."""
