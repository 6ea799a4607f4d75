"""``sign_out`` for Starlette: the caller of a request is signed out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from cognito_guard import ConfigurationError
from cognito_guard.sign_out import SignedOut, SignOut

from .caller import caller_of
from .held import Call
from .refusal import header_values
from .signed_out import forget

if TYPE_CHECKING:
    from cognito_guard.aws import UserApi

__all__ = ["SignedOut", "sign_out"]


async def sign_out(
    connection: HTTPConnection, *, everywhere: bool = False, user_api: UserApi | None = None
) -> SignedOut:
    """Sign out the caller of a ``Request`` or ``WebSocket``.

    If the guard has a revocation list, an entry is written to it, for callers of every kind. If the
    caller came by a login session, the session ends, its refresh token is revoked at the pool, and
    the response deletes the cookie. Redirect a browser to ``SignedOut.url`` then. For the rest of
    the request, there is no caller.

    ``everywhere``: end all sign-ins of the user. ``user_api``, a
    :class:`cognito_guard.aws.UserApi`: let Cognito end them as well (``GlobalSignOut``). This takes
    an access token with the scope ``aws.cognito.signin.user.admin``. The result says whether
    Cognito did.

    Needs :class:`~cognito_guard_asgi.CognitoMiddleware` around the app, which answers what is
    raised: ``RevocationsUnavailable`` and ``SessionsUnavailable`` (503), after everything else is
    done, and ``MissingCredentials`` if there is no caller. Raises ``ConfigurationError`` if nothing
    would be signed out.
    """
    call = Call(connection=connection)
    del connection
    caller = caller_of(call.connection.scope)
    if caller is None:
        raise ConfigurationError(
            "sign_out() needs CognitoMiddleware around the app; with CognitoAuth alone it is "
            "auth.sign_out()"
        )
    if caller.identity is None:
        raise caller.missing()
    act = SignOut(
        caller.guard,
        header_values(call.connection.scope),
        caller.identity,
        session=caller.session,
        sessions=None if caller.signed_in is None else caller.signed_in.sessions,
        everywhere=everywhere,
        user_api=user_api,
    )
    try:
        return await act.ado()
    finally:
        forget(call.connection.scope, act.ended)
