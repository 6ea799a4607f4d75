"""``sign_out``: the caller of a request is signed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from asgiref.sync import sync_to_async

from cognito_guard import HeaderValues
from cognito_guard.sign_out import SignedOut, SignOut

from .login.callers import drop_cookie, show
from .login.configured import Login, login_or_error
from .login.django_session import end_all
from .requests.callers import leave, set_user, verdict_or_error
from .requests.headers import header_values
from .settings import current
from .stateless import anonymous

if TYPE_CHECKING:
    from cognito_guard.aws import UserApi
    from cognito_guard.login import Ended

__all__ = ["SignedOut", "asign_out", "sign_out"]


def sign_out(
    request: Any, *, everywhere: bool = False, user_api: UserApi | None = None
) -> SignedOut:
    """Sign out the caller of a request.

    If the guard has a revocation list, an entry is written to it, for callers of every kind. If the
    caller came by a login session, the session ends, its refresh token is revoked at the pool,
    Django's session ends with it, and the response deletes the cookie. Redirect a browser to
    ``url`` of the result then. For the rest of the request, there is no caller.

    ``everywhere``: end all sign-ins of the user. ``user_api``, a
    :class:`cognito_guard.aws.UserApi`: let Cognito end them as well (``GlobalSignOut``). This takes
    an access token with the scope ``aws.cognito.signin.user.admin``. The result says whether
    Cognito did.

    Raises what :class:`~cognito_guard_django.middleware.CognitoMiddleware` turns into a refusal:
    ``RevocationsUnavailable`` and ``SessionsUnavailable`` (503), after everything else is done, and
    ``MissingCredentials`` if there is no caller. Raises ``ConfigurationError`` if nothing would be
    signed out.

    With ``ATOMIC_REQUESTS``, exclude the view from the transaction
    (``transaction.non_atomic_requests``). Otherwise an error would undo the end of the session.
    """
    act = _act(request, everywhere, user_api)
    try:
        return act.do()
    finally:
        _leave(request)
        if act.ended is not None:
            _end(request)


async def asign_out(
    request: Any, *, everywhere: bool = False, user_api: UserApi | None = None
) -> SignedOut:
    """The same as :func:`sign_out`, for async views."""
    act = _act(request, everywhere, user_api)
    try:
        return await act.ado()
    finally:
        _leave(request)
        if act.ended is not None:
            await sync_to_async(_end, thread_sensitive=True)(request)


@final
class _Logins:
    """What ends sessions, for threads and for event loops."""

    def __init__(self, login: Login) -> None:
        self._login = login

    def find_session(self, headers: HeaderValues) -> str | None:
        return self._login.sessions.find_session(headers)

    def end(self, session_id: str | None, *, revoke: bool) -> Ended:
        ended: Ended = self._login.do("end", session_id, revoke=revoke)
        return ended

    async def aend(self, session_id: str | None, *, revoke: bool) -> Ended:
        return await self._login.awaited.aend(session_id, revoke=revoke)


def _act(request: Any, everywhere: bool, user_api: UserApi | None) -> SignOut:
    caller = verdict_or_error(request).caller
    guard = current().guard
    if caller is None:
        raise guard.missing_credentials()
    return SignOut(
        guard,
        header_values(request),
        caller.identity,
        session=caller.session,
        sessions=None if caller.session is None else _Logins(login_or_error()),
        everywhere=everywhere,
        user_api=user_api,
    )


def _leave(request: Any) -> None:
    request = _itself(request)
    leave(request)
    set_user(request, anonymous())


def _end(request: Any) -> None:
    request = _itself(request)
    drop_cookie(request)
    show(request, None)
    end_all(request)


def _itself(request: Any) -> Any:
    # REST framework has an object of its own around Django's.
    return getattr(request, "_request", request)
