"""LoadBalancerVerifier: what a load balancer forwards -> Identity. The order of the checks.

Application Load Balancers user guide, "User claims encoding and signature verification". A load
balancer signs with a key of its region, as everybody's do there: what it signs says nothing until
``signer`` is one's own (published in 2024 as ALBeast).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, final

from . import claims as claim
from ._callables import passes
from .alb import LoadBalancer
from .errors import ConfigurationError, InvalidToken, Reason
from .identity import Identity, with_user_info
from .keys import KeyHealth, KeySet, health_of, worst_by_name
from .keys.lookup import afind_key, find_key
from .pool import UserPool
from .signature import VerificationKey
from .token import DEFAULT_MAX_BYTES, UnverifiedToken, parse_padded_token

if TYPE_CHECKING:
    from .carriers import Forwarded

__all__ = ["LoadBalancerVerifier", "check_key_id"]

_UUID = r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

# OpenID Connect Core, section 5.1. Cognito's userInfo endpoint has them as texts.
_BOOLEANS = ("email_verified", "phone_number_verified")
_TYPED = {"true": True, "false": False}

# Data that passed every check that needs no key: who is held to have signed it, and with which key
# set, the issuer, and the time it was looked at.
_Candidate: TypeAlias = tuple[UnverifiedToken, LoadBalancer, KeySet, str, float]


class AccessTokens(Protocol):
    """What verifies the access tokens of a load balancer's user pool."""

    def verify(self, text: str, /) -> Identity: ...  # pragma: no cover

    async def averify(self, text: str, /) -> Identity: ...  # pragma: no cover


