"""LocalLoadBalancer: signs the data of an Application Load Balancer, with a newly generated key."""

from __future__ import annotations

import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from ..load_balancers.load_balancer import LoadBalancer
from .pem import unencrypted_pem
from .pool import OMIT, LocalUserPool
from .proxy import SESSION_SECONDS, Action, LocalListener
from .server import PemServer
from .tests_only import require_tests
from .users import as_user_info

__all__ = ["LocalLoadBalancer"]

_ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/local/50dc6c495c0c9188"
# As long as the access token beside it, which keeps a slow test run from being told off.
_LIFETIME_SECONDS = 3600


@final
class LocalLoadBalancer:
    """A load balancer whose headers look and verify like those of an Application Load Balancer.

    It signs in the users of ``pool`` (default: a new pool). ``arn`` is its name, the ``signer`` of
    the data. ``client_id``, ``issuer`` and ``clock`` (seconds since 1970) are by default those of
    the pool. ``private_key`` is that of another one (:meth:`private_key`); the default is a new
    key.

    See "Authenticate users using an Application Load Balancer" in the guide to Application Load
    Balancers.
    """

    OMIT = OMIT
    """As a claim's or header field's value: leave it out."""

    def __init__(
        self,
        pool: LocalUserPool | None = None,
        *,
        arn: str = _ARN,
        client_id: str | None = None,
        issuer: str | None = None,
        clock: Callable[[], float] | None = None,
        private_key: str | None = None,
    ) -> None:
        self.pool = pool or LocalUserPool()
        self.arn = arn
        self.client_id = client_id or self.pool.client_id
        self.issuer = issuer or self.pool.issuer
        self.clock = clock or self.pool.clock
        if private_key is None:
            self.rotate()
        else:
            self._key, self._kid = _load(json.loads(private_key))

    def __repr__(self) -> str:
        return f"<LocalLoadBalancer {self.arn}>"

    def rotate(self) -> None:
        """Replace the key. The key of earlier data is withdrawn."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._kid = str(uuid.uuid4())

    def private_key(self) -> str:
        """The key as text, for ``LocalLoadBalancer(private_key=...)`` in another process. Anybody
        who has it can sign as this load balancer."""
        return json.dumps({"kid": self._kid, "pem": unencrypted_pem(self._key)})

    def keys(self) -> dict[str, str]:
        """The public keys by their ``kid``, in PEM, as the regional endpoint of AWS has them."""
        pem = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return {self._kid: pem.decode("ascii")}

    def signing_key(self) -> ec.EllipticCurvePrivateKey:
        """The private key that signs."""
        return self._key

    def trust(self, *, allow_outside_tests: bool = False, **arguments: Any) -> LoadBalancer:
        """A :class:`~cognito_guard.LoadBalancer` that accepts what this load balancer forwards.

        By default it has static keys, accepts this client and issuer, and does not verify the
        access token. ``arguments`` are those of ``LoadBalancer``: pass ``user_pool=pool.trust()``
        to verify the access token. Raises :class:`~cognito_guard.ConfigurationError` where no test
        is running, unless ``allow_outside_tests``.
        """
        require_tests("LocalLoadBalancer", allow_outside_tests=allow_outside_tests)
        own = {"client_id": self.client_id, "issuer": self.issuer, "keys": self.keys()}
        return LoadBalancer(**{"arns": [self.arn], **own, **arguments})

    def serve(self, *, delay: float = 1.0, tls: bool = False) -> PemServer:
        """Serve the keys over HTTP on loopback, as a context manager.

        ``delay`` and ``tls`` are as for :class:`PemServer`.
        """
        return PemServer(self.keys, delay=delay, tls=tls)

    def listen(
        self,
        target: str,
        *,
        on_unauthenticated_request: Action = "authenticate",
        rules: Mapping[str, Action] = {},
        session_seconds: float = SESSION_SECONDS,
        port: int = 0,
    ) -> LocalListener:
        """Stand in front of the app at ``target``, as a context manager: see
        :class:`LocalListener`."""
        return LocalListener(
            self,
            target,
            on_unauthenticated_request=on_unauthenticated_request,
            rules=rules,
            session_seconds=session_seconds,
            port=port,
        )

    def headers(
        self,
        username: str = "alice",
        *,
        groups: Iterable[str] | None = None,
        scopes: Iterable[str] = ("openid",),
        role: str | None = None,
        email: str | None = None,
        access_token: str | None = None,
        claims: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, str]:
        """The three headers of a signed-in user's request.

        ``groups`` and ``scopes`` are only in the access token, because user info has neither;
        ``role`` is only in user info. ``access_token`` replaces the value of that header.
        ``claims`` and further keywords are as for :meth:`data`.
        """
        merged = {**(claims or {}), **more}
        subject = merged.get("sub", self.pool.subject(username))
        if access_token is None:
            access_token = self.access_token(username, groups=groups, scopes=scopes)
        return {
            "x-amzn-oidc-accesstoken": access_token,
            "x-amzn-oidc-identity": "" if subject is OMIT else str(subject),
            "x-amzn-oidc-data": self.data(username, role=role, email=email, claims=merged),
        }

    def access_token(
        self,
        username: str = "alice",
        *,
        scopes: Iterable[str] = ("openid",),
        **arguments: Any,
    ) -> str:
        """A value of ``x-amzn-oidc-accesstoken``: the pool's, for this client and issuer.

        Takes the arguments of :meth:`LocalUserPool.access_token`.
        """
        own = {"client_id": self.client_id, "iss": self.issuer, "scopes": scopes}
        return self.pool.access_token(username, **{**own, **arguments})

    def data(
        self,
        username: str = "alice",
        *,
        role: str | None = None,
        email: str | None = None,
        expires_in: float = _LIFETIME_SECONDS,
        claims: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] = {},
        **more: Any,
    ) -> str:
        """A value of ``x-amzn-oidc-data``: the user info of a user, signed.

        Takes further claims as keywords or in ``claims``, and header fields in ``headers``; a value
        of :attr:`OMIT` leaves one out. ``role`` becomes ``custom:role``. Claims such as
        ``email_verified`` are strings, as in Cognito's user info.
        """
        expires = int(self.clock()) + int(expires_in)
        merged = {
            "sub": self.pool.subject(username),
            **as_user_info(self.pool.attributes(username, role=role, email=email)),
            "username": username,
            "exp": expires,
            "iss": self.issuer,
            **(claims or {}),
            **more,
        }
        return self.sign(_present(merged), headers={"exp": expires, **headers})

    def sign(self, claims: Mapping[str, Any], *, headers: Mapping[str, Any] = {}) -> str:
        """Any claims, with the load balancer's own header.

        ``headers`` replaces its fields, or leaves them out if the value is :attr:`OMIT`.
        """
        header = {
            "typ": "JWT",
            "kid": self._kid,
            "alg": "ES256",
            "iss": self.issuer,
            "client": self.client_id,
            "signer": self.arn,
            "exp": int(self.clock()) + _LIFETIME_SECONDS,
            **headers,
        }
        # Each part keeps its padding, and the signature covers it.
        signed = f"{_encode(_json(_present(header)))}.{_encode(_json(claims))}"
        r, s = decode_dss_signature(self._key.sign(signed.encode("ascii"), ec.ECDSA(SHA256())))
        return f"{signed}.{_encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _load(stored: Mapping[str, str]) -> tuple[ec.EllipticCurvePrivateKey, str]:
    key = load_pem_private_key(stored["pem"].encode("ascii"), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("not the private key of a local load balancer")
    return key, stored["kid"]


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not OMIT}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(dict(value), separators=(",", ":")).encode("utf-8")


def _encode(value: bytes) -> str:
    return urlsafe_b64encode(value).decode("ascii")
