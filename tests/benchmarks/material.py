"""The tokens and keys that every candidate gets: one user pool, one good token, and junk."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cognito_guard.testing import LocalLoadBalancer, LocalUserPool

REGION, USER_POOL_ID = "eu-west-1", "eu-west-1_LocalPool"

SIZES = (700, 1_000, 2_000, 4_000, 8_000, 12_000)
"""Lengths of tokens in bytes, about. The header and signature of the shortest are 440 of them."""

POOLS = (1, 10, 100, 1_000)
"""How many user pools a guard trusts."""

_HOURS = 6 * 3600.0


ONCE = 400
"""How many tokens there are that come once in a while."""


def good_token(pool: LocalUserPool, **claims: Any) -> str:
    """An access token as a user pool issues them: 1.1 kB, two groups, two scopes."""
    return pool.access_token(
        groups=["admins", "users"],
        scopes=["openid", "orders/read"],
        expires_in=_HOURS,
        claims=claims,
    )


def make(pool: LocalUserPool, jwks_url: str) -> dict[str, Any]:
    """What the workers are given, as JSON. ``jwks_url`` serves the pool's keys on loopback."""
    good = good_token(pool)
    head, payload, signature = good.split(".")
    junk = {
        "expired": pool.access_token(expires_in=-60),
        # By the right key, so that what refuses it is a look at the issuer.
        "another issuer": good_token(pool, iss=pool.issuer + "2"),
        "another client": pool.access_token(client_id="2example98765432", expires_in=_HOURS),
        "an ID token": pool.id_token(expires_in=_HOURS),
        "no expiry": good_token(pool, exp=pool.OMIT),
        "not valid yet": good_token(pool, nbf=4_000_000_000),
        "bad shape": f"{head}.{payload}{signature}",
        "bad signature": f"{head}.{payload}.{signature[::-1]}",
    }
    balancer = LocalLoadBalancer(pool)
    data = balancer.data(expires_in=_HOURS, headers={"exp": int(balancer.clock() + _HOURS)})
    public = pool.signing_key("access").public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {
        "region": REGION,
        "user_pool_id": pool.user_pool_id,
        "client_id": pool.client_id,
        "issuer": pool.issuer,
        "jwks": pool.jwks(),
        "jwks_url": jwks_url,
        "kid": json.loads(_decode(head))["kid"],
        "pem": pem.decode("ascii"),
        "junk": list(junk),
        "tokens": {"good": good, "data": data, **junk, **_sized(pool), **_pools(pool)},
        "once": [good_token(pool) for _ in range(ONCE)],
        "sizes": [f"{size} bytes" for size in SIZES],
        "pools": {f"{count} pools": pool_ids(count) for count in POOLS},
        "load_balancer": {
            "arn": balancer.arn,
            "client_id": balancer.client_id,
            "issuer": balancer.issuer,
            "keys": balancer.keys(),
        },
    }


def write(material: dict[str, Any], folder: Path) -> tuple[Path, Path]:
    """Put the material and the key set into files: the paths of both."""
    path, jwks = folder / "material.json", folder / "jwks.json"
    path.write_text(json.dumps(material), encoding="utf-8")
    jwks.write_text(json.dumps(material["jwks"]), encoding="utf-8")
    return path, jwks


def _sized(pool: LocalUserPool) -> dict[str, str]:
    """Tokens of several lengths; the longer ones carry more groups, as real ones do."""
    tokens = {}
    for size in SIZES:
        claims = {"iss": pool.issuer, "client_id": pool.client_id, "token_use": "access"}
        claims["sub"] = pool.subject("alice")
        room = (size - 440) * 3 // 4 - len(json.dumps({**claims, "exp": 4_000_000_000}))
        name = "department-000-with-a-long-name"
        if room > 2 * len(name):
            groups = [f"department-{i:03}-with-a-long-name" for i in range(room // (len(name) + 3))]
            claims["cognito:groups"] = groups  # type: ignore[assignment]
        tokens[f"{size} bytes"] = pool.sign({**claims, "exp": 4_000_000_000})
    return tokens


def pool_ids(count: int) -> list[str]:
    """The ids of so many user pools. The last one is that of the token for so many."""
    return [f"{REGION}_Pool{number:04}" for number in range(count)]


def _pools(pool: LocalUserPool) -> dict[str, str]:
    """For each number of pools, a token of the last one. One key signs for all."""
    issuer = f"https://cognito-idp.{REGION}.amazonaws.com/"
    return {f"{count} pools": good_token(pool, iss=issuer + pool_ids(count)[-1]) for count in POOLS}


def encode(part: dict[str, Any]) -> str:
    """A segment of a token."""
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode("ascii")


def _decode(segment: str) -> bytes:
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def distinct_tokens(pool: LocalUserPool, count: int) -> list[str]:
    """So many good tokens, no two of them the same."""
    return [good_token(pool) for _ in range(count)]


class Fresh:
    """Tokens that nobody has seen. Each round takes the next ones; what one app was given, the
    next app, which is another process, has not seen either."""

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make
        self._made: list[str] = []

    def take(self, first: int, count: int) -> list[str]:
        """So many of them, from a position on."""
        while len(self._made) < first + count:
            self._made.append(self._make())
        return list(islice(self._made, first, first + count))
