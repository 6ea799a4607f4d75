"""TokenVerifier: token text -> Identity. The order of the checks, in one readable list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias, final

from .._support.callables import passes
from .._support.clock import calendar
from .._support.listeners import Listeners
from .._support.silence import forget_locals
from ..errors import ConfigurationError, InvalidToken, Reason
from ..identity import Identity, vouched_for
from ..keys import FileKeySet, KeySet
from ..keys.lookup import afind_key, find_key
from ..keys.signature import VerificationKey
from . import claims as claim
from .cache import Verified
from .parsing import DEFAULT_MAX_BYTES, Header, UnverifiedToken, parse_token
from .user_pool import Check, UserPool

if TYPE_CHECKING:
    from ..keys.health import KeyHealth
    from ..keys.remote import RemoteKeySet
    from ..network.waiting import Pending
    from .cache import VerifiedTokens
    from .revoked import RevocationCheck

__all__ = ["TokenVerifier"]


@final
class _Candidate:
    """A well-formed token, with all that is found out about it on the way. Its ``repr`` is silent,
    so it may be a variable while a user's code runs; no part of it may (``_support.silence``)."""

    __slots__ = ("again", "client_id", "keys", "now", "pool", "text", "token", "token_use")

    pool: UserPool
    keys: KeySet
    token_use: str
    client_id: str
    now: float

    def __init__(self, text: str, token: UnverifiedToken) -> None:
        self.text = text
        self.token = token
        self.again = False  # whether it was verified before, and is to be remembered now


@final
class _Vouched(VerificationKey):
    """In the place of a key where there is no signature, as somebody else has verified it."""

    __slots__ = ()

    algorithm = "vouched"

    def verify(self, signing_input: bytes, signature: bytes) -> bool:
        """There is none."""
        return True


Started: TypeAlias = "_Candidate | Verified"
"""A token that :meth:`TokenVerifier.start` has looked at: it says nothing of what it holds."""


