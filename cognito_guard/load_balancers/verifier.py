"""LoadBalancerVerifier: what a load balancer forwards -> Identity. The order of the checks.

Application Load Balancers user guide, "User claims encoding and signature verification". A load
balancer signs with a key of its region, as everybody's do there: what it signs says nothing until
``signer`` is one's own (published in 2024 as ALBeast).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, Protocol, final

from .._support.callables import passes
from .._support.clock import calendar
from .._support.listeners import Listeners
from .._support.silence import forget_locals
from ..errors import ConfigurationError, InvalidToken, Reason
from ..identity import Identity, with_user_info
from ..keys import KeySet
from ..keys.lookup import afind_key, find_key
from ..keys.signature import VerificationKey
from ..tokens import claims as claim
from ..tokens.parsing import DEFAULT_MAX_BYTES, UnverifiedToken, parse_padded_token
from ..tokens.user_pool import UserPool
from .claims import (
    access_token,
    check_client,
    check_identity_header,
    check_issuer,
    check_key_id,
    check_same_issuer,
    check_signer,
    check_token_client,
    check_token_kind,
    check_token_subject,
    type_booleans,
)
from .load_balancer import LoadBalancer

if TYPE_CHECKING:
    from ..http.carriers import Forwarded
    from ..keys.health import KeyHealth
    from ..tokens.cache import VerifiedTokens
    from ..tokens.revoked import RevocationCheck
    from .keys import LoadBalancerKeySet

__all__ = ["LoadBalancerVerifier"]

# Claims of tokens, each of which is optional.
_OF_TOKENS = frozenset({"nbf", "iat", "auth_time", "jti", "origin_jti", "aud", "scope"})


@final
class _Candidate:
    """Data that passed every check that needs no key: who is held to have signed it, and with which
    key set, the issuer, and the time it was looked at. Silent, as the one of tokens."""

    __slots__ = ("again", "issuer", "keys", "load_balancer", "now", "token", "until")

    def __init__(
        self,
        token: UnverifiedToken,
        load_balancer: LoadBalancer,
        keys: KeySet,
        issuer: str,
        now: float,
        until: float,
    ) -> None:
        self.token = token
        self.load_balancer = load_balancer
        self.keys = keys
        self.issuer = issuer
        self.now = now
        self.until = until
        self.again = False  # whether it was verified before, and is to be remembered now


@final
class _Verified:
    """Data that was verified, as ``Verified`` of tokens: what it says, who signed it, the key, and
    the times from which on it is good, and is not. ``token``: whom the access token spoke for that
    came with it, and ``beside``, what that one takes in memory; ``identity``: who was calling."""

    __slots__ = (
        *("beside", "claims", "identity", "key", "keys", "kid", "load_balancer", "since", "text"),
        *("token", "until"),
    )

    def __init__(
        self,
        forwarded: Forwarded,
        candidate: _Candidate,
        key: VerificationKey,
        token: Identity | None,
        identity: Identity,
    ) -> None:
        self.text = forwarded.data
        self.claims = claims = candidate.token.claims
        self.kid = candidate.token.header.kid
        self.load_balancer = candidate.load_balancer
        self.keys = candidate.keys
        self.key = key
        # `nbf` was looked at now, so it holds unless the clock is set back.
        self.since = candidate.now if "nbf" in claims else -inf
        self.until = candidate.until
        self.identity = identity
        self.token = token
        # As for a token that is remembered. It may be remembered nowhere else.
        self.beside = 0 if token is None else 2 * len(access_token(forwarded))


class AccessTokens(Protocol):
    """What verifies the access tokens of a load balancer's user pool."""

    def verify(self, text: str, /) -> Identity: ...  # pragma: no cover

    async def averify(self, text: str, /) -> Identity: ...  # pragma: no cover


