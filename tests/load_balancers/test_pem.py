"""load_balancers/pem.py: which public keys of load balancers are used, and what they verify."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from cognito_guard.keys.jwk import KeySetError
from cognito_guard.load_balancers.pem import parse_pem

MESSAGE = b"what was signed"
PRIVATE = ec.generate_private_key(ec.SECP256R1())
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of P-256 (FIPS 186-4, D.1.2.3)."""


def _pem(private: object) -> bytes:
    public = private.public_key()  # type: ignore[attr-defined]
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[no-any-return]


def _raw(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


GOOD = _raw(PRIVATE.sign(MESSAGE, ec.ECDSA(SHA256())))


def test_a_signature_is_r_and_s() -> None:
    """64 bytes, r and s, over these very bytes."""
    key = parse_pem("one", _pem(PRIVATE))

    assert (key.kid, key.algorithm) == ("one", "ES256")
    assert key.verify(MESSAGE, GOOD)
    assert not key.verify(MESSAGE + b" ", GOOD)
    assert repr(key) == "<VerificationKey ES256>"


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(64),
        GOOD[:32] + bytes(32),
        bytes(32) + GOOD[32:],
        N.to_bytes(32, "big") * 2,
        b"\xff" * 64,
        GOOD[:63],
        GOOD + b"\0",
        b"\0" + GOOD,
        GOOD[:32] + b"\0" + GOOD[32:],
        PRIVATE.sign(MESSAGE, ec.ECDSA(SHA256())),
        _raw(ec.generate_private_key(ec.SECP256R1()).sign(MESSAGE, ec.ECDSA(SHA256()))),
        _raw(PRIVATE.sign(MESSAGE, ec.ECDSA(SHA384()))),
    ],
    ids=[
        "empty",
        "zeros",
        "s is zero",
        "r is zero",
        "the order",
        "beyond the order",
        "a byte short",
        "a byte long",
        "a byte in front",
        "a byte between",
        "DER",
        "another key",
        "another hash",
    ],
)
def test_what_is_no_signature(signature: bytes) -> None:
    """Anything else is no signature, and no error either."""
    assert not parse_pem("one", _pem(PRIVATE)).verify(MESSAGE, signature)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"<html><body>Welcome</body></html>",
        b"<html>" + _pem(PRIVATE),
        _pem(PRIVATE)[:-40],
        _pem(PRIVATE).replace(b"M", b"!", 1),
        _pem(ec.generate_private_key(ec.SECP384R1())),
        _pem(ec.generate_private_key(ec.SECP256K1())),
        _pem(rsa.generate_private_key(65537, 2048)),
        _pem(ed25519.Ed25519PrivateKey.generate()),
        PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        b"-----BEGIN PUBLIC KEY-----\n\xff\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----" * 1000,
    ],
    ids=[
        "nothing",
        "HTML",
        "a key in HTML",
        "cut off",
        "no base64",
        "P-384",
        "secp256k1",
        "RSA",
        "Ed25519",
        "a private key",
        "no text",
        "many beginnings",
    ],
)
def test_what_is_no_key(pem: bytes) -> None:
    """Only a public key on P-256 counts, and the error repeats nothing of what came."""
    with pytest.raises(KeySetError, match=r"^it is not a PEM public key on the curve P-256$") as it:
        parse_pem("one", pem)
    assert it.value.__context__ is None


def test_keys_can_be_compared() -> None:
    """Two keys are the same if they are the same point."""
    one, other = _pem(PRIVATE), _pem(ec.generate_private_key(ec.SECP256R1()))

    assert parse_pem("a", one).same_as(parse_pem("b", one))
    assert not parse_pem("a", one).same_as(parse_pem("a", other))
