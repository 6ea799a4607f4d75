"""Forge: signs any bytes with a local pool's key, for tokens that must be refused."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from ..load_balancer import LocalLoadBalancer
from ..pool import OMIT, LocalUserPool

__all__ = ["OMIT", "Forge", "b64", "to_json"]

OTHER_CLIENT = "9example97531086"
"""An app client that no app under attack accepts."""

OTHER_ARN = (
    "arn:aws:elasticloadbalancing:eu-west-1:999999999999:loadbalancer/app/other/0123456789abcdef"
)
"""A load balancer that no app under attack trusts."""


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def to_json(value: object) -> bytes:
    """Compact JSON, as a signer writes it."""
    return json.dumps(value, separators=(",", ":")).encode("utf-8")


class Forge:
    """A user pool's signing key, without a user pool's checks, and the app under attack.

    ``pool``
        The pool that the app trusts. Forged tokens carry its key's real signature.
    ``token_use``
        What the app accepts, ``"access"`` or ``"id"``; forged tokens are of that kind.
    ``resource``
        The resource that the app requires, if any.
    ``cookie``
        The name of the app's cookie, if it reads tokens from one.
    ``load_balancer``
        The load balancer that the app trusts in addition to the pool, if any; it must belong to
        ``pool``.
    ``user_info_alone``
        Whether the app trusts the load balancer's data without verifying the access token.
    ``claims``
        Claims that all forged tokens have, such as a group that the app requires. Otherwise a
        policy might refuse a forgery that passed the verification.
    """

    def __init__(
        self,
        pool: LocalUserPool,
        *,
        token_use: str = "access",
        resource: str | None = None,
        cookie: str | None = None,
        load_balancer: LocalLoadBalancer | None = None,
        user_info_alone: bool = False,
        claims: Mapping[str, Any] = {},
    ) -> None:
        self.pool = pool
        self.token_use = token_use
        self.resource = resource
        self.cookie = cookie
        self.load_balancer = load_balancer
        self.user_info_alone = user_info_alone
        self._more = dict(claims)

    @property
    def issuer(self) -> str:
        """The ``iss`` of the pool's tokens."""
        return self.pool.issuer

    @property
    def client_id(self) -> str:
        """The app client that the pool's tokens are issued to."""
        return self.pool.client_id

    @property
    def now(self) -> int:
        """The time by the pool's clock, in whole seconds since 1970."""
        return int(self.pool.clock())

    @property
    def kid(self) -> str:
        """The id of the key that signs."""
        return self.pool.kid("access")

    @property
    def private(self) -> rsa.RSAPrivateKey:
        """The key that signs."""
        return self.pool.signing_key("access")

    @cached_property
    def attacker(self) -> LocalUserPool:
        """A pool of the attacker's own, in the same region; nobody trusts it."""
        region = self.pool.user_pool_id.partition("_")[0]
        return LocalUserPool(f"{region}_Attacker", client_id=OTHER_CLIENT, clock=self.pool.clock)

    @property
    def balancer(self) -> LocalLoadBalancer:
        """The load balancer that the app trusts; one of nobody's where it trusts none."""
        return self.load_balancer or LocalLoadBalancer(self.pool)

    @cached_property
    def foreign_balancer(self) -> LocalLoadBalancer:
        """A load balancer of the attacker's account in the same region, set up as the trusted one:
        with the same issuer and client."""
        arn = self.balancer.arn.replace(":123456789012:", ":999999999999:")
        return LocalLoadBalancer(self.pool, arn=arn if arn != self.balancer.arn else OTHER_ARN)

    def forwarded_token(self, username: str = "alice", **changes: Any) -> str:
        """An access token as a load balancer forwards it, but for the changes."""
        return self.pool.access_token(username, claims={**self._more, **changes})

    def jwk(self) -> dict[str, Any]:
        """The public key."""
        keys: list[dict[str, Any]] = self.pool.jwks()["keys"]
        return next(key for key in keys if key["kid"] == self.kid)

    def header(self, **changes: Any) -> dict[str, Any]:
        """A good header, but for the changes."""
        return _changed({"kid": self.kid, "alg": "RS256"}, changes)

    def claims(self, changes: Mapping[str, Any] = {}, /, **more: Any) -> dict[str, Any]:
        """The claims of a good token of the kind that the app accepts, but for the changes."""
        kind = self.id_claims if self.token_use == "id" else self.access_claims
        return kind(changes, **more)

    def access_claims(self, changes: Mapping[str, Any] = {}, /, **more: Any) -> dict[str, Any]:
        """The claims of a good access token, but for the changes."""
        now = self.now
        good = {
            "sub": "a0000001-subject-of-the-forge",
            "iss": self.issuer,
            "client_id": self.client_id,
            "token_use": "access",
            "scope": "orders/read orders/write",
            "auth_time": now - 60,
            "iat": now - 60,
            "exp": now + 3600,
            "jti": "b0000002-token-of-the-forge",
            "origin_jti": "c0000003-sign-in-at-the-forge",
            "username": "forged.alice",
            "aud": OMIT if self.resource is None else self.resource,
        }
        return _changed({**good, **self._more}, {**changes, **more})

    def id_claims(self, changes: Mapping[str, Any] = {}, /, **more: Any) -> dict[str, Any]:
        """The claims of a good ID token, but for the changes."""
        as_id = {
            "client_id": OMIT,
            "scope": OMIT,
            "username": OMIT,
            "aud": self.client_id,
            "token_use": "id",
            "cognito:username": "forged.alice",
            "email": "forged.alice@example.com",
            "email_verified": True,
        }
        return self.access_claims({**as_id, **changes, **more})

    def sign(self, text: str) -> str:
        """``text``, a dot and its RS256 signature, whatever the text."""
        signature = self.private.sign(text.encode("utf-8"), padding.PKCS1v15(), SHA256())
        return f"{text}.{b64(signature)}"

    def token(
        self,
        payload: Mapping[str, Any] | bytes | None = None,
        header: Mapping[str, Any] | bytes | None = None,
    ) -> str:
        """A really signed token of these two parts: members, or bytes to sign as they are."""
        header = self.header() if header is None else header
        payload = self.claims() if payload is None else payload
        parts = [part if isinstance(part, bytes) else to_json(part) for part in (header, payload)]
        return self.sign(".".join(b64(part) for part in parts))


def _changed(members: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**members, **changes}
    return {name: value for name, value in merged.items() if value is not OMIT}
