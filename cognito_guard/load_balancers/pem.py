"""PEM public keys of load balancers -> verification keys: P-256, and nothing else.

RFC 7468, section 13 (a public key in PEM); RFC 7518, section 3.4 (ES256).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from ..errors import ConfigurationError
from ..keys.jwk import KeySetError
from ..keys.signature import VerificationKey
from ..keys.static import FixedKeys

__all__ = ["ES256Key", "StaticPemKeySet", "parse_pem"]

_ES256 = ECDSA(SHA256())
_HALF = 32  # bytes of r, and of s


@final
class ES256Key(VerificationKey):
    """A P-256 key, as load balancers have. Its signatures are r and s, 32 bytes each."""

    __slots__ = ()

    algorithm = "ES256"

    _key: EllipticCurvePublicKey

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """See :meth:`VerificationKey.verify`."""
        if len(signature) != 2 * _HALF:
            return False
        r, s = int.from_bytes(signature[:_HALF], "big"), int.from_bytes(signature[_HALF:], "big")
        try:
            self._key.verify(encode_dss_signature(r, s), signing_input, _ES256)
        except InvalidSignature:
            return False
        return True


def parse_pem(kid: str, pem: bytes) -> ES256Key:
    """One public key. Raises :class:`KeySetError` if it is none, or not on P-256."""
    try:
        # Nothing before it: a page that has a key in it somewhere is no key.
        key = load_pem_public_key(pem) if pem.startswith(b"-----BEGIN PUBLIC KEY-----") else None
    except Exception:  # noqa: BLE001  # ValueError, UnsupportedAlgorithm, and what OpenSSL brings
        key = None
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise KeySetError("it is not a PEM public key on the curve P-256")
    return ES256Key(kid, key)


@final
class StaticPemKeySet(FixedKeys):
    """Keys that never change and never touch the network: PEM texts by ``kid``.

    Raises :class:`ConfigurationError` if one is no PEM public key on P-256, or there is none.
    """

    def __init__(self, pems: Mapping[str, str]) -> None:
        if not pems:
            raise ConfigurationError("keys must not be empty")
        keys: dict[str, ES256Key] = {}
        for kid, pem in pems.items():
            if not isinstance(kid, str) or not isinstance(pem, str):
                raise ConfigurationError("keys must hold PEM texts by their kid")
            try:
                keys[kid] = parse_pem(kid, pem.encode("utf-8", "replace"))
            except KeySetError as error:
                raise ConfigurationError(f"one of keys is not usable: {error}") from None
        self._keys = keys
