"""Guard: the one place where trust, carriers and policy meet. All that an adapter needs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, final

from ._log import Log
from .alb import LoadBalancer
from .alb_verifier import LoadBalancerVerifier
from .cache import DEFAULT_BYTES, DEFAULT_ENTRIES, VerifiedTokens
from .carriers import AuthorizationHeader, Carrier, Forwarded, HeaderValues, LoadBalancerHeaders
from .challenge import Challenge, challenge
from .config import DEFAULT_PREFIX, SETTING_NAMES, guard_arguments, values_from_text
from .errors import (
    AuthError,
    ConfigurationError,
    InvalidRequest,
    KeysUnavailable,
    MissingCredentials,
    Reason,
)
from .identity import Identity
from .keys import KeyHealth, worst_by_name
from .pool import UserPool
from .token import DEFAULT_MAX_BYTES
from .verifier import TokenVerifier

__all__ = ["Credential", "Guard"]


_BEARER: tuple[Carrier, ...] = (AuthorizationHeader(),)

_WANTED: dict[type, str] = {UserPool: "bearer token", LoadBalancer: "x-amzn-oidc-data header"}


class Credential(NamedTuple):
    """What a request carries to say who sent it, unverified, and the carrier that found it.

    ``others``: what it carries besides, for another kind of trusted party.
    """

    value: str | Forwarded
    carrier: Carrier
    others: tuple[str | Forwarded, ...] = ()

    @property
    def ambient(self) -> bool:
        """Whether browsers send it by themselves: the request may be forged across sites."""
        return self.carrier.ambient

    def __repr__(self) -> str:
        return f"<Credential in {self.carrier!r}>"


@final
class Guard:
    r"""Decides who is calling, by the user pools that it trusts.

    ``trusted``
        One :class:`UserPool` or :class:`LoadBalancer`, or more. A token is held against the pool
        whose issuer it names, the headers of a load balancer against the one that signed them.
        Where a request carries both, the kind that comes first here says who is calling, and the
        other one has to be good as well.
    ``carriers``
        Where a request carries its token; the ``Authorization`` header unless said otherwise. A
        request that carries a token in two of them is refused (RFC 6750, section 2).
    ``realm``
        The ``realm`` of the challenges (RFC 9110, section 11.5): printable ASCII without ``"`` and
        ``\``.
    ``max_token_bytes``
        The longest token that is looked at; 16 KiB unless said otherwise.
    ``cache_entries``, ``cache_bytes``
        How many verified tokens are remembered, and about how many bytes of memory they may take.
        10,000 and 32 MiB unless said otherwise; 0 turns the cache off.
    ``clock``
        Seconds since 1970.

    One guard serves any number of threads, event loops and forked workers. Raises
    :class:`ConfigurationError`.
    """

    setting_names: ClassVar[tuple[str, ...]] = SETTING_NAMES
    """What :meth:`from_env` and :meth:`from_mapping` know, without a prefix. For an adapter whose
    framework keeps settings of its own next to them."""

    def __init__(
        self,
        *trusted: UserPool | LoadBalancer,
        carriers: Iterable[Carrier] = _BEARER,
        realm: str | None = None,
        max_token_bytes: int = DEFAULT_MAX_BYTES,
        cache_entries: int = DEFAULT_ENTRIES,
        cache_bytes: int = DEFAULT_BYTES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not trusted or not all(isinstance(one, UserPool | LoadBalancer) for one in trusted):
            raise ConfigurationError(
                "a Guard needs one UserPool or LoadBalancer, or more, each as an argument"
            )
        pools = [one for one in trusted if isinstance(one, UserPool)]
        load_balancers = [one for one in trusted if isinstance(one, LoadBalancer)]
        bearers = _carriers(carriers)
        if not pools and carriers is not _BEARER:
            raise ConfigurationError("carriers find the tokens of user pools; name one as well")
        self.realm = _realm(realm)
        if type(max_token_bytes) is not int or max_token_bytes <= 0:
            raise ConfigurationError("max_token_bytes must be a whole number of bytes")
        self._carriers: dict[type, tuple[Carrier, ...]] = {
            kind: bearers if kind is UserPool else (LoadBalancerHeaders(),)
            for kind in map(type, trusted)
        }
        self._homes = _homes(pools, load_balancers)
        limits: dict[str, Any] = {"max_token_bytes": max_token_bytes, "clock": clock}

        def cache() -> VerifiedTokens | None:
            remembered = VerifiedTokens(cache_entries, cache_bytes)
            return remembered if remembered.enabled else None

        self._tokens = TokenVerifier(*pools, cache=cache(), **limits)
        self._log = Log()
        self._all_tokens = [self._tokens]

        def access_tokens(pool: UserPool) -> TokenVerifier:
            if pool in pools:
                return self._tokens.only(pool, cache=cache())
            tokens = TokenVerifier(pool, cache=cache(), **limits)
            self._all_tokens.append(tokens)
            return tokens

        self._load_balancers = LoadBalancerVerifier(
            *load_balancers, access_tokens=access_tokens, **limits
        )

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """Where this guard looks for a credential. Without a load balancer that it trusts, not at
        the headers of one; without a user pool, at nothing else."""
        return tuple(carrier for each in self._carriers.values() for carrier in each)

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *, prefix: str = DEFAULT_PREFIX
    ) -> Guard:
        """A guard from environment variables: ``COGNITO_USER_POOL_ID``, ``COGNITO_CLIENT_IDS`` ...

        Raises :class:`ConfigurationError`, with a suggestion for a misspelt name.
        """
        environ = os.environ if environ is None else environ
        return cls.from_mapping(values_from_text(environ, prefix), prefix=prefix)

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any], *, prefix: str = DEFAULT_PREFIX) -> Guard:
        """A guard from settings with typed values. Names without ``prefix`` are not looked at.

        Raises :class:`ConfigurationError`, with a suggestion for a misspelt name.
        """
        trusted, keywords = guard_arguments(settings, prefix)
        return cls(*trusted, **keywords)

    def verify(self, token: str) -> Identity:
        """Who a token speaks for. Blocks only while a key that is not held is fetched.

        Raises :class:`InvalidToken`, or :class:`KeysUnavailable`.
        """
        return self._tokens.verify(token)

    async def averify(self, token: str) -> Identity:
        """As :meth:`verify`, for asyncio and trio."""
        return await self._tokens.averify(token)

    def find_credential(self, headers: HeaderValues) -> Credential | None:
        """What a request carries to say who sent it, unverified; ``None`` for nothing.

        Raises :class:`InvalidRequest`.
        """
        found: Credential | None = None
        for carriers in self._carriers.values():
            one = _find(carriers, headers)
            if one is not None:
                found = one if found is None else found._replace(others=(one.value,))
        return found

    def verify_credential(self, credential: Credential) -> Identity:
        """Who sent the request. Blocks only while a key that is not held is fetched.

        Raises :class:`InvalidToken`, or :class:`KeysUnavailable`.
        """
        identity: Identity = self._verifier(credential.value).verify(credential.value)
        for other in credential.others:
            self._verifier(other).verify(other)
        return identity

    async def averify_credential(self, credential: Credential) -> Identity:
        """As :meth:`verify_credential`, for asyncio and trio."""
        identity: Identity = await self._verifier(credential.value).averify(credential.value)
        for other in credential.others:
            await self._verifier(other).averify(other)
        return identity

    def authenticate(self, headers: HeaderValues) -> Identity:
        """Who sent a request. ``headers`` gives all raw values of a header by its lower-case name.

        Raises :class:`MissingCredentials` if the request carries no credential, and only then;
        :class:`InvalidRequest`, :class:`InvalidToken`, :class:`KeysUnavailable`.
        """
        return self.verify_credential(self._credential(headers))

    async def aauthenticate(self, headers: HeaderValues) -> Identity:
        """As :meth:`authenticate`, for asyncio and trio."""
        return await self.averify_credential(self._credential(headers))

    def home_issuer(self, identity: Identity) -> str:
        """The issuer to store a caller under: the first form of the pool's issuers, whichever of
        them the token names. A pool that changes to the updated form keeps its users this way.
        """
        return self._homes.get(identity.issuer, identity.issuer)

    def missing_credentials(self) -> MissingCredentials:
        """What there is to raise where a request carries none of what this guard looks for."""
        wanted = " and no ".join(_WANTED[kind] for kind in self._carriers)
        return MissingCredentials(Reason.MISSING_CREDENTIALS, f"The request carries no {wanted}.")

    def challenge(self, error: AuthError | KeysUnavailable) -> Challenge:
        """The HTTP answer to a request that failed with ``error``."""
        answer = challenge(error, realm=self.realm)
        self._log.refused(answer.status, error.reason)
        return answer

    def prefetch(self) -> None:
        """Start to fetch keys in the background. Never blocks, never raises; for start-up.

        A load balancer's keys are fetched when they are first named.
        """
        for tokens in self._all_tokens:
            tokens.prefetch()

    def health(self) -> dict[str, KeyHealth]:
        """How the keys of each issuer, and of each load balancer's ARN, are doing: where one has
        several key sets, the one of most concern. Never blocks, never fetches."""
        told = list(self._load_balancers.health().items())
        for tokens in self._all_tokens:
            told += tokens.health().items()
        return worst_by_name(told)

    def _verifier(self, value: str | Forwarded) -> Any:
        """What verifies a value of this kind."""
        return self._load_balancers if isinstance(value, Forwarded) else self._tokens

    def _credential(self, headers: HeaderValues) -> Credential:
        credential = self.find_credential(headers)
        if credential is None:
            raise self.missing_credentials()
        return credential


def _find(carriers: Iterable[Carrier], headers: HeaderValues) -> Credential | None:
    found: Credential | None = None
    for carrier in carriers:
        value = carrier.find(headers)
        if value is not None:
            if found is not None:
                raise InvalidRequest(
                    Reason.MULTIPLE_CREDENTIALS,
                    "The request carries a token in more than one place.",
                )
            found = Credential(value, carrier)
    return found


def _homes(pools: Iterable[UserPool], load_balancers: Iterable[LoadBalancer]) -> dict[str, str]:
    """For each issuer, the one to store its users under. A pool's word counts: a load balancer may
    name but one of its forms."""
    several = [pool.issuers for pool in pools]
    for one in load_balancers:
        several += [one.issuers] if one.user_pool is None else [one.user_pool.issuers]
    return {issuer: issuers[0] for issuers in reversed(several) for issuer in issuers}


def _carriers(carriers: Iterable[Carrier]) -> tuple[Carrier, ...]:
    if not isinstance(carriers, Iterable):
        raise ConfigurationError("carriers must be a list")
    listed = tuple(carriers)
    if not listed:
        raise ConfigurationError("carriers must not be empty")
    for carrier in listed:
        finds = callable(getattr(carrier, "find", None))
        # A text can find, too, and a class can, but neither says whether browsers send it along.
        says = isinstance(getattr(carrier, "ambient", None), bool)
        known = not isinstance(carrier, type | LoadBalancerHeaders)
        if not finds or not says or not known:
            raise ConfigurationError("each of carriers must be one, such as Cookie(name)")
    return listed


def _realm(realm: object) -> str | None:
    if realm is None:
        return None
    if (
        not isinstance(realm, str)
        or not realm
        or any(not " " <= character <= "~" or character in '"\\' for character in realm)
    ):
        raise ConfigurationError('realm must be printable ASCII without " and \\')
    return realm
