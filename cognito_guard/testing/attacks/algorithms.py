"""Attacks on what a signature is: another algorithm, another key, another text.

RFC 8725, sections 2.1, 3.1 and 3.2.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ...errors import Reason
from .attack import tokens
from .forge import OMIT, Forge, b64, to_json
from .recipes import Recipe, edited, header, signature, signing_input, unsigned

__all__ = ["ALGORITHMS", "SIGNATURES"]


def _hmac(form: str, alg: str) -> Recipe:
    """Signed with a text that everybody has, as if it were a shared secret."""

    def build(forge: Forge) -> str:
        public = forge.private.public_key()
        info = PublicFormat.SubjectPublicKeyInfo
        secret = {
            "PEM": public.public_bytes(Encoding.PEM, info),
            "DER": public.public_bytes(Encoding.DER, info),
            "JWK": json.dumps(forge.jwk()).encode("utf-8"),
            "modulus": forge.jwk()["n"].encode("utf-8"),
            "kid": forge.kid.encode("utf-8"),
            "nothing": b"",
        }[form]
        text = signing_input(forge, alg=alg)
        return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"

    return build


def _ps256(alg: str) -> Recipe:
    def build(forge: Forge) -> str:
        text = signing_input(forge, alg=alg)
        pss = padding.PSS(padding.MGF1(SHA256()), 32)
        return f"{text}.{b64(forge.private.sign(text.encode(), pss, SHA256()))}"

    return build


def _rs384(alg: str) -> Recipe:
    def build(forge: Forge) -> str:
        text = signing_input(forge, alg=alg)
        return f"{text}.{b64(forge.private.sign(text.encode(), padding.PKCS1v15(), SHA384()))}"

    return build


def _ecdsa(alg: str, curve: ec.EllipticCurve, *, der: bool = False) -> Recipe:
    def build(forge: Forge) -> str:
        text = signing_input(forge, alg=alg)
        encoded = ec.generate_private_key(curve).sign(text.encode(), ec.ECDSA(SHA256()))
        pair = utils.decode_dss_signature(encoded)
        raw = b"".join(number.to_bytes(curve.key_size // 8, "big") for number in pair)
        return f"{text}.{b64(encoded if der else raw)}"

    return build


def _unpadded(forge: Forge) -> str:
    """The signature of a naive implementation: the digest to the power of d, without PKCS #1."""
    text = signing_input(forge)
    numbers = forge.private.private_numbers()
    digest = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    raw = pow(digest, numbers.d, numbers.public_numbers.n)
    return f"{text}.{b64(raw.to_bytes(256, 'big'))}"


def _plus_modulus(forge: Forge) -> str:
    """The signature with the modulus added: the same number modulo n, one byte longer."""
    token = forge.token()
    text, _, _ = token.rpartition(".")
    numbers = forge.private.private_numbers()
    good = forge.private.sign(text.encode(), padding.PKCS1v15(), SHA256())
    raw = int.from_bytes(good, "big") + numbers.public_numbers.n
    return f"{text}.{b64(raw.to_bytes(257, 'big'))}"


ALGORITHMS = tokens(
    "alg",
    Reason.UNSUPPORTED_ALGORITHM,
    {
        "none": ("Says that no signature counts, above a good one.", header(alg="none")),
        "none, unsigned": ("Says that it needs no signature.", unsigned(alg="none")),
        "None": ("Spells none so that a careless comparison misses it.", header(alg="None")),
        "NONE, unsigned": ("Spells none in capitals and has no signature.", unsigned(alg="NONE")),
        "nOnE, unsigned": ("Spells none in both cases, unsigned.", unsigned(alg="nOnE")),
        "empty": ("Names no algorithm: an empty text.", header(alg="")),
        "empty, unsigned": ("Names no algorithm and has no signature.", unsigned(alg="")),
        "null": ("Names null for an algorithm.", header(alg=None)),
        "null, unsigned": ("Names null for an algorithm, unsigned.", unsigned(alg=None)),
        "false": ("Names false for an algorithm.", header(alg=False)),
        "a list": ("Names a list in which the right algorithm is.", header(alg=["RS256"])),
        "an object": ("Names an object that has the right algorithm.", header(alg={"RS256": 1})),
        "a number": ("Names a number for an algorithm.", header(alg=256)),
        "missing": ("Names no algorithm at all.", header(alg=OMIT)),
        "missing, unsigned": ("Names no algorithm and has no signature.", unsigned(alg=OMIT)),
        "small letters": ("Spells RS256 in small letters.", header(alg="rs256")),
        "a space after it": ("Names RS256 and a space.", header(alg="RS256 ")),
        "a NUL after it": ("Names RS256 and a NUL.", header(alg="RS256\0")),
        "dir": ("Names an algorithm of encryption.", header(alg="dir")),
        "RSA-OAEP": ("Names an algorithm of encryption with RSA.", header(alg="RSA-OAEP")),
        "EdDSA": ("Names an algorithm that the key is not for.", header(alg="EdDSA")),
        "RS1": ("Names RSA with SHA-1.", header(alg="RS1")),
        "RS512": ("Names RSA with another digest above an RS256 signature.", header(alg="RS512")),
        "HS256, the public key as PEM": (
            "Uses the public key's PEM as a shared secret.",
            _hmac("PEM", "HS256"),
        ),
        "HS256, the public key as DER": (
            "Uses the public key's DER as a shared secret.",
            _hmac("DER", "HS256"),
        ),
        "HS256, the public key as JWK": (
            "Uses the public key's JWK as a shared secret.",
            _hmac("JWK", "HS256"),
        ),
        "HS256, the modulus": (
            "Uses the public modulus as a shared secret.",
            _hmac("modulus", "HS256"),
        ),
        "HS256, the kid": ("Uses the key's id as a shared secret.", _hmac("kid", "HS256")),
        "HS256, an empty key": ("Uses nothing as a shared secret.", _hmac("nothing", "HS256")),
        "RS384 on an RS256 key": ("Uses the right key with SHA-384.", _rs384("RS384")),
        "PS256 on an RS256 key": ("Uses the right key with RSA-PSS.", _ps256("PS256")),
        "ES256 on a P-256 key": (
            "Uses an elliptic curve key of its own.",
            _ecdsa("ES256", ec.SECP256R1()),
        ),
        "ES256 on a P-384 key": (
            "Uses a key of another curve than the algorithm's.",
            _ecdsa("ES256", ec.SECP384R1()),
        ),
        "ES256, r = s = 0": (
            "Has the ECDSA signature that some implementations took for good for any text.",
            signature(bytes(64), alg="ES256"),
        ),
        "ES256, a DER signature": (
            "Has an ECDSA signature in the encoding that JWS does not use.",
            _ecdsa("ES256", ec.SECP256R1(), der=True),
        ),
    },
)