@final
class TokenVerifier:
    """Verifies the tokens of one or more user pools.

    ``max_token_bytes`` bounds the length of a token; ``cache`` is where a guard remembers verified
    ones, of these pools alone; ``revoked`` asks a list of what was revoked; ``listeners`` are told
    of callers who were verified; ``clock`` gives seconds since 1970.
    Raises :class:`ConfigurationError` if two pools share an issuer, or a pool's keys are unusable.
    """

    def __init__(
        self,
        *pools: UserPool,
        max_token_bytes: int = DEFAULT_MAX_BYTES,
        cache: VerifiedTokens[Verified] | None = None,
        revoked: RevocationCheck | None = None,
        listeners: Listeners | None = None,
        clock: Callable[[], float] = calendar,
    ) -> None:
        self._listeners = Listeners() if listeners is None else listeners
        self._max_bytes = max_token_bytes
        self._cache = cache
        nothing: dict[str, Verified] = {}
        self.known = nothing.get if cache is None else cache.get
        """Returns what the cache holds of a token, or ``None``. ``finish`` says whether it is still
        good."""
        self._revoked = revoked
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
        try:
            started = self.start(text)
        finally:
            del text  # before a user's code runs
        return self.finish(started)

    async def averify(self, text: str) -> Identity:
        """As :meth:`verify`, but suspends the task (asyncio or trio) where that one blocks."""
        try:
            started = self.start(text)
        finally:
            del text
        return await self.afinish(started)

    def start(self, text: str) -> Started:
        """The first half of :meth:`verify`, in which no code of a user runs."""
        if type(text) is str and (entry := self.known(text)) is not None:
            return entry
        try:
            return _Candidate(text, parse_token(text, max_bytes=self._max_bytes))
        except BaseException as error:
            del text
            forget_locals(error)
            raise

    def finish(self, started: Started) -> Identity:
        """The second half of :meth:`verify`: all that a user's code has a part in."""
        ready = self._ready(started)
        if type(ready) is Verified:
            if self._revoked is not None:
                self._revoked.ask(ready.identity)
            if ready.pool.asked:
                _ask(ready.pool.asked, ready.identity)
            if self._listeners.all:
                self._listeners.tell_verified(ready.identity, remembered=True)
            return ready.identity
        key = find_key(ready.keys, ready.token.header.kid)
        identity = self._with_the_key(ready, key)
        if self._revoked is not None:
            self._revoked.ask(identity)
        if ready.pool.asked:
            _ask(ready.pool.asked, identity)
        if ready.again:
            self._remember(ready, key, identity)
        if self._listeners.all:
            self._listeners.tell_verified(identity, remembered=False)
        return identity

    async def afinish(self, started: Started) -> Identity:
        """As :meth:`finish`, but suspends the task (asyncio or trio) where that one blocks."""
        ready = self._ready(started)
        if type(ready) is Verified:
            if self._revoked is not None:
                await self._revoked.aask(ready.identity)
            if ready.pool.asked:
                _ask(ready.pool.asked, ready.identity)
            if self._listeners.all:
                self._listeners.tell_verified(ready.identity, remembered=True)
            return ready.identity
        key = await afind_key(ready.keys, ready.token.header.kid)
        identity = self._with_the_key(ready, key)
        if self._revoked is not None:
            await self._revoked.aask(identity)
        if ready.pool.asked:
            _ask(ready.pool.asked, identity)
        if ready.again:
            self._remember(ready, key, identity)
        if self._listeners.all:
            self._listeners.tell_verified(identity, remembered=False)
        return identity

    def vouched(self, claims: dict[str, Any], source: str) -> Identity:
        """Who is calling, by claims that somebody else has verified and vouches for. All that is
        asked of a token is asked of them, but for a signature. ``source``: who that is.

        Raises as :meth:`verify`. May block, where the list of what was revoked does.
        """
        key = _Vouched("", None)
        header = Header(key.algorithm, key.kid)
        candidate = _Candidate("", UnverifiedToken(header, claims, b"", b""))
        del claims  # before a user's code runs, and fails: see `_support.silence`
        try:
            self._before_the_key(candidate, self._clock())
            identity = vouched_for(self._identity(candidate, key), source)
        except BaseException as error:
            forget_locals(error)
            raise
        if self._revoked is not None:
            self._revoked.ask(identity)
        if candidate.pool.asked:
            _ask(candidate.pool.asked, identity)
        if self._listeners.all:
            self._listeners.tell_verified(identity, remembered=False)
        return identity

    def only(
        self, pool: UserPool, *, cache: VerifiedTokens[Verified] | None = None
    ) -> TokenVerifier:
        """A verifier for the tokens of one of the pools, with the same keys. It remembers its own
        tokens, as it must not take another pool's for good."""
        one = TokenVerifier(
            max_token_bytes=self._max_bytes, cache=cache, revoked=self._revoked, clock=self._clock
        )
        one._trusted = {issuer: self._trusted[issuer] for issuer in pool.issuers}
        return one

    def of_client(self, issuer: str, client_id: str) -> TokenVerifier:
        """A verifier for what one app client gets when a user signs in, with the same keys. Nothing
        of the user's is asked, nothing is remembered, and no list of what was revoked is looked at:
        whoever gets an identity here asks the guard about the access token as well.

        Raises :class:`ConfigurationError` if no pool with this issuer is trusted here, or not for
        access tokens of this client.
        """
        if issuer not in self._trusted:
            raise ConfigurationError(f"the guard does not trust the user pool of {issuer}")
        pool = self._trusted[issuer][0]
        accepted = pool.client_ids is None or client_id in pool.client_ids
        if not accepted or "access" not in pool.token_uses:
            raise ConfigurationError(
                "client_id: the guard accepts no access tokens of this app client; name it in "
                "client_ids (COGNITO_CLIENT_IDS), and leave token_use at access or any"
            )
        one = TokenVerifier(max_token_bytes=self._max_bytes, clock=self._clock)
        same = pool.of_client(client_id)
        one._trusted = {each: (same, self._trusted[each][1]) for each in pool.issuers}
        return one

    def observe(self, observers: Listeners) -> None:
        """Tell them whenever keys of these pools are fetched."""
        from ..keys.remote import RemoteKeySet
        from ..keys.saved import SavedKeySet
        from ..keys.sibling import SiblingKeySet

        for _, keys in self._trusted.values():
            if isinstance(keys, RemoteKeySet | SavedKeySet | SiblingKeySet):
                keys.observe(observers)

    def prefetch(self) -> None:
        """Start to fetch keys that are not held yet, in the background. Never blocks or raises."""
        for keys in self._prefetch:
            keys.prefetch()

    def to_await(self) -> dict[str, Callable[[], Pending | None]]:
        """For each pool whose keys are fetched, by its first issuer, what says whether they are
        held: see ``RemoteKeySet.ready``."""
        from ..keys.remote import RemoteKeySet
        from ..keys.sibling import SiblingKeySet

        pools = {pool.issuers[0]: keys for pool, keys in reversed(self._trusted.values())}
        return {
            issuer: keys.ready
            for issuer, keys in pools.items()
            if isinstance(keys, RemoteKeySet | SiblingKeySet)
        }

    def health(self) -> dict[str, KeyHealth]:
        """How the keys of each issuer are doing. Never blocks, never fetches."""
        from ..keys.health import health_of

        return {issuer: health_of(keys) for issuer, (_, keys) in self._trusted.items()}

    def _ready(self, started: Started) -> Started:
        """A token that was verified before and is still good; otherwise, what there is to verify.

        Asked anew is whatever may have changed: the time, and whether the key set still has the
        very key; and by whoever calls this, the list of what was revoked and the pool's own checks.
        Raises as :meth:`verify`.
        """
        if type(started) is Verified:
            cache: Any = self._cache
            if started.since <= self._clock() < started.until:
                try:
                    found = started.keys.key(started.kid)
                except InvalidToken:  # withdrawn
                    cache.forget_key(started.key)
                    raise
                if found is started.key:
                    return started
            cache.forget_token(started.text)
            text = started.text
            started = _Candidate(text, parse_token(text, max_bytes=self._max_bytes))
            del text
        now = self._clock()
        try:
            self._before_the_key(started, now)
        except BaseException as error:
            forget_locals(error)
            raise
        return started

    # Below, what is plainly good is seen at a glance, and the functions of `claims` are asked about
    # all else: a call costs as much as most of these checks, and there are fourteen of them.

    def _before_the_key(self, candidate: _Candidate, now: float) -> None:
        """Everything that can be said without a key, so that junk causes no request."""
        claims = candidate.token.claims
        get = claims.get
        issuer = get("iss")
        trusted = self._trusted.get(issuer) if type(issuer) is str else None
        if trusted is None:
            trusted = self._trusted[claim.check_issuer(claims, self._trusted)]
        pool, keys = trusted
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
        candidate.pool, candidate.keys, candidate.now = pool, keys, now
        candidate.token_use, candidate.client_id = token_use, client_id

    def _with_the_key(self, candidate: _Candidate, key: VerificationKey) -> Identity:
        try:
            return self._identity(candidate, key)
        except BaseException as error:
            forget_locals(error)
            raise

    def _remember(self, candidate: _Candidate, key: VerificationKey, identity: Identity) -> None:
        """Remember a token, with all that is to be asked about it again."""
        kid, claims, pool = candidate.token.header.kid, candidate.token.claims, candidate.pool
        # `nbf` was looked at now, so it holds unless the clock is set back.
        since = candidate.now if "nbf" in claims else -inf
        until = claims["exp"] + pool.leeway
        cache: Any = self._cache
        cache.add(Verified(candidate.text, identity, kid, key, candidate.keys, pool, since, until))

    def _identity(self, candidate: _Candidate, key: VerificationKey) -> Identity:
        """Who signed in, by the signature and the remaining claims."""
        # The key decides what the signature is; the header only has to agree.
        if key.algorithm != candidate.token.header.algorithm:
            raise InvalidToken(
                Reason.UNSUPPORTED_ALGORITHM, "The token's algorithm is not that of its key."
            )
        # The key may be a user's own class, so nothing is taken out of the candidate before. And
        # what it answers may be only taken for a yes, as a coroutine is that nobody awaits.
        if key.verify(candidate.token.signing_input, candidate.token.signature) is not True:
            raise InvalidToken(Reason.BAD_SIGNATURE, "The token's signature does not match.")
        claims, pool, token_use = candidate.token.claims, candidate.pool, candidate.token_use
        get = claims.get
        issued_at, signed_in_at = get("iat", 0), get("auth_time", 0)
        if (
            "nbf" in claims
            or type(issued_at) is not int
            or type(signed_in_at) is not int
            or not 0 <= issued_at <= claim.LAST_SECOND
            or not 0 <= signed_in_at <= claim.LAST_SECOND
        ):
            claim.check_other_times(claims, candidate.now, pool.leeway)
        if "cnf" in claims:
            claim.check_not_sender_constrained(claims)
        if type(get("jti", "")) is not str or type(get("origin_jti", "")) is not str:
            claim.check_ids(claims)
        if "act" in claims:
            claim.check_actor(claims)
        if token_use == "access" and ("aud" in claims or pool.resources is not None):
            claim.check_resource(claims, pool.resources)
        subject = get("sub")
        if type(subject) is not str or not subject:
            claim.subject(claims)
        username = get("username" if token_use == "access" else "cognito:username")
        if type(username) is not str or not username:
            username = claim.username(claims, token_use)
        cache, text = self._cache, candidate.text
        # A class of its own may have a hash and an equality of its own: it is no key. Claims that
        # are vouched for have no text, and nothing of them is remembered.
        if text and cache is not None and type(text) is str and cache.comes_again(text):
            candidate.again = True
            claims = cache.share_texts(claims)
        return Identity(
            claims,
            token_use,
            candidate.client_id,
            username,
            claim.groups(claims) if "cognito:groups" in claims else (),
            claim.scopes(claims),
            claim.roles(claims, pool.role_claim, pool.split_roles)
            if pool.role_claim in claims
            else (),
        )

    def _key_sets(self, pool: UserPool) -> dict[str, KeySet]:
        """A key set for each issuer of a pool."""
        jwks = pool.jwks
        keys: KeySet
        if isinstance(jwks, str) and "://" not in jwks:
            keys = FileKeySet(jwks)
            return dict.fromkeys(pool.issuers, keys)
        if isinstance(jwks, Mapping):
            from ..keys.static import StaticKeySet

            keys = StaticKeySet(jwks)
            return dict.fromkeys(pool.issuers, keys)
        # Loaded where keys may be fetched: those in a file are verified with without these.
        from ..keys.remote import RemoteKeySet
        from ..keys.sibling import SiblingKeySet

        if jwks is not None:
            # Otherwise a KeySet: `isinstance` with a protocol would import `inspect`.
            keys = _remote("jwks", jwks) if isinstance(jwks, str) else jwks
            if isinstance(keys, RemoteKeySet):
                self._prefetch.append(keys)
            return dict.fromkeys(pool.issuers, keys)
        remote = {
            # OpenID Connect Discovery, section 4: "removing any terminating /".
            issuer: _remote("issuer", f"{issuer.removesuffix('/')}/.well-known/jwks.json")
            for issuer in pool.issuers
        }
        # Of the two forms only the first is fetched ahead: where the second one is in use, the
        # first one's keys serve it until proven otherwise, and where it is not, it would answer
        # 403. Whether the regions of one pool share their keys is not documented.
        self._prefetch += [remote[issuer] for issuer in (pool.issuers[0], *pool.issuers[2:])]
        if len(remote) == 1:
            return dict(remote)
        first, second, *_ = remote
        return {
            **remote,
            first: SiblingKeySet(remote[first], remote[second]),
            second: SiblingKeySet(remote[second], remote[first]),
        }


def _ask(checks: Iterable[Check], identity: Identity) -> None:
    """Raises what a check raises, or :class:`InvalidToken` where one does not say yes."""
    for check in checks:
        if not passes(check, identity):
            raise InvalidToken(Reason.CHECK_FAILED, "A check of this API refuses the token.")


def _remote(argument: str, url: str) -> RemoteKeySet:
    """Keys to fetch. ``argument``: the one that is wrong if they must not be fetched from there."""
    from ..keys.remote import RemoteKeySet

    try:
        return RemoteKeySet(url)
    except ConfigurationError as error:
        what_else = "; to read keys from a file, set jwks=" if argument == "issuer" else ""
        raise ConfigurationError(f"{argument}: {error}{what_else}") from None
