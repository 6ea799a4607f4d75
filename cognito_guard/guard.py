"""Guard: the one place where trust, carriers and policy meet. All that an adapter needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, final

from ._support.arguments import boolean
from ._support.clock import calendar
from ._support.listeners import Listeners
from ._support.log import WARNING, Log
from ._support.setting_names import DEFAULT_PREFIX, FAMILIAR_NAMES, SETTING_NAMES
from ._support.silence import Unsaid, forget_locals, silent, unsaid
from .errors import (
    AuthError,
    ConfigurationError,
    InvalidToken,
    KeysUnavailable,
    MissingCredentials,
    Reason,
)
from .http.carriers import (
    AuthorizationHeader,
    Carrier,
    Credential,
    Forwarded,
    Header,
    HeaderItems,
    HeaderValues,
    LoadBalancerHeaders,
    check_carriers,
    find_credential,
    values_of,
    vary,
)
from .http.challenge import Challenge, challenge, check_docs_url, check_realm
from .identity import Identity
from .keys.health import KeyHealth, worst_by_name
from .keys.lookup import aawait_keys, await_keys, end_of
from .tokens.cache import DEFAULT_BYTES, DEFAULT_ENTRIES, Verified, VerifiedTokens
from .tokens.parsing import DEFAULT_MAX_BYTES
from .tokens.user_pool import UserPool, homes_of
from .tokens.verifier import TokenVerifier

# Loaded where a guard is made that needs them: a process that verifies tokens of a user pool starts
# without. Never by a request, which is answered also where no file can be opened any more.
if TYPE_CHECKING:
    from .events import Listener
    from .explain import Explanation
    from .http.resource import MetadataAnswer, ResourceMetadata
    from .load_balancers.load_balancer import LoadBalancer
    from .load_balancers.verifier import LoadBalancerVerifier
    from .network.waiting import Pending
    from .policy import PolicyLike
    from .revocation import RevocationHealth, RevocationList
    from .revocation.signing_out import SignOuts
    from .tokens.revoked import RevocationCheck

__all__ = ["Guard"]


_BEARER: tuple[Carrier, ...] = (AuthorizationHeader(),)

# A client that is told of no scope asks for none, and Cognito answers that with `invalid_grant`.
_DEFAULT_SCOPES = ("openid",)


@final
class Guard:
    r"""Decides who is calling, from the user pools and load balancers that it trusts.

    ``trusted``
        One or more :class:`UserPool` or :class:`LoadBalancer`. A token is verified for the pool
        whose issuer it names, the headers of a load balancer for the one that signed them. If a
        request carries both, the kind that comes first here decides who is calling. The other one
        must be valid as well, and be for the same user.
    ``carriers``
        Where a request carries its token (default: the ``Authorization`` header). A request that
        carries a token in two of them is refused (RFC 6750, section 2).
    ``realm``
        The ``realm`` of the challenges (RFC 9110, section 11.5): printable ASCII without ``"`` and
        ``\``.
    ``docs_url``
        The address of a page that has a section for each reason, such as a copy of this library's
        page about errors. The body of a refusal then has a ``type`` (RFC 9457, section 3.1.1): that
        address, ``#`` and the reason. The default is no ``type``.
    ``max_token_bytes``
        The longest token that is read, in bytes (default: 16 KiB).
    ``cache_entries``, ``cache_bytes``
        How many verified tokens are cached, and about how many bytes of memory they may take
        (default: 10,000 and 32 MiB). 0 turns the cache off. A token is cached when it comes the
        second time. The data of load balancers has its own cache with the same limits.
    ``unsafe_allow_mixed_identities``
        ``True`` accepts a request whose token is for a different caller than the load balancer's
        data. An attacker who can plant one of the two can then act next to the other's session.
    ``revocations``
        A :class:`~cognito_guard.revocation.RevocationList`. On every request the guard checks
        whether the caller was signed out.
    ``resource``
        The URL of this API, such as ``https://api.example.com``. Then its protected resource
        metadata (RFC 9728) is served at ``/.well-known/oauth-protected-resource`` followed by the
        URL's path, and every challenge names that address. It does not check tokens:
        ``UserPool(resources=[...])`` sets what a token must be bound to.
    ``resource_scopes``
        The scopes that clients are told to request (default: ``openid``). The app client must be
        allowed each of them.
    ``clock``
        Seconds since 1970.

    One guard works in any number of threads, event loops and forked workers. Raises
    :class:`ConfigurationError`.
    """

    setting_names: ClassVar[tuple[str, ...]] = SETTING_NAMES
    """The settings that :meth:`from_env` and :meth:`from_mapping` know, without a prefix. For an
    adapter whose framework has its own settings next to them."""

    familiar_names: ClassVar[Mapping[str, str]] = FAMILIAR_NAMES
    """Settings of other Cognito libraries that this one does not have, without a prefix, with the
    advice for each. ``{prefix}`` stands for the prefix."""

    def __init__(
        self,
        *trusted: UserPool | LoadBalancer,
        carriers: Iterable[Carrier] = _BEARER,
        realm: str | None = None,
        docs_url: str | None = None,
        max_token_bytes: int = DEFAULT_MAX_BYTES,
        cache_entries: int = DEFAULT_ENTRIES,
        cache_bytes: int = DEFAULT_BYTES,
        unsafe_allow_mixed_identities: bool = False,
        revocations: RevocationList | None = None,
        resource: str | None = None,
        resource_scopes: Iterable[str] = _DEFAULT_SCOPES,
        clock: Callable[[], float] = calendar,
    ) -> None:
        pools = [one for one in trusted if isinstance(one, UserPool)]
        load_balancers = _load_balancers(trusted)
        self._pools = tuple(pools)
        bearers = check_carriers(carriers)
        if not pools and carriers is not _BEARER:
            raise ConfigurationError("carriers find the tokens of user pools; name one as well")
        self._mixed = boolean("unsafe_allow_mixed_identities", unsafe_allow_mixed_identities)
        if self._mixed and not (pools and load_balancers):
            raise ConfigurationError(
                "unsafe_allow_mixed_identities is for a guard that trusts a UserPool and a "
                "LoadBalancer; leave it out"
            )
        self.realm = realm
        self.docs_url = docs_url
        """The page that the ``type`` of a refusal names, if there is one."""
        if realm is not None:
            check_realm(realm)
        if docs_url is not None:
            check_docs_url(docs_url)
        self._metadata: ResourceMetadata | None = None
        if resource is not None:
            from .http.resource import metadata_of

            self._metadata = metadata_of(resource, resource_scopes, pools, bearers)
        elif resource_scopes is not _DEFAULT_SCOPES:
            raise ConfigurationError("resource_scopes needs resource; say resource as well")
        if type(max_token_bytes) is not int or max_token_bytes <= 0:
            raise ConfigurationError("max_token_bytes must be a whole number of bytes")
        self._max_token_bytes = max_token_bytes
        self._carriers: dict[type, tuple[Carrier, ...]] = {
            kind: bearers if kind is UserPool else (LoadBalancerHeaders(),)
            for kind in map(type, trusted)
        }
        # Where nothing else is looked at, a token that was verified before is found at a glance.
        self._only_bearer = not load_balancers and [*map(type, bearers)] == [AuthorizationHeader]
        wanted = " and no ".join(_wanted(*each) for each in self._carriers.items())
        self._missing = f"The request carries no {wanted}."
        # A load balancer's headers are not there yet where a cache would look at them.
        self.vary = vary(bearers)
        """The names of the headers that an answer may depend on, for ``Vary``."""
        behind = [one.user_pool or one for one in load_balancers]
        self._homes = homes_of(issuer for one in (*pools, *behind) for issuer in one.issuers)
        self._revocations = revocations
        self._log = Log()
        self.listeners = Listeners(self._log)
        """The listeners of this guard. For the layers above; see :meth:`add_listener`."""
        revoked: RevocationCheck | None = None
        self._sign_outs: SignOuts | None = None
        if revocations is not None:
            from .revocation.signing_out import SignOuts
            from .tokens.revoked import RevocationCheck, check_list

            revoked = RevocationCheck(check_list(revocations), self._homes, self.listeners)
            self._sign_outs = SignOuts(revocations, self._homes, clock, self._log)
        limits: dict[str, Any] = {
            "max_token_bytes": max_token_bytes,
            "revoked": revoked,
            "clock": clock,
        }

        def cache() -> VerifiedTokens[Any] | None:
            remembered: VerifiedTokens[Any] = VerifiedTokens(cache_entries, cache_bytes)
            return remembered if remembered.enabled else None

        self._tokens = TokenVerifier(*pools, cache=cache(), listeners=self.listeners, **limits)
        self._all_tokens = [self._tokens]

        def access_tokens(pool: UserPool) -> TokenVerifier:
            if pool in pools:
                return self._tokens.only(pool, cache=cache())
            tokens = TokenVerifier(pool, cache=cache(), **limits)
            self._all_tokens.append(tokens)
            return tokens

        self._load_balancers: LoadBalancerVerifier | None = None
        if load_balancers:
            from .load_balancers.verifier import LoadBalancerVerifier

            self._load_balancers = LoadBalancerVerifier(
                *load_balancers,
                access_tokens=access_tokens,
                cache=cache(),
                listeners=self.listeners,
                **limits,
            )

    @property
    def user_pools(self) -> tuple[UserPool, ...]:
        """The user pools whose tokens this guard accepts."""
        return self._pools

    @property
    def carriers(self) -> tuple[Carrier, ...]:
        """The carriers that this guard reads. It reads the headers of a load balancer only if it
        trusts one. Without a user pool, it reads nothing else."""
        return tuple(carrier for each in self._carriers.values() for carrier in each)

    @property
    def resource(self) -> str | None:
        """The URL of this API, or ``None``."""
        return None if self._metadata is None else self._metadata.resource

    @property
    def metadata_url(self) -> str | None:
        """The URL of the protected resource metadata, or ``None``."""
        return None if self._metadata is None else self._metadata.url

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *, prefix: str = DEFAULT_PREFIX
    ) -> Guard:
        """A guard from environment variables: ``COGNITO_USER_POOL_ID``, ``COGNITO_CLIENT_IDS`` ...

        Raises :class:`ConfigurationError`, with a suggestion for a misspelt name.
        """
        from .config import values_from_text

        environ = os.environ if environ is None else environ
        return cls.from_mapping(values_from_text(environ, prefix), prefix=prefix)

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any], *, prefix: str = DEFAULT_PREFIX) -> Guard:
        """A guard from settings with typed values. Names without ``prefix`` are ignored.

        Raises :class:`ConfigurationError`, with a suggestion for a misspelt name.
        """
        from .config import blamed_on_guard, guard_arguments

        trusted, keywords = guard_arguments(settings, prefix)
        with blamed_on_guard(settings, prefix):
            return cls(*trusted, **keywords)

    def verify(self, token: str) -> Identity:
        """Verify a token and return its caller. Blocks only while a missing key is fetched.

        Raises :class:`InvalidToken`, or :class:`KeysUnavailable`.
        """
        try:
            started = self._tokens.start(token)
        finally:
            del token  # before a user's code runs, and fails: see `_support.silence`
        try:
            return self._tokens.finish(started)
        except MissingCredentials:
            raise _there_all_the_same() from None

    async def averify(self, token: str) -> Identity:
        """As :meth:`verify`, for asyncio and trio."""
        try:
            started = self._tokens.start(token)
        finally:
            del token
        try:
            return await self._tokens.afinish(started)
        except MissingCredentials:
            raise _there_all_the_same() from None

    def trust_claims(self, claims: Mapping[str, Any]) -> Identity:
        """The caller, from claims that an authorizer in front of this code has verified. Requests
        must not be able to bypass that authorizer. **No signature is verified.**

        ``claims`` are those of a token, with their own types. All other checks of this guard run:
        the issuer, the client, ``token_use``, the times, the revocation list, which may block, and
        your own checks. ``identity.source`` is ``"authorizer"``.

        Raises :class:`InvalidToken`, or :class:`RevocationsUnavailable`.
        """
        if not isinstance(claims, Mapping):
            kind = type(claims).__name__
            del claims
            raise TypeError(f"trust_claims takes a mapping of claims, not {kind}")
        vouched = Unsaid(dict(claims).copy)
        del claims  # before a user's code runs, and fails: see `_support.silence`
        try:
            return self._tokens.vouched(vouched(), "authorizer")
        except MissingCredentials:
            raise _there_all_the_same() from None

    def explain(self, token: str, *, policy: PolicyLike | None = None) -> Explanation:
        """Every check that :meth:`verify` makes of a token, with what it expects and what it found,
        and the checks of a ``policy``. The verdict is that of :meth:`verify` and then of the
        policy.

        **It shows claims**: do not put it into a response or a log. It continues after the first
        check that fails, and may fetch keys for that. Your own checks, the revocation list and your
        policy's functions run only if all other checks pass. It may block: in a task, use
        ``asyncio.to_thread``.

        A refusal is not raised; see :class:`~cognito_guard.explain.Explanation`.
        """
        from .explain.requests import explained_token
        from .explain.text import Text

        text = Text(token)
        del token  # before a user's code runs
        return explained_token(self, text, policy)

    def explain_request(
        self,
        headers: HeaderValues | HeaderItems,
        *,
        policy: PolicyLike | None = None,
    ) -> Explanation:
        """As :meth:`explain`, for a request: what it carries, and every check that
        :meth:`authenticate` makes of that.

        ``headers``: as for :meth:`authenticate`, or what has ``items()``: the headers of your
        framework, or a mapping from names, in any case, to a value, a list of values or ``None``.
        """
        from .explain.requests import by_name, explained_request

        values = by_name(headers)
        del headers
        return explained_request(self, values, policy)

    def find_credential(self, headers: HeaderValues) -> Credential | None:
        """The credential of a request, unverified; ``None`` if there is none.

        Raises :class:`InvalidRequest`.
        """
        headers = silent(headers)
        found = self._look_up(headers)
        if type(found) is Verified:
            return Credential(found.text, self._carriers[UserPool][0])
        return found

    def verify_credential(self, credential: Credential) -> Identity:
        """Verify a credential and return its caller. Blocks only while a missing key is fetched.

        Raises :class:`InvalidToken`, or :class:`KeysUnavailable`.
        """
        if not isinstance(credential, Credential):
            kind = type(credential).__name__
            del credential  # a token: variables are shown with what is raised
            raise TypeError(f"a Credential is verified here, not {kind}; a token with verify")
        try:
            identity: Identity = self._verifier(credential.value).verify(credential.value)
        except InvalidToken as error:
            _note_cookie(error, credential)
            raise
        except MissingCredentials:
            refusal = _there_all_the_same()
            _note_cookie(refusal, credential)
            raise refusal from None
        for other in credential.others:
            self._check_same_caller(identity, self.verify_credential(other))
        return identity

    async def averify_credential(self, credential: Credential) -> Identity:
        """As :meth:`verify_credential`, for asyncio and trio."""
        if not isinstance(credential, Credential):
            kind = type(credential).__name__
            del credential
            raise TypeError(f"a Credential is verified here, not {kind}; a token with averify")
        try:
            identity: Identity = await self._verifier(credential.value).averify(credential.value)
        except InvalidToken as error:
            _note_cookie(error, credential)
            raise
        except MissingCredentials:
            refusal = _there_all_the_same()
            _note_cookie(refusal, credential)
            raise refusal from None
        for other in credential.others:
            self._check_same_caller(identity, await self.averify_credential(other))
        return identity

    def authenticate(self, headers: HeaderValues) -> Identity:
        """Verify a request and return its caller. ``headers`` returns all raw values of a header by
        its lower-case name.

        Raises :class:`MissingCredentials` if the request carries no credential, and only then;
        :class:`InvalidRequest`, :class:`InvalidToken`, :class:`KeysUnavailable`.
        """
        headers = silent(headers)
        found = self._look_up(headers)
        if found is None:
            raise self.missing_credentials()
        if type(found) is not Verified:
            return self.verify_credential(found)
        try:
            return self._tokens.finish(found)
        except InvalidToken as error:
            error.set_cookie = None  # as `_note_cookie` does: what is in this header is no cookie
            raise
        except MissingCredentials:
            raise _there_all_the_same() from None

    async def aauthenticate(self, headers: HeaderValues) -> Identity:
        """As :meth:`authenticate`, for asyncio and trio."""
        headers = silent(headers)
        found = self._look_up(headers)
        if found is None:
            raise self.missing_credentials()
        if type(found) is not Verified:
            return await self.averify_credential(found)
        try:
            return await self._tokens.afinish(found)
        except InvalidToken as error:
            error.set_cookie = None
            raise
        except MissingCredentials:
            raise _there_all_the_same() from None

    @property
    def revocations(self) -> RevocationList | None:
        """The revocation list, or ``None``."""
        return self._revocations

    def home_issuer(self, identity: Identity) -> str:
        """The issuer to store a caller under: the original form in the pool's own region, whichever
        of the pool's issuers the token names. So a pool keeps its users when it changes to the
        updated form or is replicated. An issuer that is not at AWS is returned unchanged."""
        issuer: object = getattr(identity, "issuer", None)
        if not isinstance(issuer, str):
            kind = type(identity).__name__
            del identity
            raise TypeError(f"home_issuer takes an Identity, not {kind}")
        return self._homes[issuer]

    def tokens_of_client(self, issuer: str, client_id: str) -> TokenVerifier:
        """A verifier for the tokens that an app client gets at sign-in, with this guard's keys.
        ``issuer``: the pool's first issuer.

        Raises :class:`ConfigurationError` if this guard would not accept the access tokens.
        """
        return self._tokens.of_client(issuer, client_id)

    def sign_out(self, identity: Identity, *, everywhere: bool = False) -> None:
        """Revoke the tokens of a caller: all tokens of the sign-in (``origin_jti``), including
        those of later refreshes, or the one token of a machine (``jti``). May block.

        ``everywhere``: revoke all sign-ins of the user up to this second. It does not end login
        sessions and does not call Cognito: see the page about revocation.

        Raises :class:`RevocationsUnavailable` if the entry was not written, or if that is unknown.
        Raises :class:`ConfigurationError` for a guard without ``revocations``, and for a caller who
        can only be signed out everywhere.
        """
        who = unsaid(identity)
        del identity  # it may be a token by mistake, and this frame be shown
        sign_outs = self._require_sign_outs()
        sign_outs.write(sign_outs.of_caller(who, everywhere))

    async def asign_out(self, identity: Identity, *, everywhere: bool = False) -> None:
        """As :meth:`sign_out`, under asyncio and trio."""
        who = unsaid(identity)
        del identity
        sign_outs = self._require_sign_outs()
        await sign_outs.awrite(sign_outs.of_caller(who, everywhere))

    def sign_out_user(self, subject: str, *, issuer: str | None = None) -> None:
        """As :meth:`sign_out` with ``everywhere``, for the user with this ``sub``. The time is that
        of this host's clock: if the clock is slow, sign-ins of the last seconds are not revoked.

        ``issuer``: an issuer of the user's pool. You may omit it if the guard trusts only one pool.
        """
        who = unsaid(subject)
        del subject  # the list may fail, and this frame be shown
        sign_outs = self._require_sign_outs()
        sign_outs.write(sign_outs.of_subject(who, issuer))

    async def asign_out_user(self, subject: str, *, issuer: str | None = None) -> None:
        """As :meth:`sign_out_user`, under asyncio and trio."""
        who = unsaid(subject)
        del subject
        sign_outs = self._require_sign_outs()
        await sign_outs.awrite(sign_outs.of_subject(who, issuer))

    def missing_credentials(self) -> MissingCredentials:
        """The error to raise for a request without a credential."""
        return MissingCredentials(Reason.MISSING_CREDENTIALS, self._missing)

    def warn(self, reason: str, message: str, *values: object, source: str | None = None) -> None:
        """Write a warning to the log, for adapters, with the attributes and the rate limit of all
        records. ``reason`` and ``source`` must come from a bounded set, and none of ``values`` may
        come from a token."""
        self._log.say(WARNING, reason, message, *values, source=source)

    def add_listener(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with each event of ``cognito_guard.events`` from now on. Returns a
        function that removes it.

        It is called in the thread or task in which the event happens, before the request continues:
        it must be quick, must not block, and must be thread-safe. If it raises an error, the error
        is logged and nothing else changes.

        Raises :class:`ConfigurationError` if it is not a plain callable.
        """
        from . import events  # noqa: F401  # so that no request has to load it

        remove = self.listeners.add(listener)
        for tokens in self._all_tokens:
            tokens.observe(self.listeners)
        if self._load_balancers is not None:
            self._load_balancers.observe(self.listeners)
        return remove

    def challenge(
        self,
        error: AuthError | KeysUnavailable,
        *,
        method: str | None = None,
        path: str | None = None,
    ) -> Challenge:
        """The HTTP response to a request that failed with ``error``. The refusal is logged.

        ``method``, ``path``: those of the request, for the log, unchanged and without the query. In
        the log they are shortened and escaped, and parts that may be a token are hidden.
        """
        if not isinstance(error, AuthError | KeysUnavailable):
            kind = type(error).__name__
            del error
            raise TypeError(f"challenge takes an AuthError or KeysUnavailable, not {kind}")
        answer = challenge(
            error,
            realm=self.realm,
            vary=", ".join(self.vary),
            metadata_url=self.metadata_url,
            docs_url=self.docs_url,
        )
        self._log.refused(answer.status, error.reason, method, path)
        if self.listeners.all:
            self.tell_refused(error.reason, answer.status)
        return answer

    def tell_refused(self, reason: str, status: int) -> None:
        """Tell the listeners of a refusal that is answered without :meth:`challenge`, such as with
        the error page of a sign-in. For adapters; it writes no log record."""
        if self.listeners.all:
            from .events import RequestRefused

            self.listeners.tell(RequestRefused(str(reason), status))

    def answer_metadata(self, method: str, path: str) -> MetadataAnswer | None:
        """The response to a request for the protected resource metadata (RFC 9728), which is
        public; ``None`` for any other request. An adapter calls it before it looks for a
        credential.

        ``path``: as the app sees it, decoded, and without the prefix that the app is mounted at."""
        metadata = self._metadata
        if metadata is None or path != metadata.path:
            return None
        return metadata.answer(method)

    def prefetch(self, *, wait: float | None = None) -> None:
        """Fetch keys in advance, at start-up. Without ``wait`` this runs in the background: it
        neither blocks nor raises (under uWSGI it may block, see the page about operations).

        ``wait``: the longest time to wait for the keys of every user pool, in seconds. Failed
        attempts are repeated meanwhile. Raises :class:`KeysUnavailable`, whose ``detail`` names the
        issuers without keys and why; :class:`ConfigurationError` if ``wait`` is not a number. A
        load balancer's keys are fetched when data first names them.
        """
        ends_at = None if wait is None else end_of(wait)
        for tokens in self._all_tokens:
            tokens.prefetch()
        if ends_at is not None:
            without = [name for name, ready in self._awaited() if not await_keys(ready, ends_at)]
            self._require_keys(without)

    async def aprefetch(self, *, wait: float) -> None:
        """As :meth:`prefetch` with ``wait``, but suspends the task, under asyncio and trio."""
        ends_at = end_of(wait)
        for tokens in self._all_tokens:
            tokens.prefetch()
        without = []
        for issuer, ready in self._awaited():
            if not await aawait_keys(ready, ends_at):
                without.append(issuer)
        self._require_keys(without)

    def health(self) -> dict[str, KeyHealth | RevocationHealth]:
        """The state of the keys of each issuer and of each load balancer's ARN. If one has several
        key sets, the worst is reported. With a revocation list, its state is under the name
        ``"revocations"``. Never blocks, never fetches."""
        told: dict[str, KeyHealth | RevocationHealth] = {**self._key_health()}
        if self._revocations is not None:
            from .revocation.health import health_of

            told["revocations"] = health_of(self._revocations)
        return told

    def _key_health(self) -> dict[str, KeyHealth]:
        told = [] if self._load_balancers is None else [*self._load_balancers.health().items()]
        for tokens in self._all_tokens:
            told += tokens.health().items()
        return worst_by_name(told)

    def _require_sign_outs(self) -> SignOuts:
        if self._sign_outs is None:
            raise ConfigurationError("nobody can be signed out by a guard without revocations=")
        return self._sign_outs

    def _awaited(self) -> list[tuple[str, Callable[[], Pending | None]]]:
        return [one for tokens in self._all_tokens for one in tokens.to_await().items()]

    def _require_keys(self, without: Iterable[str]) -> None:
        told = self._key_health()
        problems = [
            f"{issuer} ({told[issuer].last_error or 'no answer yet'})"
            for issuer in dict.fromkeys(without)
        ]
        if problems:
            raise KeysUnavailable(detail=f"No keys could be had of {', '.join(problems)}.")

    def _verifier(self, value: str | Forwarded) -> Any:
        """What verifies a value of this kind."""
        if not isinstance(value, Forwarded):
            return self._tokens
        if self._load_balancers is None:  # a carrier of the user's has made it
            from .load_balancers.verifier import LoadBalancerVerifier

            self._load_balancers = LoadBalancerVerifier(
                access_tokens=self._tokens.only, max_token_bytes=self._max_token_bytes
            )
        return self._load_balancers

    def _check_same_caller(self, identity: Identity, other: Identity) -> None:
        """That a token and a load balancer's data speak for one user of one pool."""
        same = identity.subject == other.subject and (
            self.home_issuer(identity) == self.home_issuer(other)
        )
        if not same and not self._mixed:
            raise InvalidToken(
                Reason.IDENTITY_MISMATCH,
                "The bearer token speaks for another caller than the load balancer's data.",
            )

    def _look_up(self, headers: HeaderValues) -> Verified | Credential | None:
        """As :meth:`find_credential`; or the entry of a token that was verified before."""
        try:
            return self._in_bearer(headers) if self._only_bearer else self._in_any(headers)
        except BaseException as error:  # its frames have what was found; this one has nothing
            forget_locals(error)
            raise

    def _in_bearer(self, headers: HeaderValues) -> Verified | Credential | None:
        try:
            values = values_of(headers, "authorization")
        except MissingCredentials:
            return None
        known = self._tokens.known(AuthorizationHeader.glance(values))
        if known is not None:
            return known
        token = AuthorizationHeader.examine(values)
        return None if token is None else Credential(token, self._carriers[UserPool][0])

    def _in_any(self, headers: HeaderValues) -> Credential | None:
        found: Credential | None = None
        for carriers in self._carriers.values():
            one = find_credential(carriers, headers)
            if found is None:
                found = one
            elif one is not None:
                found = Credential(found.value, found.carrier, (one,))
        return found


