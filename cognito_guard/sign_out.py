"""SignOut: signs the caller of a request out, as far as that is possible. For adapters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, final

from ._support.arguments import boolean
from ._support.silence import Unsaid, forget_locals
from .errors import CognitoGuardError, ConfigurationError
from .guard import Guard
from .http.carriers import Forwarded, HeaderValues
from .identity import Identity
from .network.aside import run_whole

if TYPE_CHECKING:
    from .aws import UserApi
    from .aws.calls import UserCall
    from .login import Ended, LoginSession

__all__ = ["GLOBAL_SIGN_OUT_FAILED", "LoginEnd", "SignOut", "SignedOut"]

GLOBAL_SIGN_OUT_FAILED = "global_sign_out_failed"
"""The user is signed out here, but Cognito did not sign the user out everywhere."""


class LoginEnd(Protocol):
    """An object that ends login sessions: ``LoginSessions``, or an adapter's wrapper around it."""

    def find_session(self, headers: HeaderValues) -> str | None:
        """The id of the session that identified the caller."""
        ...  # pragma: no cover

    def end(self, session_id: str | None, *, revoke: bool) -> Ended:
        """See ``LoginSessions.end``."""
        ...  # pragma: no cover

    async def aend(self, session_id: str | None, *, revoke: bool) -> Ended:
        """As :meth:`end`."""
        ...  # pragma: no cover


@final
class SignedOut:
    """The result of a sign-out.

    ``url``
        Where to redirect a browser that had a login session, so that the pool's sign-in pages
        forget the user, too; otherwise ``None``.
    ``set_cookies``
        The values of ``Set-Cookie`` that delete the session's cookies. The adapter has already
        added them to the response.
    ``at_cognito``
        Whether Cognito has signed the user out everywhere (``GlobalSignOut``).
    ``problem``
        Why Cognito did not, although it was requested: an error of ``cognito_guard.aws``, or
        ``InvalidToken``. The user is signed out here anyway.
    """

    __slots__ = ("at_cognito", "problem", "set_cookies", "url")

    def __init__(
        self, ended: Ended | None, *, at_cognito: bool, problem: CognitoGuardError | None
    ) -> None:
        self.url: str | None = None if ended is None else ended.url
        self.set_cookies: tuple[str, ...] = () if ended is None else ended.set_cookies
        self.at_cognito = at_cognito
        self.problem = problem

    def __repr__(self) -> str:
        return f"<SignedOut; at_cognito={self.at_cognito}>"


