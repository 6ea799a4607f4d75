"""TokenVerifier: token text -> Identity. The order of the checks, in one readable list."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import TYPE_CHECKING, TypeAlias, final

from . import claims as claim
from ._callables import passes
from .errors import ConfigurationError, InvalidToken, Reason
from .identity import Identity
from .keys import KeyHealth, KeySet, RemoteKeySet, SiblingKeySet, StaticKeySet, health_of
from .keys.lookup import afind_key, find_key
from .pool import Check, UserPool
from .signature import VerificationKey
from .token import DEFAULT_MAX_BYTES, UnverifiedToken, parse_token

if TYPE_CHECKING:
    from .cache import VerifiedTokens

__all__ = ["TokenVerifier"]

# A token that passed every check that needs no key: with what it is held against, its token use,
# its client and the time it was looked at. A plain tuple, because one is made for every token.
_Candidate: TypeAlias = tuple[UnverifiedToken, UserPool, KeySet, str, str, float]


@final
class TokenVerifier:
    """Verifies the tokens of one or more user pools.

    ``max_token_bytes`` bounds the length of a token; ``cache`` is where a guard remembers verified
    ones, of these pools alone; ``clock`` gives seconds since 1970.
    Raises :class:`ConfigurationError` if two pools share an issuer, or a pool's keys are unusable.
    """

    def __init__(
        self,
        *pools: UserPool,
        max_token_bytes: int = DEFAULT_MAX_BYTES,
        cache: VerifiedTokens | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._max_bytes = max_token_bytes
        self._cache = cache
        self._clock = clock
        self._trusted: dict[str, tuple[UserPool, KeySet]] = {}
        self._prefetch: list[RemoteKeySet] = []
        for pool in pools:
            for issuer, keys in self._key_sets(pool).items():
                if issuer in self._trusted:
                    raise ConfigurationError(f"two user pools share the issuer {issuer}")
                self._trusted[issuer] = (pool, keys)

    def verify(self, text: str, /) -> Identity:
        """Who the token speaks for. Blocks only while a key that is not held is fetched.

        Raises :class:`InvalidToken`, or :class:`KeysUnavailable`.
        """
        identity = self._remembered(text)
        if identity is not None:
            return identity
        candidate = self._before_the_key(text)
        key = find_key(candidate[2], candidate[0].header.kid)
        return self._with_the_key(text, candidate, key)

    async def averify(self, text: str) -> Identity:
        """As :meth:`verify`, but suspends the task (asyncio or trio) where that one blocks."""
        identity = self._remembered(text)
        if identity is not None:
            return identity
        candidate = self._before_the_key(text)
        key = await afind_key(candidate[2], candidate[0].header.kid)
        return self._with_the_key(text, candidate, key)

    def only(self, pool: UserPool, *, cache: VerifiedTokens | None = None) -> TokenVerifier:
        """A verifier for the tokens of one of the pools, with the same keys. It remembers its own
        tokens, as it must not take another pool's for good."""
        one = TokenVerifier(max_token_bytes=self._max_bytes, cache=cache, clock=self._clock)
        one._trusted = {issuer: self._trusted[issuer] for issuer in pool.issuers}
        return one

    def prefetch(self) -> None:
        """Start to fetch keys that are not held yet, in the background. Never blocks or raises."""
        for keys in self._prefetch:
            keys.prefetch()

    def health(self) -> dict[str, KeyHealth]:
        """How the keys of each issuer are doing. Never blocks, never fetches."""
        return {issuer: health_of(keys) for issuer, (_, keys) in self._trusted.items()}

    def _remembered(self, text: str) -> Identity | None:
        """Whom a token speaks for that was verified before; ``None`` where that has to be done.

        Asked anew is whatever may have changed: the time, whether the key set still has the very
        key, and the pool's own checks. Raises as :meth:`verify`.
        """
        cache = self._cache
        if cache is None or type(text) is not str or (entry := cache.get(text)) is None:
            return None
        identity, kid, key, keys, pool, since, until = entry
        if not since <= self._clock() < until:
            cache.forget_token(text)
            return None
        try:
            found = keys.key(kid)
        except InvalidToken:  # withdrawn
            cache.forget_key(key)
            raise
        if found is not key:
            cache.forget_token(text)
            return None
        if pool.checks:
            _ask(pool.checks, identity)
        return identity

    # Below, what is plainly good is seen at a glance, and the functions of `claims` are asked about
    # all else: a call costs as much as most of these checks, and there are fourteen of them.

    def _before_the_key(self, text: str) -> _Candidate:
        """Everything that can be said without a key, so that junk causes no request."""
        token = parse_token(text, max_bytes=self._max_bytes)
        claims = token[1]
        get = claims.get
        issuer = get("iss")
        trusted = self._trusted.get(issuer) if type(issuer) is str else None
        if trusted is None:
            claim.issuer(claims)
            raise InvalidToken(
                Reason.UNKNOWN_ISSUER, "The token comes from an issuer that is not trusted here."
            )
        pool, keys = trusted
        now = self._clock()
        expires_at = get("exp")
        if type(expires_at) is not int or not now < expires_at <= claim.LAST_SECOND:
            claim.check_expiry(claims, now, pool.leeway)
        token_use = get("token_use")
        if type(token_use) is not str or token_use not in pool.token_uses:
            token_use = claim.check_token_use(claims, pool.token_uses)
        client_id = get("client_id" if token_use == "access" else "aud")
        accepted = pool.client_ids
        if accepted is None or type(client_id) is not str or client_id not in accepted:
            client_id = claim.check_client(claims, token_use, accepted)
        return token, pool, keys, token_use, client_id, now

    def _with_the_key(self, text: str, candidate: _Candidate, key: VerificationKey) -> Identity:
        token, pool, keys, token_use, client_id, now = candidate
        (algorithm, kid), claims, signing_input, signature = token
        # The key decides what the signature is; the header only has to agree.
        if key.algorithm != algorithm:
            raise InvalidToken(
                Reason.UNSUPPORTED_ALGORITHM, "The token's algorithm is not that of its key."
            )
        if not key.verify(signing_input, signature):
            raise InvalidToken(Reason.BAD_SIGNATURE, "The token's signature does not match.")
        get = claims.get
        issued_at, signed_in_at = get("iat", 0), get("auth_time", 0)
        if (
            "nbf" in claims
            or type(issued_at) is not int
            or type(signed_in_at) is not int
            or not 0 <= issued_at <= claim.LAST_SECOND
            or not 0 <= signed_in_at <= claim.LAST_SECOND
        ):
            claim.check_other_times(claims, now, pool.leeway)
        if "cnf" in claims:
            claim.check_not_sender_constrained(claims)
        if type(get("jti", "")) is not str or type(get("origin_jti", "")) is not str:
            claim.check_ids(claims)
        if token_use == "access" and ("aud" in claims or pool.resources is not None):
            claim.check_resource(claims, pool.resources)
        subject = get("sub")
        if type(subject) is not str or not subject:
            claim.subject(claims)
        username = get("username" if token_use == "access" else "cognito:username")
        if type(username) is not str or not username:
            username = claim.username(claims, token_use)
        if self._cache is not None:
            claims = self._cache.share_texts(claims)
        identity = Identity(
            claims,
            token_use,
            client_id,
            username,
            claim.groups(claims) if "cognito:groups" in claims else (),
            claim.scopes(claims),
            claim.roles(claims, pool.role_claim, pool.split_roles)
            if pool.role_claim in claims
            else (),
        )
        if pool.checks:
            _ask(pool.checks, identity)
        if self._cache is not None:
            # `nbf` was looked at now, so it holds unless the clock is set back.
            since = now if "nbf" in claims else -inf
            until = claims["exp"] + pool.leeway
            self._cache.add(text, (identity, kid, key, keys, pool, since, until))
        return identity

    def _key_sets(self, pool: UserPool) -> dict[str, KeySet]:
        """A key set for each issuer of a pool."""
        jwks = pool.jwks
        if jwks is not None:
            keys: KeySet
            if isinstance(jwks, str) and "://" in jwks:
                keys = RemoteKeySet(jwks)
            elif isinstance(jwks, str | Mapping):
                keys = StaticKeySet(jwks)
            else:  # `isinstance(jwks, KeySet)` would import `inspect` with every start
                keys = jwks
            if isinstance(keys, RemoteKeySet):
                self._prefetch.append(keys)
            return dict.fromkeys(pool.issuers, keys)
        remote = {
            issuer: RemoteKeySet(f"{issuer}/.well-known/jwks.json") for issuer in pool.issuers
        }
        # Only the first form is fetched ahead: where the second one is in use, the first one's
        # keys serve it until proven otherwise, and where it is not, it would answer 403.
        self._prefetch.append(remote[pool.issuers[0]])
        if len(remote) == 1:
            return dict(remote)
        first, second = remote
        return {
            first: SiblingKeySet(remote[first], remote[second]),
            second: SiblingKeySet(remote[second], remote[first]),
        }


def _ask(checks: Iterable[Check], identity: Identity) -> None:
    """Raises what a check raises, or :class:`InvalidToken` where one does not say yes."""
    for check in checks:
        if not passes(check, identity):
            raise InvalidToken(Reason.CHECK_FAILED, "A check of this API refuses the token.")
