"""The values of ``x-amzn-oidc-data`` about which both are asked, by what is special about each."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from cognito_guard.testing import LocalLoadBalancer

from ..engine.forge import NOW, OMIT, b64, to_json
from .generate import VALUES

HEADER_FIELDS = ["typ", "kid", "alg", "iss", "client", "signer", "exp", "crit", "b64", "zip", "x"]
CLAIMS = ["sub", "exp", "iss", "nbf", "iat", "email", "email_verified", "username"]
CLAIMS += ["aud", "scope", "jti", "cognito:groups", "custom:role", "x"]


def jwk(balancer: LocalLoadBalancer) -> dict[str, Any]:
    """The public key as a JWK."""
    ((kid, pem),) = balancer.keys().items()
    key = load_pem_public_key(pem.encode("ascii"))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    numbers = key.public_numbers()
    x, y = (b64(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": kid, "x": x, "y": y}


def padded(data: bytes) -> str:
    """Base64url, with the padding that a load balancer leaves in."""
    return urlsafe_b64encode(data).decode("ascii")


def raw_signature(key: ec.EllipticCurvePrivateKey, text: str) -> bytes:
    """An ES256 signature as JWS has it."""
    r, s = decode_dss_signature(key.sign(text.encode("utf-8"), ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signed(balancer: LocalLoadBalancer, signing_input: str) -> str:
    """Any text at all, signed by the load balancer."""
    return f"{signing_input}.{padded(raw_signature(balancer.signing_key(), signing_input))}"


def good(balancer: LocalLoadBalancer) -> Iterator[tuple[str, str]]:
    """What a load balancer may well send."""
    for length in range(60):
        # Each of the paddings there are, in the payload and in the header.
        yield f"a name of {length} letters", balancer.data(username="u" * (length + 1))
        yield f"a field of {length} letters", balancer.data(headers={"x": "y" * length})
    for text in ("Zoë", "\u5c71\u7530", "\U0001f511", 'a"b\\c', "a\n\tb", "\u0000", "</script>"):
        yield f"the name {text!r}", balancer.data(name=text, **{"custom:motto": text})
    for value in ("true", "false", True, False, "maybe", ""):
        yield f"verified {value!r}", balancer.data(email_verified=value)
    for seconds in (1, 2, 60, 3600, 604_800):
        yield f"expires in {seconds}", balancer.data(expires_in=seconds)
    for typ in ("JWT", "jwt", "Jwt", OMIT):
        yield f"typ {typ!r}", balancer.data(headers={"typ": typ})
    for value in (None, 0, -1.5, [], ["a", {"b": [1]}], {"sub": "mallory"}, 10**30, 1e300):
        yield f"a claim that is {value!r}", balancer.data(x=value)
    for name in ("email", "username", "email_verified"):
        yield f"no {name}", balancer.data(claims={name: OMIT})
    yield "a role", balancer.data(role="editor")
    yield "nbf, iat", balancer.data(nbf=NOW, iat=NOW)
    head, payload, _ = balancer.data().split(".")
    yield "no padding", signed(balancer, f"{head.rstrip('=')}.{payload.rstrip('=')}")
    yield "no padding of the signature", balancer.data().rstrip("=")


def changed(balancer: LocalLoadBalancer) -> Iterator[tuple[str, str]]:
    """Every field of the header and every claim with values of every type, really signed."""
    for name in HEADER_FIELDS:
        for what, value in VALUES.items():
            yield f"header, {name}: {what}", balancer.data(headers={name: value})
    for name in CLAIMS:
        for what, value in VALUES.items():
            yield f"{name}: {what}", balancer.data(claims={name: value})
    for name in ("iss", "client", "signer", "kid"):
        yield (
            f"{name} in the payload only",
            balancer.data(headers={name: OMIT}, claims={name: "anything"}),
        )
    for name, near in _near(balancer).items():
        yield f"{name} nearly right", balancer.data(headers={name: near})


def _near(balancer: LocalLoadBalancer) -> dict[str, Any]:
    (kid,) = balancer.keys()
    return {
        "signer": balancer.arn.replace("123456789012", "210987654321"),
        "client": balancer.client_id + "x",
        "iss": balancer.issuer + "/",
        "kid": f"../{kid}",
        "alg": "es256",
    }


def bad(balancer: LocalLoadBalancer) -> Iterator[tuple[str, str]]:
    """What nobody may accept: other signatures than the load balancer's, over what it would say."""
    good_one = balancer.data()
    signing_input, _, signature = good_one.rpartition(".")
    head, payload = signing_input.split(".")
    other = ec.generate_private_key(ec.SECP256R1())
    der = balancer.signing_key().sign(signing_input.encode(), ec.ECDSA(SHA256()))
    wider = ec.generate_private_key(ec.SECP384R1())
    yield "another's signature", f"{signing_input}.{padded(raw_signature(other, signing_input))}"
    yield "DER", f"{signing_input}.{padded(der)}"
    yield (
        "P-384",
        f"{signing_input}.{padded(wider.sign(signing_input.encode(), ec.ECDSA(SHA256())))}",
    )
    for length in (0, 1, 32, 63, 64, 65, 128):
        yield f"{length} zero bytes", f"{signing_input}.{padded(bytes(length))}"
        yield f"{length} bytes of ones", f"{signing_input}.{padded(bytes([255]) * length)}"
    raw = raw_signature(balancer.signing_key(), signing_input)
    yield "r and s exchanged", f"{signing_input}.{padded(raw[32:] + raw[:32])}"
    yield "a byte too many", f"{signing_input}.{padded(raw + bytes(1))}"
    yield "a byte too few", f"{signing_input}.{padded(raw[:-1])}"
    # Signed with the padding, sent without it, or the other way round.
    stripped = f"{head.rstrip('=')}.{payload.rstrip('=')}"
    if stripped != signing_input:
        yield "padding taken away", f"{stripped}.{signature}"
        yield "padding put in", f"{signing_input}.{signed(balancer, stripped).rpartition('.')[2]}"
    for alg in ("none", "HS256", "RS256", "ES384", "PS256"):
        yield f"alg {alg}", balancer.data(headers={"alg": alg})
    yield "no signature", f"{signing_input}."
    yield "two parts", signing_input
    yield "four parts", f"{good_one}.{signature}"
    yield "expired", balancer.data(expires_in=-1)
    yield "expired in the payload", balancer.data(exp=NOW - 1)
    yield "another load balancer", LocalLoadBalancer(balancer.pool, arn=balancer.arn).data()


