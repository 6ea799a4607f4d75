"""JSON Web Keys (RFC 7517, RFC 7518 section 6.3) -> verification keys. Strict, and key by key.

A set may hold a key that is not ours to use, or that somebody broke; the others still count. So a
bad key is left out with its reason, and only a set without any good key is an error.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from .._support.base64url import decode_base64url
from .._support.log import KEY_LEFT_OUT, WARNING, Log
from .signature import RS256Key, VerificationKey

__all__ = ["KeySetError", "parse_key_set"]

# NIST SP 800-131A allows no less; more than 8192 bits would make a signature check a burden.
_RSA_BITS = range(2048, 8192 + 1)
# A public exponent is 65537 in practice; a huge one makes every check slow.
_MAX_EXPONENT = 2**32
# RFC 7518, section 6.3.2: the private members. Their presence means that the signer's key leaked.
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# A user pool publishes two keys, four while they rotate.
_MAX_KEYS = 64
# Of so many it is said what is wrong with them, where no key can be used. It is logged.
_MAX_TOLD = 4
# An object and two lists (x5c, key_ops) for each, and a few more.
_MAX_BRACKETS = 4 * _MAX_KEYS


class KeySetError(Exception):
    """A text is no usable JWK set. The message holds no key material."""


def parse_key_set(
    source: bytes | Mapping[str, Any], report: Callable[[str], object] | None = None
) -> dict[str, VerificationKey]:
    """The usable keys of a JWK set (RFC 7517, section 5), by ``kid``.

    ``report`` is told of each key that is left out; without it, the log is.
    Raises :class:`KeySetError` if it is no JWK set or holds no usable key. Two different keys under
    one ``kid`` are both left out: which of them signs would be a guess.
    """
    key_set = _load(source) if isinstance(source, bytes) else source
    members = key_set.get("keys") if isinstance(key_set, Mapping) else None
    if not isinstance(members, list | tuple):
        raise KeySetError('it is not an object with a list under "keys"')
    if len(members) > _MAX_KEYS:
        raise KeySetError(f"it holds more than {_MAX_KEYS} keys")
    keys: dict[str, VerificationKey] = {}
    ambiguous: set[str] = set()
    problems: list[str] = []
    for number, member in enumerate(members, start=1):
        try:
            key = _parse_key(member)
        except ValueError as error:
            problems.append(f"key {number} {error}")
            continue
        if key.kid in keys and not keys[key.kid].same_as(key):
            problems.append(f"key {number} repeats the kid of another key")
            ambiguous.add(key.kid)
        keys[key.kid] = key
    for kid in ambiguous:
        del keys[kid]
    if not keys:
        told = problems[:_MAX_TOLD]
        if len(problems) > _MAX_TOLD:
            told.append(f"and {len(problems) - _MAX_TOLD} more")
        raise KeySetError("; ".join(["it holds no usable key", *told]))
    for problem in problems:
        (report or _report)(problem)
    return keys


def _report(problem: str) -> None:
    Log().say(WARNING, KEY_LEFT_OUT, "key set: %s and is left out", problem)


def _load(data: bytes) -> object:
    # Nesting is bounded before it can hurt a thread with a small stack, as in `parse_token`.
    if data.count(b"[") + data.count(b"{") > _MAX_BRACKETS:
        return None
    try:
        return json.loads(data.decode("utf-8"))
    except ValueError:
        return None


def _parse_key(member: object) -> RS256Key:
    """One key. Raises ``ValueError`` that continues a sentence and quotes no member's value."""
    if not isinstance(member, Mapping):
        raise ValueError("is not a JSON object")
    if not _PRIVATE_MEMBERS.isdisjoint(member):
        raise ValueError("holds private or symmetric key material")
    if member.get("kty") != "RSA":
        raise ValueError("is not an RSA key")
    if member.get("use", "sig") != "sig":
        raise ValueError("is not for signatures (use)")
    operations = member.get("key_ops", ["verify"])
    if not isinstance(operations, list | tuple) or "verify" not in operations:
        raise ValueError("is not for verifying (key_ops)")
    if member.get("alg", "RS256") != "RS256":
        raise ValueError("is for another algorithm than RS256 (alg)")
    kid = member.get("kid")
    if not isinstance(kid, str) or not kid:
        raise ValueError("has no kid")
    modulus, exponent = _unsigned(member, "n"), _unsigned(member, "e")
    if modulus.bit_length() not in _RSA_BITS:
        raise ValueError(f"has fewer than {_RSA_BITS[0]} or more than {_RSA_BITS[-1]} bits")
    if exponent > _MAX_EXPONENT:
        raise ValueError("has too large an exponent")
    try:
        return RS256Key(kid, RSAPublicNumbers(exponent, modulus).public_key())
    except ValueError:
        pass
    raise ValueError("is not an RSA public key")


def _unsigned(member: Mapping[str, Any], name: str) -> int:
    """A Base64urlUInt (RFC 7518, section 2)."""
    value = member.get(name)
    if isinstance(value, str) and value.isascii():
        number = decode_base64url(value.encode("ascii"))
        if number is not None:
            return int.from_bytes(number, "big")
    raise ValueError(f'has no base64url number under "{name}"')
