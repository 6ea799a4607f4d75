"""Key material: RSA pairs, each made once, as JWKs that a test may bend."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from cognito_guard import VerificationKey

OMIT: Any = object()
"""As a member's value: leave the member out."""

MESSAGE = b"what was signed"


@cache
def pair(name: str) -> rsa.RSAPrivateKey:
    """The key pair of a name; always the same one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def number(value: int) -> str:
    """A Base64urlUInt (RFC 7518, section 2)."""
    data = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def jwk(kid: Any = "a", name: str = "a", **members: Any) -> dict[str, Any]:
    """The public key of ``name``, with members replaced, added or left out."""
    public = pair(name).public_key().public_numbers()
    own = {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": kid,
        "n": number(public.n),
        "e": number(public.e),
    }
    return {k: v for k, v in {**own, **members}.items() if v is not OMIT}


def jwks(*keys: Mapping[str, Any]) -> bytes:
    """A JWK set, as a server sends it."""
    return json.dumps({"keys": keys}).encode("utf-8")


def checks(key: object, name: str) -> bool:
    """Whether ``key`` verifies what the pair of ``name`` signs."""
    assert isinstance(key, VerificationKey)
    return key.verify(MESSAGE, pair(name).sign(MESSAGE, padding.PKCS1v15(), SHA256()))
