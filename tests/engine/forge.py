"""Forge: signs any bytes at all, so that a test can make the token that nobody may accept."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from cognito_guard import Guard, StaticKeySet, UserPool, VerificationKey

NOW = 1_800_000_000
"""The time of the forge and of its guards, in seconds since 1970."""

OMIT: Any = object()
"""As a member's value: leave the member out."""


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def to_json(value: object) -> bytes:
    """Compact JSON, as a signer writes it."""
    return json.dumps(value, separators=(",", ":")).encode("utf-8")


class WatchedKeys:
    """A key set that notes which keys were asked for. Only asking could ever cause a request."""

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        self._keys = StaticKeySet(jwks)
        self.asked: list[str] = []

    def key(self, kid: str, /) -> VerificationKey:
        """See ``KeySet.key``."""
        self.asked.append(kid)
        return self._keys.key(kid)


class Forge:
    """A user pool's signing key, without the care that a user pool takes."""

    user_pool_id = "eu-west-1_ForgedPool"
    issuer = f"https://cognito-idp.eu-west-1.amazonaws.com/{user_pool_id}"
    client_id = "3example13579246"
    kid = "forge-key-in-the-test-suite="

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwk(self) -> dict[str, Any]:
        """The public key."""
        numbers = self.private.public_key().public_numbers()
        n, e = (
            number.to_bytes((number.bit_length() + 7) // 8, "big")
            for number in (numbers.n, numbers.e)
        )
        return {
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.kid,
            "n": b64(n),
            "e": b64(e),
        }

    def trust(self, **arguments: Any) -> UserPool:
        """A user pool that accepts what this forge signs."""
        arguments.setdefault("client_ids", [self.client_id])
        arguments.setdefault("jwks", {"keys": [self.jwk()]})
        return UserPool(self.user_pool_id, **arguments)

    def guard(self, *, max_token_bytes: int = 16 * 1024, **arguments: Any) -> Guard:
        """A guard that lives at ``NOW`` and trusts this forge."""
        return Guard(
            self.trust(**arguments), max_token_bytes=max_token_bytes, clock=lambda: float(NOW)
        )

    def header(self, **changes: Any) -> dict[str, Any]:
        """A good header, but for the changes."""
        return _changed({"kid": self.kid, "alg": "RS256"}, changes)

    def claims(self, changes: Mapping[str, Any] = {}, /, **more: Any) -> dict[str, Any]:
        """The claims of a good access token, but for the changes."""
        return _changed(
            {
                "sub": "a0000001-subject-of-the-forge",
                "iss": self.issuer,
                "client_id": self.client_id,
                "token_use": "access",
                "scope": "orders/read orders/write",
                "auth_time": NOW - 60,
                "iat": NOW - 60,
                "exp": NOW + 3600,
                "jti": "b0000002-token-of-the-forge",
                "origin_jti": "c0000003-sign-in-at-the-forge",
                "username": "forged.alice",
            },
            {**changes, **more},
        )

    def id_claims(self, changes: Mapping[str, Any] = {}, /, **more: Any) -> dict[str, Any]:
        """The claims of a good ID token, but for the changes."""
        as_id = {
            "client_id": OMIT,
            "scope": OMIT,
            "username": OMIT,
            "aud": self.client_id,
            "token_use": "id",
            "cognito:username": "forged.alice",
            "email": "forged.alice@example.com",
            "email_verified": True,
        }
        return self.claims({**as_id, **changes, **more})

    def sign(self, text: str) -> str:
        """``text``, a dot and its RS256 signature, whatever the text."""
        signature = self.private.sign(text.encode("utf-8"), padding.PKCS1v15(), SHA256())
        return f"{text}.{b64(signature)}"

    def token(
        self,
        payload: Mapping[str, Any] | bytes | None = None,
        header: Mapping[str, Any] | bytes | None = None,
    ) -> str:
        """A really signed token of these two parts: members, or bytes to sign as they are."""
        header = self.header() if header is None else header
        payload = self.claims() if payload is None else payload
        parts = [part if isinstance(part, bytes) else to_json(part) for part in (header, payload)]
        return self.sign(".".join(b64(part) for part in parts))


def _changed(members: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**members, **changes}
    return {name: value for name, value in merged.items() if value is not OMIT}
