"""LocalUserPool: issues the tokens of a user pool, signed with newly generated keys."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from .._support.clock import calendar
from ..partitions import ORIGINAL_ISSUER, UPDATED_ISSUER, partition_of
from ..policy import LEVELS
from ..tokens.user_pool import UserPool
from .clients import LocalClient
from .levels import HIGHEST, claims_of
from .managed_login import PoolServer
from .server import JwksServer
from .signing_key import SigningKey
from .tests_only import require_tests
from .triggers import LocalTriggers
from .users import LocalUser

__all__ = ["LocalUserPool"]

OMIT: Any = object()


@final
class LocalUserPool:
    """A user pool whose tokens look and verify like those of Amazon Cognito.

    ID and access tokens are signed by different keys, as at Cognito. ``client_id`` is the app
    client that tokens are issued to by default. ``issuer`` may be any URL (default: the original
    form for ``user_pool_id``). ``clock`` returns seconds since 1970.

    ``users`` are the known users: their groups and attributes are in their tokens by default. You
    can also issue tokens for other users, without groups and attributes.

    ``level_names`` are the pool's names of the four sign-in levels, the weakest first. ``triggers``
    run at :meth:`listen`, where users sign up and sign in, but not for the tokens of the methods
    below.

    ``private_keys`` are those of another local pool (:meth:`private_keys`), to sign with the same
    keys. The default is new keys.

    Each ``*_token`` method takes further claims as keywords or, if the name is not a Python name,
    in ``claims``. A claim that is :attr:`OMIT` is left out.
    """

    OMIT = OMIT
    """As the value of a claim: leave the claim out."""

    def __init__(
        self,
        user_pool_id: str = "eu-west-1_LocalPool",
        *,
        client_id: str = "1example23456789",
        issuer: str | None = None,
        users: Iterable[LocalUser] = (LocalUser("alice"),),
        level_names: Sequence[str] = LEVELS,
        triggers: LocalTriggers | None = None,
        clock: Callable[[], float] = calendar,
        private_keys: str | None = None,
    ) -> None:
        self.user_pool_id = user_pool_id
        self.client_id = client_id
        self._issuer = issuer
        self.users = {user.username: user for user in users}
        self.clock = clock
        if len(level_names) != HIGHEST:
            raise ValueError(f"level_names are {HIGHEST}, the weakest first")
        self.level_names = tuple(level_names)
        self.triggers = triggers or LocalTriggers()
        if private_keys is None:
            self.rotate()
        else:
            stored = json.loads(private_keys)
            self._keys = {use: SigningKey.load(stored[use]) for use in ("access", "id")}

    def __repr__(self) -> str:
        return f"<LocalUserPool {self.user_pool_id}>"

    @property
    def issuer(self) -> str:
        """The ``iss`` of its tokens."""
        return self._issuer or self._form(ORIGINAL_ISSUER)

    @property
    def updated_issuer(self) -> str:
        """The updated form of the issuer; pass it as ``iss=`` to issue a token under it."""
        return self._form(UPDATED_ISSUER)

    def rotate(self) -> None:
        """Replace both keys. The keys of earlier tokens are withdrawn."""
        self._keys = {"access": SigningKey(), "id": SigningKey()}

    def private_keys(self) -> str:
        """Both keys as text, for ``LocalUserPool(private_keys=...)`` in another process. Anybody
        who has it can sign tokens of this pool."""
        return json.dumps({use: key.store() for use, key in self._keys.items()})

    def jwks(self) -> dict[str, Any]:
        """The public keys, as ``{issuer}/.well-known/jwks.json`` has them."""
        return {"keys": [self._keys["id"].jwk(), self._keys["access"].jwk()]}

    def trust(self, *, allow_outside_tests: bool = False, **arguments: Any) -> UserPool:
        """A :class:`~cognito_guard.UserPool` that accepts this pool's tokens.

        It has static keys and accepts this pool's client by default. ``arguments`` are those of
        ``UserPool``. Raises :class:`~cognito_guard.ConfigurationError` where no test is running,
        unless ``allow_outside_tests``.
        """
        require_tests("LocalUserPool", allow_outside_tests=allow_outside_tests)
        arguments.setdefault("client_ids", [self.client_id])
        arguments.setdefault("jwks", self.jwks())
        if self._issuer is not None:
            arguments.setdefault("issuer", self._issuer)
        return UserPool(self.user_pool_id, **arguments)

    def serve(self, *, delay: float = 1.0, tls: bool = False) -> JwksServer:
        """Serve the keys over HTTP on loopback, as a context manager.

        ``delay`` and ``tls`` are as for :class:`JwksServer`.
        """
        path = f"/{self.user_pool_id}/.well-known/jwks.json"
        return JwksServer(self.jwks, path, delay=delay, tls=tls)

    def listen(
        self,
        *clients: LocalClient,
        port: int = 0,
        delay: float = 1.0,
        tls: bool = False,
        lite: bool = False,
        registration_scopes: Sequence[str] | None = None,
    ) -> PoolServer:
        """Serve the whole pool over HTTP on loopback, with managed login, as a context manager.

        The issuer of its tokens is the server's own: see :class:`PoolServer`, which has the same
        arguments.
        """
        return PoolServer(
            self,
            clients,
            port=port,
            delay=delay,
            tls=tls,
            lite=lite,
            registration_scopes=registration_scopes,
        )

    def access_token(
        self,
        username: str = "alice",
        *,
        groups: Iterable[str] | None = None,
        scopes: Iterable[str] = ("aws.cognito.signin.user.admin",),
        role: str | None = None,
        client_id: str | None = None,
        level: int | None = None,
        actor: Mapping[str, Any] | str | None = None,
        expires_in: float = 3600,
        claims: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> str:
        """An access token of a user.

        ``role`` becomes ``custom:role``, which Cognito puts into access tokens only through a
        pre-token trigger. ``level``, 1 to 4, is the level of the sign-in (``acr``, ``amr``);
        ``auth_time=`` is its time. ``actor`` becomes ``act``, the party that got the token in an
        exchange: a subject, or a mapping of its claims.
        """
        own = {
            **self._user(username, groups),
            "client_id": client_id or self.client_id,
            "version": 2,
            "token_use": "access",
            "scope": " ".join(_texts(scopes)),
            "username": username,
            **_role(role),
            **self._of_sign_in(level, actor),
        }
        return self._issue(own, expires_in, claims, more)

    def id_token(
        self,
        username: str = "alice",
        *,
        groups: Iterable[str] | None = None,
        role: str | None = None,
        email: str | None = None,
        client_id: str | None = None,
        level: int | None = None,
        actor: Mapping[str, Any] | str | None = None,
        expires_in: float = 3600,
        claims: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> str:
        """An ID token of a user. ``role`` becomes ``custom:role``; ``level`` and ``actor`` are as
        for :meth:`access_token`."""
        own = {
            **self._user(username, groups),
            "aud": client_id or self.client_id,
            "token_use": "id",
            "cognito:username": username,
            **self.attributes(username, role=role, email=email),
            **self._of_sign_in(level, actor),
        }
        return self._issue(own, expires_in, claims, more)

    def machine_token(
        self,
        *,
        scopes: Iterable[str] = (),
        client_id: str | None = None,
        expires_in: float = 3600,
        claims: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> str:
        """An access token of a client that signed in as itself (client_credentials)."""
        own = {
            "sub": client_id or self.client_id,
            "client_id": client_id or self.client_id,
            "version": 2,
            "token_use": "access",
            "scope": " ".join(_texts(scopes)),
        }
        return self._issue(own, expires_in, claims, more)

    def sign(
        self, claims: Mapping[str, Any], *, use: str = "access", headers: Mapping[str, Any] = {}
    ) -> str:
        """Any claims, signed with the key for ``use``: ``"access"`` or ``"id"``."""
        key = self._keys[use]
        # As Cognito does, without "typ". Not by `jwt.encode`, which looks at the claims.
        return jwt.PyJWS().encode(
            json.dumps(dict(claims), separators=(",", ":")).encode("utf-8"),
            key.private,
            algorithm="RS256",
            headers={"kid": key.kid, "typ": None, **headers},
        )

    def signing_key(self, use: str) -> rsa.RSAPrivateKey:
        """The private key that signs tokens for ``use``: ``"access"`` or ``"id"``."""
        return self._keys[use].private

    def kid(self, use: str) -> str:
        """The id of the key that signs tokens for ``use``: ``"access"`` or ``"id"``."""
        return self._keys[use].kid

    def subject(self, username: str) -> str:
        """The ``sub`` of a user of this pool: always the same for a name."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.user_pool_id}/{username}"))

    def user(self, username: str) -> LocalUser:
        """The user of this pool with that name, or a new one without attributes."""
        return self.users.get(username) or LocalUser(username)

    def attributes(
        self, username: str, *, role: str | None = None, email: str | None = None
    ) -> dict[str, Any]:
        """The claims about a user, as in ID tokens."""
        user = self.user(username)
        return {
            "email": email or user.email or f"{username}@example.com",
            "email_verified": True,
            **_role(role or user.role),
            **user.claims,
        }

    def _user(self, username: str, groups: Iterable[str] | None) -> dict[str, Any]:
        claims: dict[str, Any] = {
            "sub": self.subject(username),
            "origin_jti": str(uuid.uuid4()),
            "event_id": str(uuid.uuid4()),
        }
        known = self.user(username).groups if groups is None else groups
        if texts := _texts(known):
            claims["cognito:groups"] = texts
        return claims

    def _of_sign_in(
        self, level: int | None, actor: Mapping[str, Any] | str | None
    ) -> dict[str, Any]:
        claims = {} if level is None else claims_of(level, self.level_names)
        if actor is not None:
            claims["act"] = {"sub": actor} if isinstance(actor, str) else dict(actor)
        return claims

    def _issue(
        self,
        own: Mapping[str, Any],
        expires_in: float,
        claims: Mapping[str, Any] | None,
        more: Mapping[str, Any],
    ) -> str:
        now = int(self.clock())
        merged = {
            **own,
            "iss": self.issuer,
            "auth_time": now,
            "iat": now,
            "exp": now + int(expires_in),
            "jti": str(uuid.uuid4()),
            **(claims or {}),
            **more,
        }
        use = "id" if own["token_use"] == "id" else "access"
        return self.sign({k: v for k, v in merged.items() if v is not OMIT}, use=use)

    def _form(self, form: str) -> str:
        region = self.user_pool_id.partition("_")[0]
        partition = partition_of(region)
        if partition is None or not partition.has_user_pools:
            raise ValueError(f"{region!r} is no AWS region; pass issuer=")
        return form.format(
            region=region, dns_suffix=partition.dns_suffix, user_pool_id=self.user_pool_id
        )


def _texts(texts: Iterable[str]) -> list[str]:
    # One text stands for itself, as in `require_groups("admins")`, not for its characters.
    return [texts] if isinstance(texts, str) else list(texts)


def _role(role: str | None) -> dict[str, str]:
    return {} if role is None else {"custom:role": role}
