"""Recipes for what a load balancer never forwards: functions from a forge to values and headers."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from ...errors import Reason
from .attack import Attack, Headers
from .forge import Forge, to_json

Value: TypeAlias = Callable[[Forge], str]

DATA, TOKEN, IDENTITY = (f"X-Amzn-Oidc-{name}" for name in ("Data", "Accesstoken", "Identity"))


def trusts_load_balancer(forge: Forge) -> bool:
    """Against apps that trust a load balancer."""
    return forge.load_balancer is not None


def wants_access_token(forge: Forge) -> bool:
    """Against apps that verify the access token beside the data."""
    return forge.load_balancer is not None and not forge.user_info_alone


def good_headers(forge: Forge) -> Headers:
    """What is forwarded for a good caller."""
    return [
        (DATA, forge.balancer.data()),
        (TOKEN, forge.forwarded_token()),
        (IDENTITY, forge.pool.subject("alice")),
    ]


def changed(**values: Value | None) -> Callable[[Forge], Headers]:
    """What is forwarded for a good caller, with some of the headers changed or left out."""
    changed = {f"X-Amzn-Oidc-{name.title()}": value for name, value in values.items()}

    def build(forge: Forge) -> Headers:
        headers = [(name, changed.get(name, value)) for name, value in good_headers(forge)]
        return [
            (name, value(forge) if callable(value) else value)
            for name, value in headers
            if value is not None
        ]

    return build


def joined(*more: tuple[str, Value]) -> Callable[[Forge], Headers]:
    """What is forwarded for a good caller, and more headers."""
    return lambda forge: [*good_headers(forge), *((name, value(forge)) for name, value in more)]


def forwarded(
    reason: Reason | Iterable[Reason],
    rows: Mapping[str, tuple[str, Callable[[Forge], Headers]]],
    *,
    needs_key: bool = False,
    fits: Callable[[Forge], bool] = trusts_load_balancer,
) -> tuple[Attack, ...]:
    """Attacks with one verdict: what each is called -> what it tries, and its headers."""
    reasons = (reason,) if isinstance(reason, Reason) else tuple(reason)
    return tuple(
        Attack(f"alb: {name}", tries, reasons, request=build, needs_key=needs_key, fits=fits)
        for name, (tries, build) in rows.items()
    )


def always(text: str) -> Value:
    """One text, whatever the app."""
    return lambda _: text


def padded(raw: bytes) -> str:
    """Base64url with padding, as a load balancer writes it."""
    return urlsafe_b64encode(raw).decode("ascii")


def data(*, headers: Mapping[str, Any] = {}, **claims: Any) -> Value:
    """Good data with a changed header and changed claims, really signed."""
    return lambda forge: forge.balancer.data(headers=headers, **claims)


def respelt(change: Callable[[str, str, str], str], *, pad: bool = False) -> Value:
    """Good data whose three parts are spelt otherwise; with ``pad``, its header has padding."""

    def build(forge: Forge) -> str:
        made = (forge.balancer.data(headers={"x": "y" * length}) for length in range(3))
        return change(*next(one for one in made if not pad or "=" in one.split(".")[0]).split("."))

    return build


def unpadded(forge: Forge) -> str:
    """Good data without padding, and so with a signature about another text."""
    return forge.balancer.data().replace("=", "")


def unsigned(algorithm: str) -> Value:
    """Data that has no signature."""

    def build(forge: Forge) -> str:
        head, payload, _ = forge.balancer.data(headers={"alg": algorithm}).split(".")
        return f"{head}.{payload}."

    return build


def signature_bytes(change: Callable[[bytes], bytes]) -> Value:
    """Good data with other bytes for its signature."""

    def build(forge: Forge) -> str:
        signing_input, _, signature = forge.balancer.data().rpartition(".")
        return f"{signing_input}.{padded(change(urlsafe_b64decode(signature)))}"

    return build


def der_signature(forge: Forge) -> str:
    """The good signature in the encoding that JWS does not use (RFC 7518, section 3.4)."""

    def der(raw: bytes) -> bytes:
        return encode_dss_signature(
            int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        )

    return signature_bytes(der)(forge)


def hmac_of_the_key(algorithm: str) -> Value:
    """Signed with the public key's text as if it were a shared secret."""

    def build(forge: Forge) -> str:
        (pem,) = forge.balancer.keys().values()
        good = forge.balancer.data(headers={"alg": algorithm})
        signing_input = good.rpartition(".")[0]
        digest = hmac.digest(pem.encode(), signing_input.encode(), hashlib.sha256)
        return f"{signing_input}.{padded(digest + digest)}"

    return build


def another_key(forge: Forge) -> str:
    """Good data, but signed by a key of the attacker's."""
    signing_input = forge.balancer.data("ada").rpartition(".")[0]
    key = ec.generate_private_key(ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(signing_input.encode(), ec.ECDSA(SHA256())))
    return f"{signing_input}.{padded(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def another_payload(forge: Forge) -> str:
    """The header and the signature of good data, around claims of another user."""
    head, _, signature = forge.balancer.data().split(".")
    claims = {
        "sub": forge.pool.subject("ada"),
        "username": "ada",
        "iss": forge.balancer.issuer,
        "exp": forge.now + 120,
    }
    return f"{head}.{padded(to_json(claims))}.{signature}"