@final
class SignOut:
    """Signs out the caller of a request that a guard has accepted.

    ``headers``
        As for ``Guard.authenticate``.
    ``session``, ``sessions``
        The login session that identified the caller, if there is one, and the object that ends it.
    ``everywhere``
        Whether all sign-ins of the user end, not only this one.
    ``user_api``
        A ``cognito_guard.aws.UserApi``, to have Cognito end all of them as well.

    The guard's revocation list comes first, because it takes effect here and at once. Then comes
    Cognito, which needs the access token before the session ends; then the session. If one step
    fails, the others still run. Its ``repr`` shows no data.

    Raises :class:`~cognito_guard.ConfigurationError` if nothing would be signed out.
    """

    __slots__ = (
        *("_api", "_at_cognito", "_everywhere", "_failures", "_guard", "_headers", "_identity"),
        *("_problem", "_session", "_sessions", "ended"),
    )

    def __init__(
        self,
        guard: Guard,
        headers: HeaderValues,
        identity: Identity,
        *,
        session: LoginSession | None = None,
        sessions: LoginEnd | None = None,
        everywhere: bool = False,
        user_api: UserApi | None = None,
    ) -> None:
        self._guard = guard
        self._headers = Unsaid(headers)
        self._identity = identity
        self._session = session
        self._sessions = None if session is None else sessions
        self._everywhere = boolean("everywhere", everywhere)
        self._api = user_api if everywhere else None
        self._failures = _Failures()
        self._at_cognito = False
        self._problem: CognitoGuardError | None = None
        self.ended: Ended | None = None
        """How the login session ended, whatever else has failed."""
        if user_api is not None:
            _check(user_api)
        if guard.revocations is None and self._does_nothing_without_list():
            raise ConfigurationError(
                "a guard without revocations= cannot sign anybody out, except to end a login "
                "session, or with everywhere=True if it has user_api="
            )

    def do(self) -> SignedOut:
        """Sign out. Blocks.

        After all steps have run, raises what went wrong here:
        :class:`~cognito_guard.RevocationsUnavailable`, ``SessionsUnavailable``.
        """
        for step in (self._list, self._tell_cognito, self._end):
            with self._failures:
                step()
        return self._result()

    async def ado(self) -> SignedOut:
        """As :meth:`do`, under asyncio and trio. A step that has begun is finished, even if the
        request is cancelled."""
        return await run_whole(self._ado())

    async def _ado(self) -> SignedOut:
        steps: tuple[Callable[[], Awaitable[None]], ...]
        steps = (self._alist, self._atell_cognito, self._aend)
        for step in steps:
            with self._failures:
                await step()
        return self._result()

    def _result(self) -> SignedOut:
        self._failures.raise_first()
        return SignedOut(self.ended, at_cognito=self._at_cognito, problem=self._problem)

    def _does_nothing_without_list(self) -> bool:
        return self._sessions is None or (self._everywhere and self._api is None)

    def _writes_list(self) -> bool:
        """Whether it is for us to write. The end of a session writes what that one is about."""
        has_list = self._guard.revocations is not None
        return has_list and (self._everywhere or self._sessions is None)

    def _list(self) -> None:
        if self._writes_list():
            self._guard.sign_out(self._identity, everywhere=self._everywhere)

    async def _alist(self) -> None:
        if self._writes_list():
            await self._guard.asign_out(self._identity, everywhere=self._everywhere)

    def _tell_cognito(self) -> None:
        if self._api is not None:
            try:
                self._api.global_sign_out(self._token(self._api))
            except CognitoGuardError as error:
                self._note(error)
            else:
                self._at_cognito = True

    async def _atell_cognito(self) -> None:
        if self._api is not None:
            try:
                await self._api.aglobal_sign_out(self._token(self._api))
            except CognitoGuardError as error:
                self._note(error)
            else:
                self._at_cognito = True

    # No id of a session is in a variable: a user's store is asked.

    def _end(self) -> None:
        sessions, once = self._sessions, not self._everywhere
        if sessions is not None:
            self._noted(sessions.end(sessions.find_session(self._headers), revoke=once))

    async def _aend(self) -> None:
        sessions, once = self._sessions, not self._everywhere
        if sessions is not None:
            self._noted(await sessions.aend(sessions.find_session(self._headers), revoke=once))

    def _noted(self, ended: Ended) -> None:
        self.ended = ended
        if ended.problem is not None and not isinstance(ended.problem, ConfigurationError):
            raise ended.problem  # but tokens without ids can be in no list, and that is no failure

    def _note(self, error: CognitoGuardError) -> None:
        forget_locals(error)
        self._problem = error
        reason = GLOBAL_SIGN_OUT_FAILED
        text = f"{reason}: a user was signed out here, but not everywhere at Cognito: %s"
        self._guard.warn(reason, text, error)

    def _token(self, api: UserApi) -> str:
        """The caller's access token, if Cognito can take it. Raises ``CognitoGuardError``."""
        from .aws import ScopeMissing, TokenRefused
        from .aws.calls import SCOPE, check_token
        from .aws.requests import plain

        asked: UserCall[None] = plain("GlobalSignOut", self._found())
        if not asked.token:
            raise TokenRefused("The request has no access token.")
        check_token(api.pool, asked.token)
        if asked.subject != self._identity.subject:
            raise TokenRefused("The access token of the request is another user's.")
        if asked.lacks(SCOPE):
            raise ScopeMissing(f"The token lacks the scope {SCOPE}.", scope=SCOPE)
        return asked.token

    def _found(self) -> str:
        if self._session is not None:
            return self._session.access_token
        credential = self._guard.find_credential(self._headers)
        for one in () if credential is None else (credential, *credential.others):
            found = one.value.access_token if isinstance(one.value, Forwarded) else one.value
            if found:
                return found
        return ""


@final
class _Failures:
    """Lets the next step be taken although one fails."""

    __slots__ = ("_first",)

    def __init__(self) -> None:
        self._first: Exception | None = None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._first = self._first or error
        return True

    def raise_first(self) -> None:
        """Raise the first failure, if there is one."""
        if self._first is not None:
            raise self._first


def _check(user_api: object) -> None:
    from .aws import UserApi

    if not isinstance(user_api, UserApi):
        raise ConfigurationError("user_api must be a cognito_guard.aws.UserApi")
