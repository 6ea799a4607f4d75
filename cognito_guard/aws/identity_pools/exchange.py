"""CredentialExchange: ID tokens in exchange for temporary AWS credentials.

Amazon Cognito developer guide, "Identity pools authentication flow". Neither call takes a
signature, so none takes an SDK, whose log at the level DEBUG has tokens and keys in it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from copy import copy
from datetime import UTC, datetime
from functools import partial
from math import ceil
from secrets import token_bytes
from typing import TYPE_CHECKING, Literal, final
from weakref import WeakValueDictionary

from ..._support.arguments import boolean
from ..._support.clock import calendar, steady_clock
from ..._support.fork import forget_after_fork
from ..._support.silence import forget_locals
from ...errors import ConfigurationError, InvalidToken, Reason
from ...network.aside import Crew, NotDone
from ...network.call import FetchFailed
from ...tokens.revoked import RevocationCheck
from ...tokens.user_pool import UserPool, home_of
from ..backoff import Backoff
from .answers import ELSEWHERE
from .callers import Caller, Said, caller_of
from .credentials import AwsCredentials
from .entries import Entry, Flight
from .errors import CredentialsError, CredentialsUnavailable, LoginRefused
from .logins import Logins
from .place import Place
from .provider import provider_of

if TYPE_CHECKING:
    from ...revocation.revocation_list import RevocationList

__all__ = ["CredentialExchange", "HeldCredentials"]

_MAX_ENTRIES = 10_000
_PATIENCE = 26.0  # longer than the three calls of the basic flow take
_THREAD = "cognito_guard.credentials"
_MOST_THREADS = 32

_UNAVAILABLE = "AWS was not asked for credentials, as it has failed just now."
_SIGNED_OUT = "The user has signed out."


@final
class HeldCredentials:
    """Credentials, and whether they may still be used. For adapters. Its ``repr`` shows nothing."""

    __slots__ = ("_check", "_entry", "credentials")

    def __init__(
        self, credentials: AwsCredentials, entry: Entry, check: RevocationCheck | None
    ) -> None:
        self.credentials = credentials
        self._entry = entry
        self._check = check

    @property
    def holder(self) -> tuple[str, str]:
        """Who the credentials belong to: the same value for all tokens of a user of the pool, or of
        an identity."""
        identity = self._entry.identity
        if identity is None:
            return "", self.credentials.identity_id
        return home_of(identity.issuer), identity.subject

    def in_force(self) -> bool:
        """Whether the caller is still signed in, as far as this process knows. Uses the revocation
        list, so it may block, and raises what the list raises."""
        identity = self._entry.identity
        if self._entry.ended:
            return False
        if identity is None or self._check is None:
            return True
        try:
            self._check.ask(identity)
        except InvalidToken:
            return False
        return True


class CredentialExchange:
    """Exchanges ID tokens of a user pool for temporary AWS credentials, through an identity pool.

    ``identity_pool_id``
        ``REGION:ID``. The region says where the identity pool and STS are.
    ``pool``
        The user pool whose ID tokens are exchanged, or ``None`` if no users sign in through one. A
        token of another pool, or of an app client that ``pool`` does not accept, is sent nowhere.
        AWS checks the signature.
    ``account_id``
        The AWS account of the identity pool, for ``GetId``.
    ``flow``
        ``"enhanced"``: the identity pool chooses the role. ``"basic"``: STS gives ``role_arn``, if
        the identity pool allows that flow.
    ``role_arn``
        The role. In the enhanced flow, one of those in the token's ``cognito:roles``.
    ``unauthenticated``
        ``True`` also accepts :meth:`Logins.unauthenticated`: credentials for everybody.
    ``revocations``
        The guard's revocation list, ``guard.revocations``. It is checked on every use.
    ``provider``
        The provider name of the user pool in the identity pool. By default
        ``cognito-idp.REGION.amazonaws.com/ID``, for either issuer of a token.
    ``url``, ``sts_url``
        Other addresses of the identity pool and STS, for emulators and private endpoints.
    ``max_entries``
        The number of callers whose credentials are cached.
    ``clock``
        Returns seconds since 1970.

    Credentials are cached until 15 minutes before their end. The cache key is a keyed digest of
    **everything that was sent**: the groups in a token may decide the role, so a new token brings
    new credentials. However many threads and tasks ask for one caller, AWS is asked once. If AWS
    fails, nobody asks for 1 second at first and up to a minute. Cached credentials are used until
    10 minutes before their end. Each call takes 8 seconds at most.

    Any number of threads, event loops and forked workers may use it. Raises
    :class:`~cognito_guard.ConfigurationError`.
    """

    def __init__(
        self,
        identity_pool_id: str,
        pool: UserPool | None,
        *,
        account_id: str | None = None,
        flow: Literal["enhanced", "basic"] = "enhanced",
        role_arn: str | None = None,
        unauthenticated: bool = False,
        revocations: RevocationList | None = None,
        provider: str | None = None,
        url: str | None = None,
        sts_url: str | None = None,
        max_entries: int = _MAX_ENTRIES,
        clock: Callable[[], float] = calendar,
    ) -> None:
        if pool is not None and not isinstance(pool, UserPool):
            raise ConfigurationError("pool must be a UserPool, or None")
        if type(max_entries) is not int or max_entries < 1:
            raise ConfigurationError("max_entries must be a whole number, and at least 1")
        self._place = Place(identity_pool_id, account_id, flow, role_arn, url, sts_url)
        self._pool = pool
        self._provider = provider_of(pool, provider)
        self._unauthenticated = boolean("unauthenticated", unauthenticated)
        self._check = _check(revocations, pool)
        self._max_entries = max_entries
        self._clock = clock
        self._secret = token_bytes(32)
        self._crew = Crew(_THREAD, _MOST_THREADS)
        # All that anybody has, so that an end is heard of by sessions whose entry was forgotten.
        self._alive: WeakValueDictionary[bytes, Entry] = WeakValueDictionary()
        self._ended: OrderedDict[bytes, Entry] = OrderedDict()
        self._forget_parent()
        forget_after_fork(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} in {self.region}>"

    @property
    def region(self) -> str:
        """The AWS region of the identity pool."""
        return self._place.region

    def now(self) -> datetime:
        """The time by ``clock``, in UTC."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def close(self) -> None:
        """Close the kept connections once no call uses them."""
        self._place.close()

    def credentials(self, identity_token: str | Logins) -> AwsCredentials:
        """Return the credentials of the user with this ID token, or of these :class:`Logins`.
        Blocks only while AWS is asked.

        Raises :class:`~cognito_guard.InvalidToken` for a token that is clearly not an ID token of
        the pool, for an expired one, and (``revoked``) for a user who has signed out. Raises
        :class:`CredentialsError`.
        """
        said = Said(identity_token)
        del identity_token
        return self._hold(said).credentials

    async def acredentials(self, identity_token: str | Logins) -> AwsCredentials:
        """As :meth:`credentials`, for asyncio and trio."""
        said = Said(identity_token)
        del identity_token
        caller = self._caller(said)
        while True:
            entry, flight, leads = self._begin(caller)
            if flight is None:
                break
            if leads:
                await self._ask_aside(caller, entry, flight)
            elif not flight.pending.over and not await flight.pending.wait_async(_PATIENCE):
                raise CredentialsUnavailable(_UNAVAILABLE)
            if not flight.abandoned:
                break
        held = self._held(entry, flight)
        if self._check is not None and entry.identity is not None:
            await self._check.aask(entry.identity)
        return held.credentials

    def hold(self, identity_token: str | Logins) -> HeldCredentials:
        """As :meth:`credentials`, for adapters: with what says whether they may still be used."""
        said = Said(identity_token)
        del identity_token
        return self._hold(said)

    def end(self, identity_token: str | Logins) -> None:
        """Give no more credentials for this token in this process, and let no session use those
        that it has. Call it after a sign-out if you have no revocation list.

        An expired token needs no call. AWS itself accepts credentials until they expire. The last
        ``max_entries`` calls are remembered. Raises :class:`~cognito_guard.InvalidToken` for a
        token that is clearly not an ID token of the pool.
        """
        said = Said(identity_token)
        del identity_token
        try:
            caller = self._caller(said)
        except InvalidToken as error:
            if error.reason is not Reason.TOKEN_EXPIRED:
                raise
            return
        with self._lock:
            entry = self._entry(caller)
            entry.ended = True
            if caller.key is not None:
                _remember(self._ended, caller.key, entry, self._max_entries)

    def _hold(self, said: Said) -> HeldCredentials:
        caller = self._caller(said)
        while True:
            entry, flight, leads = self._begin(caller)
            if flight is None:
                break
            if leads:
                self._ask(caller, entry, flight)
            elif not flight.pending.wait(_PATIENCE):
                raise CredentialsUnavailable(_UNAVAILABLE)
            if not flight.abandoned:
                break
        held = self._held(entry, flight)
        if self._check is not None and entry.identity is not None:
            self._check.ask(entry.identity)
        return held

    def _caller(self, said: Said) -> Caller:
        now = self._clock()
        try:
            caller = caller_of(said, self._pool, self._provider, self._secret, now)
        except BaseException as error:
            forget_locals(error)
            raise
        if not caller.logins.tokens and not self._unauthenticated:
            raise ConfigurationError(
                "unauthenticated identities are for an exchange with unauthenticated=True"
            )
        return caller

    def _begin(self, caller: Caller) -> tuple[Entry, Flight | None, bool]:
        """What is known of a caller; the exchange to wait for, if there is one to wait for; and
        whether it is the caller's own to do."""
        now, steady = self._clock(), steady_clock()
        with self._lock:
            entry = self._entry(caller)
            if entry.ended:
                raise _signed_out()
            if entry.fresh(now) is not None:
                return entry, None, False
            usable = entry.usable(now) is not None
            if entry.flight is not None:
                return entry, None if usable else entry.flight, False
            left = self._backoff.left(steady)
            if left:
                if usable:
                    return entry, None, False
                raise CredentialsUnavailable(_UNAVAILABLE, retry_after=ceil(left))
            self._backoff.began(steady)
            entry.flight = Flight(steady)
            return entry, entry.flight, True

    def _entry(self, caller: Caller) -> Entry:
        """The entry of a caller, a new one if there is none; ``_lock`` is held."""
        key = caller.key
        if key is None:
            return Entry(caller.identity)
        found = self._alive.get(key)
        if found is None:
            found = self._alive[key] = Entry(caller.identity)
        _remember(self._known, key, found, self._max_entries)
        return found

    def _held(self, entry: Entry, flight: Flight | None) -> HeldCredentials:
        with self._lock:
            found = entry.credentials if flight is None else flight.credentials
            if found is not None and not entry.ended:
                return HeldCredentials(found, entry, self._check)
            problem = None if flight is None else flight.problem
        if problem is not None and found is None:
            raise copy(problem)
        raise _signed_out()

    async def _ask_aside(self, caller: Caller, entry: Entry, flight: Flight) -> None:
        try:
            # Goes on if this task is cancelled: others may be waiting for it.
            await self._crew.run(partial(self._ask, caller, entry, flight))
        except NotDone as missed:
            problem = CredentialsUnavailable(f"AWS was not asked for credentials: {missed}.")
            self._end(caller, entry, flight, problem)
        except BaseException:  # cancelled, and it may be that nobody has begun to ask
            self._abandon(caller, entry, flight)
            raise

    def _abandon(self, caller: Caller, entry: Entry, flight: Flight) -> None:
        with self._lock:
            if flight.pending.over or flight.begun:
                return
            flight.abandoned = True
            self._backoff.gave_up(steady_clock())
            entry.flight = None
            self._drop(caller, entry)
        flight.pending.finish()

    def _ask(self, caller: Caller, entry: Entry, flight: Flight) -> None:
        """Do an exchange. Its problem is noted, and not raised: everybody raises one of their own,
        without the frames of this room."""
        with self._lock:
            flight.begun = True
            known = None if entry.credentials is None else entry.credentials.identity_id
        problem: CredentialsError | None = CredentialsUnavailable(_UNAVAILABLE)
        try:
            flight.credentials = self._place.exchange(caller.logins, known)
            problem = None
        except FetchFailed as failed:
            problem = CredentialsUnavailable(f"AWS gave no answer: {failed}.")
        except CredentialsError as error:
            problem = copy(error)
        except BaseException as error:
            forget_locals(error)
            raise
        finally:
            self._end(caller, entry, flight, problem)

    def _end(
        self, caller: Caller, entry: Entry, flight: Flight, problem: CredentialsError | None
    ) -> None:
        now = self._clock()
        with self._lock:
            given = flight.credentials
            life = 0.0 if given is None else given.expires_at.timestamp() - now
            if given is not None and not life > 0:
                flight.credentials = given = None
                problem = CredentialsUnavailable(
                    "AWS gave credentials that are over already, by the clock of this machine."
                )
            self._note(flight, problem)
            entry.flight = None
            if given is not None:
                entry.credentials, entry.life = given, life
            elif isinstance(problem, CredentialsUnavailable):
                # What is held does for a while.
                flight.credentials = entry.usable(now)
                self._drop(caller, entry)
            else:
                # AWS says no now, whatever it said before: sessions are to hear of it.
                entry.credentials = None
                self._drop(caller, entry)
                if isinstance(problem, LoginRefused) and not entry.ended:
                    entry.ended = True
                    self._replace(caller, entry)
            flight.problem = problem
        flight.pending.finish()

    def _note(self, flight: Flight, problem: CredentialsError | None) -> None:
        """Whether AWS fails, for everybody. A provider that fails is the concern of its users."""
        down = problem if isinstance(problem, CredentialsUnavailable) else None
        if down is None or down.code in ELSEWHERE:
            self._backoff.succeeded(flight.asked_at)
        else:
            self._backoff.failed(flight.asked_at, steady_clock(), down.retry_after)

    def _drop(self, caller: Caller, entry: Entry) -> None:
        """Forget an entry that has nothing to remember; ``_lock`` is held."""
        key = caller.key
        if key is None or entry.credentials is not None or entry.ended:
            return
        if self._known.get(key) is entry:
            del self._known[key]

    def _replace(self, caller: Caller, entry: Entry) -> None:
        """Begin anew with a caller whom AWS has refused, and may take again; ``_lock`` is held."""
        key = caller.key
        if key is not None and self._alive.get(key) is entry:
            del self._alive[key]

    def _forget_parent(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[bytes, Entry] = OrderedDict()
        # Who has signed out stays so in a child. Whoever asks does so in the parent alone.
        for entry in [*self._alive.values()]:
            entry.credentials = entry.flight = None
        self._backoff = Backoff(_PATIENCE)


def _remember(entries: OrderedDict[bytes, Entry], key: bytes, entry: Entry, most: int) -> None:
    """As the newest; the oldest is forgotten."""
    entries[key] = entry
    entries.move_to_end(key)
    if len(entries) > most:
        entries.popitem(last=False)


def _signed_out() -> InvalidToken:
    return InvalidToken(Reason.REVOKED, _SIGNED_OUT)


def _check(revocations: RevocationList | None, pool: UserPool | None) -> RevocationCheck | None:
    if revocations is None:
        return None
    asked = all(callable(getattr(revocations, one, None)) for one in ("is_revoked", "ais_revoked"))
    if isinstance(revocations, type) or not asked:
        raise ConfigurationError("revocations must be a RevocationList, such as guard.revocations")
    if pool is None:
        raise ConfigurationError("revocations are about the users of a UserPool, and none is named")
    return RevocationCheck(revocations, {issuer: home_of(issuer) for issuer in pool.issuers})
