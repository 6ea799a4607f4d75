"""From the form to the headers of a request: really signed, and then altered as asked for."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cognito_guard import LoadBalancerHeaders
from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

from .fields import BadField, Fields
from .local import OTHER_CLIENT, Local

__all__ = ["ALTERATIONS", "ISSUERS", "KINDS", "LIFETIMES", "WRAPPINGS", "build"]

KINDS = ("access", "id", "machine", "alb", "none")
ISSUERS = ("pool", "other_pool", "other_client", "other_balancer")
LIFETIMES = ("3600", "300", "-60", "-10800")
ALTERATIONS = ("none", "payload", "cut", "alg_none", "hs256", "other_key", "not_before")
WRAPPINGS = ("bearer_twice", "quotes", "no_scheme")
"""What is done to the header, where the token itself is good."""

_AHEAD_SECONDS = 600


def build(fields: Fields, local: Local) -> dict[str, str]:
    """The headers that the form asks for. Raises :class:`BadField`."""
    kind = fields.choice("kind", KINDS)
    if kind == "none":
        return {}
    return _forwarded(fields, local) if kind == "alb" else _bearer(fields, local, kind)


def _bearer(fields: Fields, local: Local, kind: str) -> dict[str, str]:
    change = fields.choice("change", ALTERATIONS + WRAPPINGS)
    issued_by = fields.choice("issued_by", ISSUERS)
    if issued_by == "other_balancer":
        raise BadField("issued_by", "A load balancer issues no tokens: choose its headers.")
    pool = local.other_pool if issued_by == "other_pool" else local.pool
    token = _token(fields, pool, kind, issued_by, change)
    use = "id" if kind == "id" else "access"
    token = _altered(token, change, pool, local.other_pool, use)
    value = {
        "bearer_twice": f"Bearer Bearer {token}",
        "quotes": f'Bearer "{token}"',
        "no_scheme": token,
    }.get(change, f"Bearer {token}")
    return {"Authorization": value}


def _token(fields: Fields, pool: LocalUserPool, kind: str, issued_by: str, change: str) -> str:
    common: dict[str, Any] = {
        "client_id": OTHER_CLIENT if issued_by == "other_client" else pool.client_id,
        "expires_in": _lifetime(fields),
        "claims": _not_before(pool, change),
    }
    if kind == "machine":
        return pool.machine_token(scopes=fields.texts("scopes"), **common)
    common |= {"groups": fields.texts("groups"), "role": fields.text("role") or None}
    username = _username(fields)
    if kind == "id":
        return pool.id_token(username, **common)
    return pool.access_token(username, scopes=fields.texts("scopes"), **common)


def _forwarded(fields: Fields, local: Local) -> dict[str, str]:
    change = fields.choice("change", ALTERATIONS)
    balancers = {
        "pool": local.balancer,
        "other_pool": local.balancer_of_other_pool,
        "other_client": local.balancer_of_other_client,
        "other_balancer": local.foreign_balancer,
    }
    balancer = balancers[fields.choice("issued_by", ISSUERS)]
    username = _username(fields)
    headers = balancer.headers(
        username,
        access_token=balancer.access_token(
            username, groups=fields.texts("groups"), scopes=fields.texts("scopes")
        ),
        role=fields.text("role") or None,
        expires_in=_lifetime(fields),
        claims=_not_before(balancer.pool, change),
    )
    data = headers[LoadBalancerHeaders.data]
    data = _altered(data, change, balancer, local.foreign_balancer, None)
    return {**headers, LoadBalancerHeaders.data: data}


def _username(fields: Fields) -> str:
    username = fields.text("username")
    if not username:
        raise BadField("username", "A user has a name; for a client of its own choose “machine”.")
    return username


def _lifetime(fields: Fields) -> int:
    return int(fields.choice("expires_in", LIFETIMES))


def _not_before(pool: LocalUserPool, change: str) -> dict[str, int]:
    if change != "not_before":
        return {}
    later = int(pool.clock()) + _AHEAD_SECONDS
    return {"nbf": later, "iat": later}


def _altered(token: str, change: str, signer: Any, stranger: Any, use: str | None) -> str:
    """A token after it was signed by ``signer``; ``use``: of a pool's keys, which one."""
    head, payload, signature = token.split(".")
    if change == "payload":
        forged = {**_read(payload), "cognito:groups": ["admins"], "custom:role": "admin"}
        return f"{head}.{_write(forged)}.{signature}"
    if change == "cut":
        # To whole groups of four, so that what is left is base64url, and only too short.
        return f"{head}.{payload}.{signature[: len(signature) // 4 * 4 - 20]}"
    if change == "alg_none":
        return f"{_write({**_read(head), 'alg': 'none'})}.{payload}."
    if change == "hs256":
        signed = f"{_write({**_read(head), 'alg': 'HS256'})}.{payload}"
        mac = hmac.digest(_public_key(signer, use), signed.encode(), "sha256")
        return f"{signed}.{_encode(mac)}"
    if change == "other_key":
        # The header goes along, so that the id of the key is the trusted one's.
        more = {} if use is None else {"use": use}
        forged_text: str = stranger.sign(_read(payload), headers=_read(head), **more)
        return forged_text
    return token


def _public_key(signer: LocalUserPool | LocalLoadBalancer, use: str | None) -> bytes:
    private = (
        signer.signing_key()
        if isinstance(signer, LocalLoadBalancer)
        else signer.signing_key(use or "access")
    )
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _read(part: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


def _write(members: Mapping[str, Any]) -> str:
    return _encode(json.dumps(dict(members), separators=(",", ":")).encode())


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
