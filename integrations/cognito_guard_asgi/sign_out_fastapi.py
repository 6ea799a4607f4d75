"""``auth.sign_out`` of FastAPI: the caller of a route is signed out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cognito_guard.sign_out import SignedOut, SignOut

from .held import Call
from .refusal import header_values
from .scheme import Scheme
from .signed_out import forget

if TYPE_CHECKING:
    from cognito_guard.aws import UserApi
    from cognito_guard.login import LoginSession

__all__ = ["sign_out"]


async def sign_out(
    scheme: Scheme, call: Call, *, everywhere: bool, user_api: UserApi | None
) -> SignedOut:
    """See ``CognitoAuth.sign_out``."""
    identity = await scheme._identify(call, [])
    session: LoginSession | None = None
    if scheme._login is not None:
        from .signed_in import look_of

        look = look_of(call.connection.scope)
        if look is not None and look.session is not None and look.session.identity is identity:
            session = look.session
    act = SignOut(
        scheme.guard,
        header_values(call.connection.scope),
        identity,
        session=session,
        sessions=None if scheme._login is None else scheme._login.sessions,
        everywhere=everywhere,
        user_api=user_api,
    )
    try:
        return await act.ado()
    finally:
        forget(call.connection.scope, act.ended)
