"""Attacks by ``x-amzn-oidc-data``, on an app that trusts a load balancer.

The rest of what is forwarded with it is good.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...errors import Reason
from .attack import Attack
from .forge import OMIT, OTHER_CLIENT, Forge
from .forwarded import (
    Value,
    always,
    another_key,
    another_payload,
    changed,
    data,
    der_signature,
    forwarded,
    hmac_of_the_key,
    respelt,
    signature_bytes,
    unsigned,
)

__all__ = ["FORWARDED_DATA"]


def _data(
    reason: Reason | Iterable[Reason],
    rows: Mapping[str, tuple[str, Value]],
    *,
    needs_key: bool = False,
) -> tuple[Attack, ...]:
    built = {name: (tries, changed(data=value)) for name, (tries, value) in rows.items()}
    return forwarded(reason, built, needs_key=needs_key)


def _field(name: str, change: Callable[[Any], Any]) -> Value:
    """A header field, worked out from the good one."""

    def build(forge: Forge) -> str:
        good = {
            "signer": forge.balancer.arn,
            "client": forge.balancer.client_id,
            "iss": forge.balancer.issuer,
            "kid": next(iter(forge.balancer.keys())),
            "exp": forge.now + 120,
        }
        return forge.balancer.data(headers={name: change(good[name])})

    return build


def _below(name: str) -> Value:
    """A field in the payload only."""

    def build(forge: Forge) -> str:
        values = {"signer": forge.balancer.arn, "client": forge.balancer.client_id}
        claims = {name: values[name]} if name in values else {}
        return forge.balancer.data(headers={name: OMIT}, claims=claims)

    return build


def _trailing(signed: str) -> str:
    """The signature with bits set that stand for nothing: its last letter's, before ``==``."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return f"{signed[:-3]}{letters[letters.index(signed[-3]) + 1]}=="


