"""What a sign-out leaves of a request: nobody. Needs no framework."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .anybody import AnonymousUser, Auth
from .caller import caller_of
from .refusal import Scope

if TYPE_CHECKING:
    from cognito_guard.login import Ended

__all__ = ["ANSWER", "forget"]

ANSWER = "cognito_guard.answer"
"""Where FastAPI's response is in the scope: the one whose headers come on top of what a route
returns, unless that is a response itself."""


def forget(scope: Scope, ended: Ended | None) -> None:
    """Let the caller be nobody from now on. ``ended``: how the login session did, if there was one
    and it is gone; what Starlette's ``SessionMiddleware`` keeps for the browser goes with it."""
    caller = caller_of(scope)
    if caller is not None:
        caller.identity = caller.session = None
        scope["user"], scope["auth"] = AnonymousUser(), Auth()
    if ended is None:
        return
    from .signed_in import data_of, look_of  # which was loaded where there is a session

    data_of(scope).clear()
    look = look_of(scope)
    if look is not None:
        look.session = None
    response = scope.get(ANSWER)
    if caller is not None and caller.marks is not None:
        caller.marks.set_cookies = ended.set_cookies
    elif response is not None:
        for one in ended.set_cookies:
            response.headers.append("set-cookie", one)