# The header says RS256; the signature is something else.
SIGNATURES = tokens(
    "signature",
    Reason.BAD_SIGNATURE,
    {
        "HMAC, the public key as PEM": (
            "Says RS256 and is signed with the public key's PEM as a secret.",
            _hmac("PEM", "RS256"),
        ),
        "HMAC, the public key as DER": (
            "Says RS256 and is signed with the public key's DER as a secret.",
            _hmac("DER", "RS256"),
        ),
        "HMAC, the public key as JWK": (
            "Says RS256 and is signed with the public key's JWK as a secret.",
            _hmac("JWK", "RS256"),
        ),
        "HMAC, an empty key": (
            "Says RS256 and is signed with an empty secret.",
            _hmac("nothing", "RS256"),
        ),
        "RS384": ("Says RS256 and is signed with SHA-384.", _rs384("RS256")),
        "PS256": ("Says RS256 and is signed with RSA-PSS.", _ps256("RS256")),
        "RSA without padding": ("Has the digest to the power of d, unpadded.", _unpadded),
        "plus the modulus": ("Spells the good signature as a larger number.", _plus_modulus),
        "ECDSA, r and s": (
            "Says RS256 and has an ECDSA signature.",
            _ecdsa("RS256", ec.SECP256R1()),
        ),
        "ECDSA, DER": (
            "Says RS256 and has an ECDSA signature in DER.",
            _ecdsa("RS256", ec.SECP256R1(), der=True),
        ),
        "zeros": ("Has a signature of zeros.", signature(bytes(256))),
        "one": ("Has the number 1 for a signature.", signature(bytes(255) + b"\x01")),
        "ones": ("Has a signature of ones, more than the modulus.", signature(b"\xff" * 256)),
        "one byte": ("Has a signature of one byte.", signature(b"\x01")),
        "cut short": ("Has the beginning of its signature.", edited(lambda token: token[:-6])),
        "zeros before it": (
            "Has its signature with zeros before it.",
            edited(lambda token: token.rpartition(".")[0] + ".AAAA" + token.rpartition(".")[2]),
        ),
        "twice": (
            "Has its signature twice in one segment.",
            edited(lambda token: f"{token[:-2]}{token.rpartition('.')[2]}"),
        ),
        "of another payload": (
            "Has the good signature of another user's token.",
            lambda forge: ".".join(
                [
                    *forge.token(forge.claims(sub="mallory-0001")).split(".")[:2],
                    forge.token().split(".")[2],
                ]
            ),
        ),
        "of another header": (
            "Has a header that its signature is not about.",
            lambda forge: ".".join(
                [b64(to_json(forge.header(typ="JWT"))), *forge.token().split(".")[1:]]
            ),
        ),
        "of a promotion": (
            "Adds a group to the claims and leaves the signature as it was.",
            lambda forge: ".".join(
                [
                    b64(to_json(forge.header())),
                    b64(to_json(forge.claims({"cognito:groups": ["admins"], "x": 1}))),
                    forge.token().split(".")[2],
                ]
            ),
        ),
        "by an attacker's key": (
            "Is signed by a pool of the attacker's, under the trusted key's id.",
            lambda forge: forge.attacker.sign(forge.claims(), headers={"kid": forge.kid}),
        ),
    },
    needs_key=True,
)