@final
class LoadBalancerVerifier:
    """Verifies what load balancers forward.

    ``access_tokens`` gives, for a user pool, what verifies its tokens; ``max_token_bytes`` bounds
    the length of the data; ``clock`` gives seconds since 1970. Raises :class:`ConfigurationError`
    if two load balancers share an ARN and a client, or keys are unusable.
    """

    def __init__(
        self,
        *load_balancers: LoadBalancer,
        access_tokens: Callable[[UserPool], AccessTokens],
        max_token_bytes: int = DEFAULT_MAX_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._max_bytes = max_token_bytes
        self._clock = clock
        self._trusted: dict[str, dict[str, tuple[LoadBalancer, KeySet]]] = {}
        self._by_address: dict[str, KeySet] = {}
        self._access_tokens: dict[LoadBalancer, AccessTokens] = {}
        self._addresses = [source for one in load_balancers for source in one.key_sources.values()]
        for one in load_balancers:
            if one.user_pool is not None:
                self._access_tokens[one] = access_tokens(one.user_pool)
            for arn, source in one.key_sources.items():
                clients = self._trusted.setdefault(arn, {})
                if one.client_id in clients:
                    raise ConfigurationError(f"two load balancers share the client of {arn}")
                clients[one.client_id] = (one, self._key_set(source))

    def verify(self, forwarded: Forwarded) -> Identity:
        """Who is calling. Blocks only while a key that is not held is fetched.

        Raises :class:`InvalidToken`, or :class:`KeysUnavailable`.
        """
        candidate = self._before_the_key(forwarded)
        key = find_key(candidate[2], candidate[0].header.kid)
        self._with_the_key(forwarded, candidate, key)
        tokens = self._access_tokens.get(candidate[1])
        token = None if tokens is None else tokens.verify(_access_token(forwarded))
        return _identity(candidate, token)

    async def averify(self, forwarded: Forwarded) -> Identity:
        """As :meth:`verify`, but suspends the task (asyncio or trio) where that one blocks."""
        candidate = self._before_the_key(forwarded)
        key = await afind_key(candidate[2], candidate[0].header.kid)
        self._with_the_key(forwarded, candidate, key)
        tokens = self._access_tokens.get(candidate[1])
        token = None if tokens is None else await tokens.averify(_access_token(forwarded))
        return _identity(candidate, token)

    def health(self) -> dict[str, KeyHealth]:
        """How the keys of each load balancer are doing, by its ARN. Never blocks, never fetches."""
        return worst_by_name(
            (arn, health_of(keys))
            for arn, clients in self._trusted.items()
            for _, keys in clients.values()
        )

    def _before_the_key(self, forwarded: Forwarded) -> _Candidate:
        """Everything that can be said without a key, so that junk causes no request."""
        token, header = parse_padded_token(
            forwarded.data, algorithm="ES256", max_bytes=self._max_bytes
        )
        check_key_id(token.header.kid)
        # Claims in the header are as claims elsewhere (RFC 7519, section 5.3).
        clients = self._trusted.get(claim.signer(header))
        if clients is None:
            raise InvalidToken(
                Reason.WRONG_SIGNER,
                "The data was signed by a load balancer that is not trusted here.",
            )
        trusted = clients.get(claim.client(header))
        if trusted is None:
            raise InvalidToken(
                Reason.WRONG_CLIENT,
                "The load balancer signs users in for a client that is not accepted here.",
            )
        load_balancer, keys = trusted
        issuer = claim.issuer(header)
        if load_balancer.issuers and issuer not in load_balancer.issuers:
            raise InvalidToken(
                Reason.UNKNOWN_ISSUER, "The user comes from an issuer that is not trusted here."
            )
        now = self._clock()
        claim.check_expiry(header, now, load_balancer.leeway)
        return token, load_balancer, keys, issuer, now

    def _with_the_key(
        self, forwarded: Forwarded, candidate: _Candidate, key: VerificationKey
    ) -> None:
        token, load_balancer, _, issuer, now = candidate
        # The key decides what the signature is; the header only has to agree.
        if key.algorithm != token.header.algorithm:
            raise InvalidToken(
                Reason.UNSUPPORTED_ALGORITHM, "The data's algorithm is not that of its key."
            )
        if not key.verify(token.signing_input, token.signature):
            raise InvalidToken(Reason.BAD_SIGNATURE, "The data's signature does not match.")
        claims = token.claims
        if claim.issuer(claims) != issuer:
            raise InvalidToken(
                Reason.UNKNOWN_ISSUER, "The data names another issuer in its header than below."
            )
        claim.check_expiry(claims, now, load_balancer.leeway)
        claim.check_other_times(claims, now, load_balancer.leeway)
        # User info has none of these. One of the wrong type is nothing that a load balancer signed.
        claim.check_ids(claims)
        claim.check_resource(claims, None)
        claim.scopes(claims)
        subject = claim.subject(claims)
        if forwarded.identity is not None and not _spells(forwarded.identity, subject):
            raise InvalidToken(
                Reason.IDENTITY_MISMATCH,
                "The header x-amzn-oidc-identity names another subject than the signed data.",
            )

    def _key_set(self, source: str | Mapping[str, str] | KeySet) -> KeySet:
        # Loaded where there is a load balancer: elliptic curves are nothing that others need.
        from .keys.load_balancer import MISSES, LoadBalancerKeySet, StaticPemKeySet

        if isinstance(source, str):
            if source not in self._by_address:
                # Each may have a key of its own, and a new one soon after.
                misses = max(MISSES, 2 * self._addresses.count(source))
                self._by_address[source] = LoadBalancerKeySet(source, misses=misses)
            return self._by_address[source]
        return StaticPemKeySet(source) if isinstance(source, Mapping) else source


def check_key_id(kid: str) -> None:
    """``kid``: a UUID, since it becomes a part of a URL. Raises :class:`InvalidToken`."""
    if not re.fullmatch(_UUID, kid):
        raise InvalidToken(
            Reason.MALFORMED_TOKEN,
            'The "kid" in the header of the load balancer\'s data is no UUID.',
        )


def _access_token(forwarded: Forwarded) -> str:
    if forwarded.access_token is None:
        raise InvalidToken(
            Reason.IDENTITY_MISMATCH,
            "The access token that belongs to the data did not come along.",
        )
    return forwarded.access_token


def _identity(candidate: _Candidate, token: Identity | None) -> Identity:
    """The caller, by verified data, and the verified access token where one belongs to it."""
    claims, load_balancer = candidate[0].claims, candidate[1]
    for name in _BOOLEANS:
        value = claims.get(name)
        if type(value) is str and value in _TYPED:
            claims[name] = _TYPED[value]
    claim.groups(claims)
    if token is None:
        identity = Identity(
            claims,
            "user_info",
            load_balancer.client_id,
            claim.username(claims, "access"),
            (),  # groups come from the user pool itself, in its token
            (),
            _roles(claims, load_balancer),
            "user_info",
        )
    else:
        _check_belonging(token, claims, load_balancer)
        identity = with_user_info(token, claims, lambda both: _roles(both, load_balancer))
    for check in load_balancer.checks:
        if not passes(check, identity):
            raise InvalidToken(Reason.CHECK_FAILED, "A check of this API refuses the caller.")
    return identity


def _check_belonging(token: Identity, claims: dict[str, Any], load_balancer: LoadBalancer) -> None:
    if token.token_use != "access":
        raise InvalidToken(
            Reason.WRONG_TOKEN_USE, "The token that came with the data is no access token."
        )
    if token.client_id != load_balancer.client_id:
        raise InvalidToken(
            Reason.WRONG_CLIENT, "The access token was issued to another client than the data's."
        )
    if token.subject != claims["sub"]:
        raise InvalidToken(
            Reason.IDENTITY_MISMATCH, "The access token speaks for another user than the data."
        )


def _spells(value: str, subject: str) -> bool:
    """Whether a header, whose text is its bytes one by one (ISO 8859-1), has the subject."""
    return value.encode("latin-1", "replace") == subject.encode("utf-8")


def _roles(claims: dict[str, Any], load_balancer: LoadBalancer) -> tuple[str, ...]:
    return claim.roles(claims, load_balancer.role_claim, load_balancer.split_roles)