@final
class LoadBalancerVerifier:
    """Verifies what load balancers forward.

    ``access_tokens`` gives, for a user pool, what verifies its tokens; ``max_token_bytes`` bounds
    the length of the data; ``cache`` is where a guard remembers verified data; ``revoked`` is how
    it asks a list of what was revoked; ``listeners`` are told of callers who were verified;
    ``clock`` gives seconds since 1970. Raises
    :class:`ConfigurationError` if two load balancers share an ARN and a client, or keys are
    unusable.
    """

    def __init__(
        self,
        *load_balancers: LoadBalancer,
        access_tokens: Callable[[UserPool], AccessTokens],
        max_token_bytes: int = DEFAULT_MAX_BYTES,
        cache: VerifiedTokens[_Verified] | None = None,
        revoked: RevocationCheck | None = None,
        listeners: Listeners | None = None,
        clock: Callable[[], float] = calendar,
    ) -> None:
        self._listeners = Listeners() if listeners is None else listeners
        self._max_bytes = max_token_bytes
        self._cache = cache
        self._revoked = revoked
        self._clock = clock
        self._trusted: dict[str, dict[str, tuple[LoadBalancer, KeySet]]] = {}
        self._by_address: dict[str, LoadBalancerKeySet] = {}
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
        known = self._known(forwarded)
        if known is not None:
            tokens = self._access_tokens.get(known.load_balancer)
            token = None if tokens is None else tokens.verify(access_token(forwarded))
            identity = _again(known, token)
            if self._revoked is not None:
                self._revoked.ask(identity)
            _ask(known.load_balancer, identity)
            if self._listeners.all:
                self._listeners.tell_verified(identity, remembered=True)
            return identity
        candidate = self._candidate(forwarded, self._clock())
        key = find_key(candidate.keys, candidate.token.header.kid)
        self._check_with(key, forwarded, candidate)
        tokens = self._access_tokens.get(candidate.load_balancer)
        token = None if tokens is None else tokens.verify(access_token(forwarded))
        identity = _caller(candidate.token.claims, candidate.load_balancer, token)
        if self._revoked is not None:
            self._revoked.ask(identity)
        _ask(candidate.load_balancer, identity)
        if candidate.again:
            self._remember(_Verified(forwarded, candidate, key, token, identity))
        if self._listeners.all:
            self._listeners.tell_verified(identity, remembered=False)
        return identity

    async def averify(self, forwarded: Forwarded) -> Identity:
        """As :meth:`verify`, but suspends the task (asyncio or trio) where that one blocks."""
        known = self._known(forwarded)
        if known is not None:
            tokens = self._access_tokens.get(known.load_balancer)
            token = None if tokens is None else await tokens.averify(access_token(forwarded))
            identity = _again(known, token)
            if self._revoked is not None:
                await self._revoked.aask(identity)
            _ask(known.load_balancer, identity)
            if self._listeners.all:
                self._listeners.tell_verified(identity, remembered=True)
            return identity
        candidate = self._candidate(forwarded, self._clock())
        key = await afind_key(candidate.keys, candidate.token.header.kid)
        self._check_with(key, forwarded, candidate)
        tokens = self._access_tokens.get(candidate.load_balancer)
        token = None if tokens is None else await tokens.averify(access_token(forwarded))
        identity = _caller(candidate.token.claims, candidate.load_balancer, token)
        if self._revoked is not None:
            await self._revoked.aask(identity)
        _ask(candidate.load_balancer, identity)
        if candidate.again:
            self._remember(_Verified(forwarded, candidate, key, token, identity))
        if self._listeners.all:
            self._listeners.tell_verified(identity, remembered=False)
        return identity

    def observe(self, observers: Listeners) -> None:
        """Tell them whenever a key of these load balancers is fetched."""
        for keys in self._by_address.values():
            keys.observe(observers)

    def health(self) -> dict[str, KeyHealth]:
        """How the keys of each load balancer are doing, by its ARN. Never blocks, never fetches."""
        from ..keys.health import health_of, worst_by_name

        return worst_by_name(
            (arn, health_of(keys))
            for arn, clients in self._trusted.items()
            for _, keys in clients.values()
        )

    # As in the verifier of tokens: while a user's code runs, no frame has data in a variable, and
    # frames that are over are emptied.

    def _known(self, forwarded: Forwarded) -> _Verified | None:
        """The entry of data that was verified before and is still good.

        Asked anew is what may have changed: the time, whether the key set still has the very key,
        and the subject's header, which is not in the data; and by whoever calls this, all that is
        asked of the access token, the list of what was revoked and the load balancer's own checks.
        Signer, client and issuer are in the data itself, and what is accepted of them is fixed.
        """
        cache = self._cache
        if cache is None or type(forwarded.data) is not str:
            return None
        entry = cache.get(forwarded.data)
        if entry is None:
            return None
        if entry.since <= self._clock() < entry.until:
            try:
                found = entry.keys.key(entry.kid)
            except InvalidToken:  # withdrawn
                cache.forget_key(entry.key)
                raise
            if found is entry.key:
                self._check_subject(forwarded, entry)
                return entry
        cache.forget_token(entry.text)
        return None

    @staticmethod
    def _check_subject(forwarded: Forwarded, entry: _Verified) -> None:
        try:
            check_identity_header(forwarded.identity, entry.claims["sub"])
        except BaseException as error:
            forget_locals(error)
            raise

    def _remember(self, entry: _Verified) -> None:
        cache: Any = self._cache
        cache.add(entry)

    def _candidate(self, forwarded: Forwarded, now: float) -> _Candidate:
        try:
            return self._before_the_key(forwarded, now)
        except BaseException as error:
            forget_locals(error)
            raise

    def _check_with(
        self, key: VerificationKey, forwarded: Forwarded, candidate: _Candidate
    ) -> None:
        try:
            self._with_the_key(forwarded, candidate, key)
        except BaseException as error:
            forget_locals(error)
            raise

    def _before_the_key(self, forwarded: Forwarded, now: float) -> _Candidate:
        """Everything that can be said without a key, so that junk causes no request."""
        token, header = parse_padded_token(
            forwarded.data, algorithm="ES256", max_bytes=self._max_bytes
        )
        check_key_id(token.header.kid)
        # Claims in the header are as claims elsewhere (RFC 7519, section 5.3).
        clients = self._trusted[check_signer(header, self._trusted)]
        load_balancer, keys = clients[check_client(header, clients)]
        issuer = check_issuer(header, load_balancer.issuers)
        claim.check_expiry(header, now, load_balancer.leeway)
        until = header["exp"] + load_balancer.leeway
        return _Candidate(token, load_balancer, keys, issuer, now, until)

    def _with_the_key(
        self, forwarded: Forwarded, candidate: _Candidate, key: VerificationKey
    ) -> None:
        # The key decides what the signature is; the header only has to agree.
        if key.algorithm != candidate.token.header.algorithm:
            raise InvalidToken(
                Reason.UNSUPPORTED_ALGORITHM, "The data's algorithm is not that of its key."
            )
        # As in the verifier of tokens: a user's own class may be asked here.
        if key.verify(candidate.token.signing_input, candidate.token.signature) is not True:
            raise InvalidToken(Reason.BAD_SIGNATURE, "The data's signature does not match.")
        claims, load_balancer, now = candidate.token.claims, candidate.load_balancer, candidate.now
        check_same_issuer(claims, candidate.issuer)
        claim.check_expiry(claims, now, load_balancer.leeway)
        if not _OF_TOKENS.isdisjoint(claims):
            # User info has none of these. One of the wrong type is nothing that a load balancer
            # signed.
            claim.check_other_times(claims, now, load_balancer.leeway)
            claim.check_ids(claims)
            claim.check_resource(claims, None)
            claim.scopes(claims)
        subject = claim.subject(claims)
        check_identity_header(forwarded.identity, subject)
        candidate.until = min(candidate.until, claims["exp"] + load_balancer.leeway)
        cache, data = self._cache, forwarded.data
        if cache is not None and type(data) is str:
            candidate.again = cache.comes_again(data)
            if candidate.again:
                candidate.token.claims = cache.share_texts(claims)

    def _key_set(self, source: str | Mapping[str, str] | KeySet) -> KeySet:
        # Loaded where there is a load balancer: elliptic curves are nothing that others need.
        if isinstance(source, str):
            from .keys import MISSES, LoadBalancerKeySet

            if source not in self._by_address:
                # Each may have a key of its own, and a new one soon after.
                misses = max(MISSES, 2 * self._addresses.count(source))
                self._by_address[source] = LoadBalancerKeySet(source, misses=misses)
            return self._by_address[source]
        if not isinstance(source, Mapping):
            return source
        from .pem import StaticPemKeySet

        return StaticPemKeySet(source)


