"""``CognitoGuard.sign_out``: the caller of a request is signed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

from flask import Response, after_this_request, request

from cognito_guard import Guard, Identity
from cognito_guard.sign_out import SignedOut, SignOut

from .current import header_values, kept

if TYPE_CHECKING:
    from cognito_guard.aws import UserApi

    from .signed_in import SignedIn

__all__ = ["sign_out"]


def sign_out(
    guard: Guard,
    signed_in: SignedIn | None,
    identity: Identity,
    *,
    everywhere: bool,
    user_api: UserApi | None,
) -> SignedOut:
    """See ``CognitoGuard.sign_out``."""
    known = kept()
    act = SignOut(
        guard,
        header_values(request.environ),
        identity,
        session=known.login_session if known.by_session else None,
        sessions=None if signed_in is None else signed_in.sessions,
        everywhere=everywhere,
        user_api=user_api,
    )
    try:
        return act.do()
    finally:
        known.identity, known.by_session = None, False
        if act.ended is not None and signed_in is not None:
            known.login_session = None
            after_this_request(_Dropping(act.ended.set_cookies))
            signed_in.clear()


@final
class _Dropping:
    """Puts the cookies of a session that has ended on the answer."""

    __slots__ = ("_cookies",)

    def __init__(self, cookies: tuple[str, ...]) -> None:
        self._cookies = cookies

    def __call__(self, response: Response) -> Response:
        for cookie in self._cookies:
            response.headers.add("Set-Cookie", cookie)
        return response
