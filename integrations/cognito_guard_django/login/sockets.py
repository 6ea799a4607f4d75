"""WebSockets of who has signed in, for Channels."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

from cognito_guard import Guard

from ..requests.callers import Caller
from ..requests.headers import header_values
from ..settings import Settings
from .callers import afind_signed_in, pass_on

__all__ = ["hide", "is_of_login", "signed_in", "told_problem"]


class _Problem(NamedTuple):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


async def signed_in(
    scope: Any, request: Any, settings: Settings, in_thread: Any, *, touch: bool
) -> Caller | None:
    """Who has signed in, on a page of the own site. ``scope`` may have Django's session, which ends
    with a sign-in that is over. ``touch``: whether it is a sign of life.

    Raises ``LoginFailed`` (``cross_site_request``) and what ``LoginSessions.current`` raises.
    """
    before = _handed(scope, request)
    caller = await afind_signed_in(request, settings, in_thread=in_thread, touch=touch)
    if caller is not None and caller.sessions is not None:
        caller.sessions.check_websocket(header_values(request))
    elif getattr(request, "user", before) is not before:
        scope["user"] = request.user  # nobody: what Channels found is over
    return caller


async def hide(scope: Any, request: Any, in_thread: Any) -> None:
    """Where nobody looks at sessions, nor at where a page comes from: let the user be nobody."""
    before = _handed(scope, request)
    pass_on(request)
    if getattr(request, "user", before) is not before:
        # A consumer may ask where no database can be asked.
        await in_thread(bool)(request.user)
        scope["user"] = request.user


def _handed(scope: Any, request: Any) -> Any:
    """Let a request have what Channels has found, and say who that is."""
    if scope.get("session") is not None:
        request.session = scope["session"]
    before = scope.get("user")
    if before is not None:
        request.user = before
    return before


def is_of_login(error: Exception) -> bool:
    """Whether it is an error of sign-in. There is none where nobody has loaded it."""
    login = sys.modules.get("cognito_guard.login")
    return login is not None and isinstance(error, login.LoginFailed | login.SessionsUnavailable)


def told_problem(error: Any, guard: Guard) -> _Problem:
    """The answer to an error of sign-in, without the header of the body's type. The guard's
    listeners are told."""
    from cognito_guard.login import error_problem

    page = error_problem(error, docs_url=guard.docs_url)
    guard.tell_refused(error.reason, page.status)
    headers = tuple(one for one in page.headers if one[0] != "Content-Type")
    return _Problem(page.status, headers, page.body)