def _there_all_the_same() -> InvalidToken:
    """The refusal of a credential that other code, such as a key set, took for missing. Adapters
    let the sender of none pass as nobody, and here is one, which nobody has found good."""
    return InvalidToken(Reason.CHECK_FAILED, "Code of this API takes the credential for missing.")


def _note_cookie(error: InvalidToken, credential: Credential) -> None:
    """Note what makes a browser drop the credential, if it keeps it in a cookie."""
    # Set always: a check of the user's may raise one error for all requests.
    error.set_cookie = getattr(credential.carrier, "deletion", None)


def _wanted(kind: type, carriers: tuple[Carrier, ...]) -> str:
    """What a request without a credential lacks, in words."""
    if kind is not UserPool:
        return "x-amzn-oidc-data header"
    only = carriers[0] if len(carriers) == 1 else None
    return f"{only.name} header" if isinstance(only, Header) else "bearer token"


def _load_balancers(trusted: Iterable[object]) -> list[LoadBalancer]:
    """Those of what is trusted that are no user pools. Raises :class:`ConfigurationError`."""
    others = [one for one in trusted if not isinstance(one, UserPool)]
    if trusted and not others:
        return []
    from .load_balancers.load_balancer import LoadBalancer

    found = [one for one in others if isinstance(one, LoadBalancer)]
    if not found or len(found) < len(others):
        raise ConfigurationError(
            "a Guard needs one UserPool or LoadBalancer, or more, each as an argument"
        )
    return found