FORWARDED_DATA: tuple[Attack, ...] = (
    *_data(
        Reason.TOKEN_TOO_LARGE,
        {
            "17,000 letters": ("Keeps a reader busy.", always("A" * 17_000)),
            "a megabyte": ("Keeps a reader busy for long.", always("." * 1_000_000)),
        },
    ),
    *_data(
        Reason.MALFORMED_TOKEN,
        {
            "empty data": ("Brings nothing for the data.", always("")),
            "a word": ("Brings a word for the data.", always("admin")),
            "a subject": (
                "Brings a subject for the data.",
                lambda forge: forge.pool.subject("alice"),
            ),
            "two parts": ("Has no signature.", respelt(lambda head, body, _: f"{head}.{body}")),
            "four parts": (
                "Has its signature twice.",
                respelt(lambda head, body, signed: f"{head}.{body}.{signed}.{signed}"),
            ),
            "an empty signature": (
                "Has an empty signature.",
                respelt(lambda head, body, _: f"{head}.{body}."),
            ),
            "padding where none is due": (
                "Has four signs of padding too many.",
                respelt(lambda head, body, signed: f"{head}.{body}.{signed}===="),
            ),
            "padding in the middle": (
                "Has padding inside its payload.",
                respelt(lambda head, body, signed: f"{head}.{body[:8]}={body[8:]}.{signed}"),
            ),
            "half its padding": (
                "Has one sign of padding where two belong.",
                respelt(lambda head, body, signed: f"{head}.{body}.{signed[:-1]}"),
            ),
            "trailing bits in the signature": (
                "Sets bits of the signature that stand for nothing.",
                respelt(lambda head, body, signed: f"{head}.{body}.{_trailing(signed)}"),
            ),
            "the standard alphabet": (
                "Spells its signature with + and /.",
                respelt(lambda head, body, signed: f"{head}.{body}.{signed[:8]}+/{signed[10:]}"),
            ),
            "a space inside": (
                "Has a space in its payload.",
                respelt(lambda head, body, signed: f"{head}.{body[:8]} {body[8:]}.{signed}"),
            ),
            "kid missing": ("Names no key.", data(headers={"kid": OMIT})),
            "kid a number": ("Names a key by a number.", data(headers={"kid": 1})),
            "kid of a user pool": (
                "Names a key of the user pool.",
                lambda forge: forge.balancer.data(headers={"kid": forge.kid}),
            ),
            "kid no UUID": ("Names a key that no load balancer has.", data(headers={"kid": "key"})),
            "kid a path": (
                "Leads to another page of the key's address.",
                _field("kid", "../{}".format),
            ),
            "kid a way out": (
                "Leads out of the key's address and back.",
                _field("kid", "../../bucket/{}".format),
            ),
            "kid a URL": (
                "Leads to the attacker's key.",
                _field("kid", "https://attacker.example/{}".format),
            ),
            "kid a host": (
                "Makes the key's host a user at another one.",
                _field("kid", "@attacker.example/{}".format),
            ),
            "kid with a query": ("Adds a query to the address.", _field("kid", "{}?x=1".format)),
            "kid with a fragment": ("Adds a fragment to it.", _field("kid", "{}#x".format)),
            "kid with CRLF": ("Adds a line to the request.", _field("kid", "{}\r\nX: 1".format)),
            "kid with a newline": ("Ends in a newline.", _field("kid", "{}\n".format)),
            "kid with percent signs": ("Has an encoded slash.", _field("kid", "..%2f{}".format)),
            "kid in braces": ("Spells a UUID in braces.", _field("kid", "{{{}}}".format)),
            "kid a URN": ("Spells a UUID as a URN.", _field("kid", "urn:uuid:{}".format)),
            "kid without hyphens": (
                "Spells a UUID without hyphens.",
                _field("kid", lambda kid: kid.replace("-", "")),
            ),
        },
    ),
    *_data(
        Reason.UNSUPPORTED_ALGORITHM,
        {
            "alg none": ("Says that no signature counts.", data(headers={"alg": "none"})),
            "alg none, unsigned": ("Says that it needs no signature.", unsigned("none")),
            "alg missing": ("Names no algorithm.", data(headers={"alg": OMIT})),
            "alg es256": ("Spells its algorithm in small letters.", data(headers={"alg": "es256"})),
            "alg a list": ("Names its algorithm in a list.", data(headers={"alg": ["ES256"]})),
            "alg ES384": ("Names another curve's algorithm.", data(headers={"alg": "ES384"})),
            "alg ES256K": ("Names yet another curve's.", data(headers={"alg": "ES256K"})),
            "alg RS256": ("Names a user pool's algorithm.", data(headers={"alg": "RS256"})),
            "HS256, the public key": (
                "Uses the public key's PEM as a shared secret.",
                hmac_of_the_key("HS256"),
            ),
            "an access token": (
                "Brings a good access token for the data.",
                lambda forge: forge.forwarded_token(),
            ),
            "an ID token": (
                "Brings a good ID token for the data.",
                lambda forge: forge.pool.id_token(),
            ),
        },
    ),
    *_data(
        Reason.UNSUPPORTED_HEADER,
        {
            "crit": ("Has a critical extension.", data(headers={"crit": ["exp"]})),
            "b64": ("Says that its payload is not encoded.", data(headers={"b64": False})),
            "zip": ("Says that its payload is compressed.", data(headers={"zip": "DEF"})),
            "typ JWE": ("Says that it is encrypted.", data(headers={"typ": "JWE"})),
        },
    ),
    *_data(
        Reason.WRONG_SIGNER,
        {
            "another account's load balancer": (
                "Is signed by a load balancer of another account, set up as the trusted one.",
                lambda forge: forge.foreign_balancer.data("ada"),
            ),
            "another account's, under the trusted key's id": (
                "Is signed by another account's, under the id of the trusted key.",
                lambda forge: forge.foreign_balancer.data(
                    headers={"kid": next(iter(forge.balancer.keys()))}
                ),
            ),
            "signer of another region": (
                "Names the same load balancer in another region.",
                _field("signer", lambda arn: arn.replace("west-1", "west-2")),
            ),
            "signer a prefix": ("Names the ARN less a letter.", _field("signer", lambda a: a[:-1])),
            "signer prolonged": ("Begins with the ARN.", _field("signer", "{}0".format)),
            "signer with a space": ("Names the ARN and a space.", _field("signer", "{} ".format)),
            "signer in capitals": ("Names the ARN in capitals.", _field("signer", str.upper)),
            "signer any": ("Names a wildcard.", data(headers={"signer": "*"})),
        },
    ),
    *_data(
        Reason.WRONG_CLIENT,
        {
            "client of another app": (
                "Is for another client.",
                data(headers={"client": OTHER_CLIENT}),
            ),
            "client a prefix": (
                "Names the client less a letter.",
                _field("client", lambda c: c[:-1]),
            ),
            "client in another case": ("Names it in another case.", _field("client", str.swapcase)),
        },
    ),
    *_data(
        Reason.UNKNOWN_ISSUER,
        {
            "iss of another": (
                "Names another issuer.",
                data(headers={"iss": "https://accounts.example.com"}),
            ),
            "iss with a slash": ("Names the issuer and a slash.", _field("iss", "{}/".format)),
            "iss in capitals": ("Names the issuer in capitals.", _field("iss", str.upper)),
        },
    ),
    *_data(
        Reason.MALFORMED_CLAIM,
        {
            "signer missing": ("Names no load balancer.", data(headers={"signer": OMIT})),
            "signer in the payload only": ("Names it where claims are.", _below("signer")),
            "signer a list": ("Names it in a list.", _field("signer", lambda arn: [arn])),
            "client missing": ("Names no client.", data(headers={"client": OMIT})),
            "client in the payload only": ("Names it where claims are.", _below("client")),
            "client a list": ("Names it in a list.", _field("client", lambda c: [c])),
            "iss in the payload only": ("Names its issuer where claims are.", _below("iss")),
            "iss a list": ("Names its issuer in a list.", _field("iss", lambda i: [i])),
            "exp in the payload only": ("Has no end in its header.", _below("exp")),
            "exp a text": ("Ends at a text.", _field("exp", str)),
            "exp true": ("Ends at true.", data(headers={"exp": True})),
            "exp null": ("Ends at null.", data(headers={"exp": None})),
        },
    ),
    *_data(
        Reason.TOKEN_EXPIRED,
        {
            "expired": ("Has expired.", data(expires_in=-1)),
            "expired now": ("Expires in this very second.", data(expires_in=0)),
            "expired in the header only": (
                "Has expired by its header.",
                lambda forge: forge.balancer.data(headers={"exp": forge.now - 1}),
            ),
        },
    ),
    *_data(
        Reason.UNKNOWN_KEY,
        {
            "a key of nobody": (
                "Names a key that there is none of.",
                data(headers={"kid": str(uuid.UUID(int=0))}),
            ),
        },
        needs_key=True,
    ),
    *_data(
        Reason.BAD_SIGNATURE,
        {
            "r = s = 0": ("Has the signature of zeros.", signature_bytes(lambda _: bytes(64))),
            "r = s = 1": (
                "Has a signature of ones.",
                signature_bytes(lambda _: (bytes(31) + b"\x01") * 2),
            ),
            "a DER signature": ("Has its good signature in DER.", der_signature),
            "63 bytes": ("Has its signature less a byte.", signature_bytes(lambda raw: raw[:-1])),
            "65 bytes": (
                "Has a byte after its signature.",
                signature_bytes(lambda raw: raw + b"\0"),
            ),
            "a zero before": ("Has a byte before it.", signature_bytes(lambda raw: b"\0" + raw)),
            "r and s swapped": (
                "Has its two numbers the other way round.",
                signature_bytes(lambda raw: raw[32:] + raw[:32]),
            ),
            "an HMAC of the key": (
                "Says ES256 and is signed with the public key's PEM as a secret.",
                hmac_of_the_key("ES256"),
            ),
            "by another key": ("Is signed by the attacker, under the key's id.", another_key),
            "another payload": ("Has the signature of another user's data.", another_payload),
            "padding stripped": (
                "Lacks the padding that its signature is about.",
                respelt(lambda head, body, signed: f"{head.rstrip('=')}.{body}.{signed}", pad=True),
            ),
        },
        needs_key=True,
    ),
    *_data(
        Reason.UNKNOWN_ISSUER,
        {
            "another iss below": (
                "Names another issuer in its payload than in its header.",
                data(iss="https://accounts.example.com"),
            ),
        },
        needs_key=True,
    ),
    *_data(
        Reason.TOKEN_EXPIRED,
        {
            "expired in the payload only": (
                "Has expired by its payload.",
                lambda forge: forge.balancer.data(exp=forge.now - 1),
            ),
        },
        needs_key=True,
    ),
    *_data(
        Reason.MALFORMED_CLAIM,
        {
            "exp missing below": ("Has no end in its payload.", data(exp=OMIT)),
            "iss missing below": ("Names no issuer in its payload.", data(iss=OMIT)),
            "sub missing": ("Speaks for nobody.", data(sub=OMIT)),
            "sub a list": ("Speaks for a list.", data(sub=["admin"])),
            "sub empty": ("Speaks for an empty text.", data(sub="")),
        },
        needs_key=True,
    ),
    *forwarded(
        Reason.IDENTITY_MISMATCH,
        {
            "identity of another user": (
                "Names another user beside good data.",
                changed(identity=lambda forge: forge.pool.subject("ada")),
            ),
            "identity an admin": (
                "Names an admin beside it.",
                changed(identity=always("admin")),
            ),
            "identity empty": ("Names nobody beside good data.", changed(identity=always(""))),
            "identity in capitals": (
                "Spells the user in capitals.",
                changed(identity=lambda forge: forge.pool.subject("alice").upper()),
            ),
            "data of another user": (
                "Brings another user's data beside the identity.",
                changed(data=lambda forge: forge.balancer.data("ada")),
            ),
        },
        needs_key=True,
    ),
)