def _again(known: _Verified, token: Identity | None) -> Identity:
    """The caller, by data that is remembered, and the token that came with it now. Another token
    than the one that was counted with the data is not kept in its place: it may be larger."""
    if known.token is token:
        return known.identity
    return _caller(known.claims, known.load_balancer, token)


def _caller(
    claims: dict[str, Any], load_balancer: LoadBalancer, token: Identity | None
) -> Identity:
    try:
        return _identity(claims, load_balancer, token)
    except BaseException as error:
        forget_locals(error)
        raise


def _ask(load_balancer: LoadBalancer, identity: Identity) -> None:
    """Raises what a check raises, or :class:`InvalidToken` where one does not say yes."""
    for check in load_balancer.checks:
        if not passes(check, identity):
            raise InvalidToken(Reason.CHECK_FAILED, "A check of this API refuses the caller.")


def _identity(
    claims: dict[str, Any], load_balancer: LoadBalancer, token: Identity | None
) -> Identity:
    """The caller, by verified data, and the verified access token where one belongs to it."""
    type_booleans(claims)
    claim.groups(claims)
    if token is None:
        return Identity(
            claims,
            "user_info",
            load_balancer.client_id,
            claim.username(claims, "access"),
            (),  # groups come from the user pool itself, in its token
            (),
            _roles(claims, load_balancer),
            "user_info",
        )
    check_token_kind(token)
    check_token_client(token, load_balancer.client_id)
    check_token_subject(token, claims["sub"])
    return with_user_info(token, claims, lambda both: _roles(both, load_balancer))


def _roles(claims: dict[str, Any], load_balancer: LoadBalancer) -> tuple[str, ...]:
    return claim.roles(claims, load_balancer.role_claim, load_balancer.split_roles)
