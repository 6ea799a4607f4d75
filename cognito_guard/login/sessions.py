"""LoginSessions: who is signed in, in which browser. All that an adapter needs for sign-in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, ClassVar, final

from .._support.clock import calendar, steady_clock
from .._support.log import INFO, Log
from ..config import DEFAULT_PREFIX, LOGIN_SETTING_NAMES, values_from_text
from ..errors import ConfigurationError
from ..guard import Guard
from ..http.carriers import HeaderValues
from ..identity import Identity
from ..network.aside import finish_whole
from ..network.post import POST_SECONDS
from ..network.waiting import Pending
from . import forgery
from .attempts import Attempts
from .backoff import Backoff
from .cookies import LoginCookie, checked_name
from .drivers import Driver
from .errors import LoginFailed
from .held import Shelf
from .managed_login import ManagedLogin
from .outage import Outage
from .outcomes import Ended, LoginSession, SignedIn, Started
from .owner import hand_over
from .reasons import LoginReason
from .records import Records
from .refreshing import Refreshing
from .sealing import Sealer
from .secrecy import Secret, Secretive
from .settings import blamed_on_settings, login_arguments
from .signing_in import Arrival, SigningIn
from .staying import SigningOut, Staying
from .step_up import StepUp
from .store import AnyStore

__all__ = ["LoginSessions"]

_HOUR, _DAY = 3600.0, 86400.0
_SETTLE_SECONDS = POST_SECONDS + 2.0
_LONGEST = 400 * _DAY  # RFC 6265bis, section 5.5: a browser keeps no cookie for longer


@final
class LoginSessions(Secretive):
    """Signs users in and out, and says who is signed in.

    ``login``, ``guard``
        The sign-in pages, and the guard that verifies tokens. The guard must accept the access
        tokens of the login's app client.
    ``store``
        A :class:`SessionStore` or an :class:`AsyncSessionStore`. With the latter, only the awaited
        methods work.
    ``secrets``
        The secrets that seal sessions, of at least 32 random characters each. The first one seals,
        all of them open. To change the secret, add the new one at the end in every worker, then
        move it to the front, and remove the old one after ``absolute_seconds``.
    ``idle_seconds``, ``absolute_seconds``
        A session ends this long after its last request, or up to a tenth earlier, as not every
        request is written down; and this long after the sign-in.
    ``refresh_ahead_seconds``
        How long before its end an access token is refreshed, but never before half of its life.
    ``attempt_seconds``
        How long a sign-in may take.
    ``cookie_name``
        The first part of the names of the two cookies. Browsers separate the cookies of sites on
        one host by name only, not by port or path.
    ``clock``
        Returns seconds since 1970.

    One object serves any number of threads and event loops, and forked workers if the store does.
    Raises :class:`~cognito_guard.ConfigurationError`.
    """

    setting_names: ClassVar[tuple[str, ...]] = LOGIN_SETTING_NAMES
    """The setting names of :meth:`from_env` and :meth:`from_mapping`, without a prefix."""

    __slots__ = (
        *("_binding_cookie", "_driver", "_log", "_session_cookie", "_signing_in", "_signing_out"),
        *("_staying", "guard", "login"),
    )

    def __init__(
        self,
        login: ManagedLogin,
        guard: Guard,
        *,
        store: AnyStore,
        secrets: Iterable[str | bytes],
        idle_seconds: float = 8 * _HOUR,
        absolute_seconds: float = 7 * _DAY,
        refresh_ahead_seconds: float = 120.0,
        attempt_seconds: float = 600.0,
        cookie_name: str = "cognito",
        clock: Callable[[], float] = calendar,
    ) -> None:
        if not isinstance(login, ManagedLogin) or not isinstance(guard, Guard):
            raise ConfigurationError("login must be a ManagedLogin, and guard a Guard")
        absolute = _seconds("absolute_seconds", absolute_seconds, 60.0)
        idle = _seconds("idle_seconds", idle_seconds, 60.0)
        if idle > absolute:
            raise ConfigurationError("idle_seconds must not be more than absolute_seconds")
        ahead = _seconds("refresh_ahead_seconds", refresh_ahead_seconds, 0.0)
        attempt = _seconds("attempt_seconds", attempt_seconds, 60.0)
        self.login = login
        self.guard = guard
        # What reports errors, as Django's mails to admins, hides what has TOKEN in its name.
        name = checked_name(cookie_name)
        self._session_cookie = LoginCookie(f"{name}_session_token", secure=login.secure)
        self._binding_cookie = LoginCookie(f"{name}_login_token", secure=login.secure)
        self._log = log = Log()
        self._driver = Driver(store, pause=_pause, log=log)
        client_tokens = guard.tokens_of_client(login.pool.issuers[0], login.client_id)
        sealer = Sealer(secrets, f"{login.pool.issuers[0]} {login.client_id}")
        records = Records(sealer, clock, idle=idle, absolute=absolute, ahead=ahead)
        shelf = Shelf(login, records, log)
        refreshing = Refreshing(
            login,
            client_tokens=client_tokens,
            shelf=shelf,
            backoff=Backoff(steady_clock),
            outage=Outage(steady_clock),
            listeners=guard.listeners,
            log=log,
        )
        self._staying = Staying(guard, shelf, refreshing, log)
        self._signing_out = SigningOut(login, guard, shelf, self._session_cookie, log)
        self._signing_in = SigningIn(
            login,
            guard,
            client_tokens=client_tokens,
            attempts=Attempts(sealer, attempt, clock),
            shelf=shelf,
            cookies=(self._session_cookie, self._binding_cookie),
            session_seconds=absolute,
            log=log,
        )

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        guard: Guard,
        store: AnyStore,
        prefix: str = DEFAULT_PREFIX,
    ) -> LoginSessions:
        """Create it from environment variables: ``COGNITO_LOGIN_DOMAIN``,
        ``COGNITO_LOGIN_SECRETS`` ...

        Raises :class:`~cognito_guard.ConfigurationError`, with a suggestion for a misspelt name.
        """
        values = values_from_text(os.environ if environ is None else environ, prefix)
        return cls.from_mapping(values, guard=guard, store=store, prefix=prefix)

    @classmethod
    def from_mapping(
        cls,
        settings: Mapping[str, Any],
        *,
        guard: Guard,
        store: AnyStore,
        prefix: str = DEFAULT_PREFIX,
    ) -> LoginSessions:
        """Create it from settings with typed values. It uses the pool of ``guard`` that accepts the
        app client, and ignores names that do not start with ``prefix`` and ``LOGIN_``.

        Raises :class:`~cognito_guard.ConfigurationError`, with a suggestion for a misspelt name.
        """
        pool, of_login, of_sessions = login_arguments(settings, prefix, guard.user_pools)
        with blamed_on_settings(settings, prefix):
            return cls(ManagedLogin(pool, **of_login), guard, store=store, **of_sessions)

    def start(
        self,
        *,
        binding: str | None = None,
        next_page: str = "/",
        stronger: bool = False,
        step_up: StepUp | None = None,
        **parameters: object,
    ) -> Started:
        """Begin a sign-in. Neither blocks nor waits.

        ``binding``: what :meth:`find_binding` finds in the request. ``next_page``: the path on your
        own site to return to; anything else becomes ``/``. ``parameters``: ``login_hint``, and the
        parameters that :class:`ManagedLogin` has defaults for.

        ``stronger``: the sign-in must reach one of the levels in ``acr_values`` and must not be
        older than ``max_age``. Otherwise it fails, and the browser keeps its session. Levels from
        the login's own default are not enforced. ``step_up``: from :class:`LoginLink`, for the page
        that asked for the sign-in.

        Raises :class:`~cognito_guard.ConfigurationError` for invalid parameters.
        """
        known = _secret(binding)
        del binding  # before the clock runs, which may be a user's: see `_support.silence`
        asked = self.login.parameters(stronger=stronger, **parameters)
        del parameters
        # Those that the login has by itself are a wish, which any level may answer.
        levels = [*asked.levels] if stronger else None
        return self._signing_in.start(known, next_page, asked, levels=levels, step_up=step_up)

    def finish(
        self, query: str | bytes, *, binding: str | None, session_id: str | None = None
    ) -> SignedIn:
        """Finish a sign-in, when the browser has come back.

        ``query`` is the raw query of the request. ``binding`` and ``session_id`` are what
        :meth:`find_binding` and :meth:`session_to_end` find in it. If the browser had a session, it
        ends. Raises :class:`LoginFailed`, :class:`SessionsUnavailable`.
        """
        steps = self._signing_in.finish(Arrival(query, binding, session_id))
        del query, binding, session_id  # before the store's code runs
        return self._driver.run(steps)

    async def afinish(
        self, query: str | bytes, *, binding: str | None, session_id: str | None = None
    ) -> SignedIn:
        """As :meth:`finish`, for asyncio and trio."""
        steps = self._signing_in.finish(Arrival(query, binding, session_id))
        del query, binding, session_id
        return await self._driver.arun(steps)

    def current(self, session_id: str | None, *, touch: bool = True) -> LoginSession | None:
        """Return the session that :meth:`find_session` finds in the request, or ``None`` if nobody
        is signed in.

        It costs one read of the store, unless the session is due for a refresh or for an update of
        its last request. ``touch``: whether this call counts as a request. Connections that stay
        open pass ``False``. Raises what the guard raises for the access token. Also raises
        :class:`SessionsUnavailable` and :class:`~cognito_guard.KeysUnavailable`; both are 503 and
        sign nobody out.
        """
        steps = self._staying.current(_secret(session_id), touch=touch)
        del session_id
        return self._driver.run(steps)

    async def acurrent(self, session_id: str | None, *, touch: bool = True) -> LoginSession | None:
        """As :meth:`current`, for asyncio and trio."""
        steps = self._staying.current(_secret(session_id), touch=touch)
        del session_id
        return await self._driver.arun(steps)

    def end(self, session_id: str | None, *, revoke: bool = True) -> Ended:
        """Sign out. Accept this by POST only, after :meth:`check_same_site`.

        First it removes the session that :meth:`session_to_end` finds in the request. Then it adds
        the sign-in to the guard's revocation list, if there is one, and revokes the refresh token
        at the pool. If one of these two fails, the session is still over.

        ``revoke``: pass ``False`` if you have already written the list. Raises
        :class:`SessionsUnavailable`; then nobody has been signed out.
        """
        steps = self._signing_out.end(_secret(session_id), revoke=revoke)
        del session_id
        return self._driver.run(steps)

    async def aend(self, session_id: str | None, *, revoke: bool = True) -> Ended:
        """As :meth:`end`, for asyncio and trio."""
        steps = self._signing_out.end(_secret(session_id), revoke=revoke)
        del session_id
        return await self._driver.arun(steps)

    async def asettle(self) -> None:
        """Wait for refreshes of this event loop that are still running although their request has
        ended. Call it before the loop ends. Otherwise a refresh token that the pool has rotated
        could be lost. Waits a few seconds longer than a token endpoint may take, at most."""
        await finish_whole(_SETTLE_SECONDS)

    def find_session(self, headers: HeaderValues) -> str | None:
        """Return the id of the session in a request, unverified. Return ``None`` if the request has
        an ``Authorization`` header, which alone identifies the caller, or two session cookies."""
        return None if headers("authorization") else self._session_cookie.find(headers)

    def session_to_end(self, headers: HeaderValues) -> str | None:
        """Return the id of the session to end, unverified, for :meth:`end` and :meth:`finish`. It
        also finds a session beside an ``Authorization`` header: the header identifies the caller,
        but does not keep the browser signed in."""
        return self._session_cookie.find(headers)

    def has_none(self, method: str, headers: HeaderValues) -> bool:
        """Return whether the browser of a request has no session. Data of a user from before is
        then nobody's: call :meth:`hand_over` with ``None``. Returns ``False`` also if that cannot
        be told: next to an ``Authorization`` header, and for a request that another site's page
        causes, which may lack the cookie."""
        if headers("authorization") or self._session_cookie.find(headers) is not None:
            return False
        return not forgery.is_from_elsewhere(method, headers)

    def find_binding(self, headers: HeaderValues) -> str | None:
        """Return the value that identifies the browser of a request while it signs in."""
        return self._binding_cookie.find(headers)

    def hand_over(self, data: MutableMapping[str, Any], identity: Identity | None) -> bool:
        """Give the data that a framework keeps for a browser (``flask.session``,
        ``request.session``) to the user who is signed in now.

        Data of another user is removed. Data from before any sign-in stays. Pass ``None`` when the
        session is over: data of its user is removed. Returns whether data was removed.
        """
        pool = self.login.pool.issuers[0]
        return hand_over(data, None if identity is None else f"{pool} {identity.subject}")

    @property
    def drop_session(self) -> str:
        """The value of ``Set-Cookie`` that deletes the cookie of a session that is over."""
        return self._session_cookie.deletion

    def require_guard(self, guard: Guard) -> None:
        """Require that ``guard`` is the guard of these sessions. Otherwise an adapter that uses
        both could admit a caller by the session whom its own guard would refuse.

        Raises :class:`~cognito_guard.ConfigurationError`.
        """
        if guard is not self.guard:
            raise ConfigurationError(
                "login was made with a different guard: give both the same Guard object"
            )

    def require_blocking(self) -> None:
        """Require that the store is a :class:`SessionStore`, as an adapter without an event loop
        needs it. Otherwise the app would start, and fail when the first user signs in.

        Raises :class:`~cognito_guard.ConfigurationError`.
        """
        self._driver.require_blocking()

    def check_same_site(self, method: str, headers: HeaderValues) -> None:
        """Require that a request which may change something comes from your own site.

        Raises :class:`LoginFailed` (``cross_site_request``, 403).
        """
        if not forgery.is_same_site(method, headers, self.login.origin):
            raise self._cross_site()

    def check_websocket(self, headers: HeaderValues) -> None:
        """Require that a page of your own site opens the WebSocket.

        Raises :class:`LoginFailed` (``cross_site_request``, 403).
        """
        if not forgery.is_of_own_page(headers, self.login.origin):
            raise self._cross_site()

    def _cross_site(self) -> LoginFailed:
        error = LoginFailed(LoginReason.CROSS_SITE_REQUEST)
        reason, status, detail = error.reason, error.status, error.detail
        text = "request refused with %d: %s: %s"
        # Anybody can cause it, and a proxy that removes `Origin` causes it for everybody.
        self._log.say(INFO, reason, text, status, reason, detail, status=status, detail=detail)
        return error


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)


def _pause(seconds: float) -> Pending:
    """What to wait for that never comes, and is given up in time."""
    return Pending()


def _seconds(name: str, value: object, least: float) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= _LONGEST:  # type: ignore[operator]  # a number here
        raise ConfigurationError(f"{name} must be a number of seconds, {least:g} to {_LONGEST:g}")
    return float(value)  # type: ignore[arg-type]
