"""SigningKey: an RSA key pair with its ``kid``, made on the spot."""

from __future__ import annotations

import secrets
from typing import Any, Self, final

import jwt.algorithms
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .pem import unencrypted_pem

__all__ = ["SigningKey"]


@final
class SigningKey:
    """One RSA key pair of ``bits`` bits. Its ``kid`` looks as Cognito's do."""

    def __init__(self, bits: int = 2048) -> None:
        self.kid = secrets.token_urlsafe(32) + "="
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=bits)

    @classmethod
    def load(cls, stored: dict[str, str]) -> Self:
        """The key that :meth:`store` gave."""
        private = load_pem_private_key(stored["pem"].encode("ascii"), password=None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise ValueError("not the private keys of a local pool")
        key = cls.__new__(cls)
        key.kid, key.private = stored["kid"], private
        return key

    def store(self) -> dict[str, str]:
        """The private key in PEM, with its ``kid``."""
        return {"kid": self.kid, "pem": unencrypted_pem(self.private)}

    def jwk(self, kid: str | None = None) -> dict[str, Any]:
        """The public key as a JWK, under its own ``kid`` or another."""
        public = self.private.public_key()
        jwk: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
        return {
            "alg": "RS256",
            "e": jwk["e"],
            "kid": kid or self.kid,
            "kty": "RSA",
            "n": jwk["n"],
            "use": "sig",
        }