def spelt(balancer: LocalLoadBalancer) -> Iterator[tuple[str, str]]:
    """Letters changed in finished data, and its JSON and base64url spelt in other ways."""
    dice = random.Random(20261125)
    finished = balancer.data()
    for number in range(150):
        at, letter = dice.randrange(len(finished)), dice.choice("Aa0-_+/=. \n\u00e9")
        yield f"letter {number}", finished[:at] + letter + finished[at + dice.randrange(2) :]
    fields: Mapping[str, Any] = {
        "typ": "JWT",
        "kid": next(iter(balancer.keys())),
        "alg": "ES256",
        "iss": balancer.issuer,
        "client": balancer.client_id,
        "signer": balancer.arn,
        "exp": NOW + 60,
    }
    claims = {"sub": "alice", "exp": NOW + 60, "iss": balancer.issuer}
    pieces = ["", " ", "\n", "\f", "\ufeff", ",", "}", '"x":1,', '"sub":"mallory",', "\\u0000"]
    pieces += ['"exp":NaN,', '"exp":1e999,', '"signer":"x",', "\\ud800", "\\/", "0"]
    put: list[Callable[[bytes, bytes], str]] = [
        lambda one, other: f"{padded(one)}.{padded(to_json(claims))}",
        lambda one, other: f"{padded(to_json(fields))}.{padded(other)}",
    ]
    for number in range(200):
        piece, place, build = dice.choice(pieces), dice.random(), dice.choice(put)
        texts = []
        for text in (to_json(fields), to_json(claims)):
            at = round(min(max(place * 1.4 - 0.2, 0), 1) * len(text))
            texts.append(text[:at] + piece.encode() + text[at:])
        yield f"piece {number}", signed(balancer, build(*texts))
    head, payload = padded(to_json(fields)).rstrip("="), padded(to_json(claims)).rstrip("=")
    for one in range(5):
        for two in range(5):
            yield (
                f"{one} and {two} equals signs",
                signed(balancer, f"{head}{'=' * one}.{payload}{'=' * two}"),
            )
