"""Tokens whose algorithm, signature, shape or size is not to be trusted.

The other hostile tokens are in test_hostile_headers.py, test_hostile_encodings.py,
test_hostile_claims.py and test_hostile_confusion.py.
"""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cognito_guard import Guard, Reason

from .forge import OMIT, Forge, WatchedKeys, b64, to_json
from .recipes import (
    Recipe,
    edited,
    header,
    json_form,
    member,
    parts,
    raw_header,
    resigned,
    rows,
    signing_input,
    unsigned,
)
from .refusal import assert_refused


def _hmac(form: str, alg: str = "HS256") -> Recipe:
    """Signed with a text that everybody has, as if it were a shared secret."""

    def build(forge: Forge) -> str:
        public = forge.private.public_key()
        info = PublicFormat.SubjectPublicKeyInfo
        secret = {
            "PEM": public.public_bytes(Encoding.PEM, info),
            "DER": public.public_bytes(Encoding.DER, info),
            "JWK": json.dumps(forge.jwk()).encode("utf-8"),
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
        signature = ec.generate_private_key(curve).sign(text.encode(), ec.ECDSA(SHA256()))
        pair = utils.decode_dss_signature(signature)
        raw = b"".join(number.to_bytes(curve.key_size // 8, "big") for number in pair)
        return f"{text}.{b64(signature if der else raw)}"

    return build


def _signature(raw: bytes, **changes: object) -> Recipe:
    return lambda forge: f"{signing_input(forge, **changes)}.{b64(raw)}"


ALGORITHMS: dict[str, Recipe] = {
    "none": header(alg="none"),
    "none, unsigned": unsigned(alg="none"),
    "None": header(alg="None"),
    "NONE, unsigned": unsigned(alg="NONE"),
    "empty": header(alg=""),
    "null": header(alg=None),
    "a list": header(alg=["RS256"]),
    "an object": header(alg={"RS256": 1}),
    "a number": header(alg=256),
    "missing": header(alg=OMIT),
    "small letters": header(alg="rs256"),
    "a space after it": header(alg="RS256 "),
    "HS256, the public key as PEM": _hmac("PEM"),
    "HS256, the public key as DER": _hmac("DER"),
    "HS256, the public key as JWK": _hmac("JWK"),
    "HS256, an empty key": _hmac("nothing"),
    "RS384 on an RS256 key": _rs384("RS384"),
    "PS256 on an RS256 key": _ps256("PS256"),
    "ES256 on a P-256 key": _ecdsa("ES256", ec.SECP256R1()),
    "ES256 on a P-384 key": _ecdsa("ES256", ec.SECP384R1()),
    "ES256, r = s = 0": _signature(bytes(64), alg="ES256"),
    "ES256, a DER signature": _ecdsa("ES256", ec.SECP256R1(), der=True),
}

# The header says RS256; the signature is something else.
SIGNATURES: dict[str, Recipe] = {
    "HMAC, the public key as PEM": _hmac("PEM", "RS256"),
    "HMAC, an empty key": _hmac("nothing", "RS256"),
    "RS384": _rs384("RS256"),
    "PS256": _ps256("RS256"),
    "ECDSA, r and s": _ecdsa("RS256", ec.SECP256R1()),
    "ECDSA, DER": _ecdsa("RS256", ec.SECP256R1(), der=True),
    "zeros": _signature(bytes(256)),
    "ones": _signature(b"\xff" * 256),
    "one byte": _signature(b"\x01"),
    "cut short": edited(lambda token: token[:-6]),
    "prolonged": edited(
        lambda token: token.rpartition(".")[0] + ".AAAA" + token.rpartition(".")[2]
    ),
    "of another payload": lambda forge: ".".join(
        [*forge.token(forge.claims(sub="mallory-0001")).split(".")[:2], forge.token().split(".")[2]]
    ),
    "of another header": lambda forge: ".".join(
        [b64(to_json(forge.header(typ="JWT"))), *forge.token().split(".")[1:]]
    ),
}

SHAPES: dict[str, Recipe] = {
    "no part": lambda _: "",
    "one part": parts(0),
    "two parts": parts(0, 1),
    "four parts": parts(0, 1, 2, 2),
    "five parts": parts(0, 1, 2, 0, 1),
    "a dot before": parts("", 0, 1, 2),
    "a dot after": parts(0, 1, 2, ""),
    "dots alone": lambda _: "..",
    "ten thousand dots": lambda _: "." * 10_000,
    "empty header": parts("", 1, 2),
    "empty payload": parts(0, "", 2),
    "empty payload, signed": resigned(lambda header, _: f"{header}."),
    "empty signature": parts(0, 1, ""),
    "flattened JSON": json_form(
        lambda *three: dict(zip(("protected", "payload", "signature"), three, strict=True))
    ),
    "general JSON": json_form(
        lambda header, payload, signature: {
            "payload": payload,
            "signatures": [{"protected": header, "signature": signature}],
        }
    ),
    "general JSON, no signatures": json_form(
        lambda header, payload, signature: {"payload": payload, "signatures": []}
    ),
    "a JWE": lambda _: ".".join(
        [b64(b'{"alg":"RSA-OAEP","enc":"A256GCM"}'), b64(bytes(256)), b64(bytes(12)), "AA", "AA"]
    ),
    "a JWS in a JWS": lambda forge: forge.token(forge.token().encode(), forge.header(cty="JWT")),
    "a JWS as JSON in a JWS": lambda forge: forge.token(to_json(forge.token())),
    "an unsigned JWT in a signed envelope": lambda forge: forge.token(
        unsigned(alg="none")(forge).encode(), forge.header(cty="JWT")
    ),
}

LARGE = [
    *rows(
        "large",
        {
            "10 MB of A": lambda _: "A" * 10_000_000,
            "a million dots": lambda _: "." * 1_000_000,
            "a kid of 1 MB": header(kid="k" * 1_000_000),
            "lists 100,000 deep": member(b'"x":' + b"[" * 100_000 + b"]" * 100_000),
            "objects 100,000 deep": member(b'"x":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
            "a header 100,000 deep": raw_header(
                b'{"alg":"RS256","kid":"KID","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
            ),
        },
        Reason.MALFORMED_TOKEN,
    ),
    *rows(
        "large",
        {
            "b64 false, a huge payload": lambda forge: forge.sign(
                f"{b64(to_json(forge.header(b64=False)))}.{'x' * 1_000_000}"
            )
        },
        Reason.UNSUPPORTED_HEADER,
    ),
]


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        *rows("alg", ALGORITHMS, Reason.UNSUPPORTED_ALGORITHM),
        *rows("shape", SHAPES, Reason.MALFORMED_TOKEN),
    ],
)
def test_refused_before_a_key_is_asked_for(forge: Forge, recipe: Recipe, reason: Reason) -> None:
    """What can be seen without a key is refused for its own reason, and no key is asked for."""
    keys = WatchedKeys({"keys": [forge.jwk()]})

    assert_refused(forge.guard(jwks=keys), recipe(forge), reason)

    assert keys.asked == []


@pytest.mark.parametrize(("recipe", "reason"), rows("signature", SIGNATURES, Reason.BAD_SIGNATURE))
def test_refused_by_the_key(forge: Forge, recipe: Recipe, reason: Reason) -> None:
    """Only the trusted key's own RS256 signature over exactly this text counts."""
    assert_refused(forge.guard(), recipe(forge), reason)


@pytest.mark.parametrize(("recipe", "reason"), LARGE)
def test_large_tokens(forge: Forge, recipe: Recipe, reason: Reason) -> None:
    """A large token is refused for its size; where the limit was lifted, for its other fault."""
    token = recipe(forge)

    assert_refused(forge.guard(), token, Reason.TOKEN_TOO_LARGE)
    assert_refused(forge.guard(max_token_bytes=2**24), token, reason)


@pytest.mark.parametrize("not_text", [b"a.b.c", None, 1, ["a.b.c"]], ids=repr)
def test_what_is_no_text(guard: Guard, not_text: object) -> None:
    """A credential that is no text at all is a malformed token, not an uncaught error."""
    assert_refused(guard, not_text, Reason.MALFORMED_TOKEN)  # type: ignore[arg-type]
