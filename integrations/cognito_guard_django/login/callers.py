"""From a request to the caller who has signed in, where it has no credential of another kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from asgiref.sync import sync_to_async
from django.http.response import HttpResponseBase

from ..requests.callers import Caller, user_of
from ..requests.headers import header_values
from ..settings import Settings
from .configured import Login, configured
from .django_session import Tie, aend_marked, end_marked, hide_marked, tie
from .held import SessionId

if TYPE_CHECKING:
    from cognito_guard.login import LoginSession

__all__ = [
    "afind_signed_in",
    "drop_cookie",
    "dropped",
    "find_signed_in",
    "is_kept_nowhere",
    "keep_nowhere",
    "pass_on",
    "show",
]

R = TypeVar("R", bound=HttpResponseBase)

_DROP = "_cognito_guard_drops_session"
_PAGE = "_cognito_guard_is_page"


def find_signed_in(request: Any, settings: Settings) -> Caller | None:
    """The caller with a session; ``None`` for nobody. A session that is over takes Django's with
    it.

    Raises what ``LoginSessions.current`` raises, and ``AccessDenied`` for a user who is inactive
    here or whom the hook refuses.
    """
    login = configured()
    if login is None:
        return None
    session_id = login.find(request)
    session = login.current(session_id)
    if session is not None and session_id is not None:
        user = user_of(session.identity, settings)
        return _caller(request, session_id, session, user, login)
    if _is_apart(request, session_id, login):
        hide_marked(request)
    else:
        end_marked(request)
    return None


async def afind_signed_in(
    request: Any, settings: Settings, *, in_thread: Any = sync_to_async, touch: bool = True
) -> Caller | None:
    """As :func:`find_signed_in`. ``touch``: whether it is a sign of life."""
    login = configured()
    if login is None:
        return None
    session_id = login.find(request)
    session = await login.acurrent(session_id, touch=touch)
    if session is not None and session_id is not None:
        find = user_of if settings.stateless else in_thread(user_of)
        user = find(session.identity, settings)
        user = user if settings.stateless else await user
        return _caller(request, session_id, session, user, login)
    if _is_apart(request, session_id, login):
        hide_marked(request)
    else:
        await aend_marked(request, in_thread)
    return None


def pass_on(request: Any) -> None:
    """Where nobody looks at sessions: who has signed in is nobody, and what Django's session gets
    belongs to the sign-in that the browser has."""
    hide_marked(request)
    login = configured()
    session_id = None if login is None else login.find_to_end(request)
    if session_id is not None:
        tie(request, Tie(session_id.mark, None))


def show(request: Any, caller: Caller | None) -> None:
    """Let the view see the session, or that there is none."""
    request.login_session = None if caller is None else caller.session


def drop_cookie(request: Any) -> None:
    """Have the answer make the browser drop its session, which this request has ended. No other
    answer does: one that comes late would drop that of a new sign-in."""
    setattr(request, _DROP, True)


def keep_nowhere(request: Any) -> None:
    """Have browsers not keep the answer, unless it says otherwise: after the sign-out, the back
    button would show it again."""
    setattr(request, _PAGE, True)


def is_kept_nowhere(request: Any) -> bool:
    """Whether a page was asked for, by who has signed in."""
    return getattr(request, _PAGE, False)


def dropped(request: Any, response: R) -> R:
    """The response to a request, without the session that it has ended. A new one stays."""
    if is_kept_nowhere(request):
        response.headers.setdefault("Cache-Control", "no-store")
    login = configured() if getattr(request, _DROP, False) else None
    if login is not None:
        line = login.sessions.drop_session
        if line.partition("=")[0] not in response.cookies:
            response.cookies.load(line)
    return response


def _is_apart(request: Any, session_id: SessionId | None, login: Login) -> bool:
    """Whether the request may lack the cookie of a sign-in that its browser has. ``Authorization``
    alone counts where it is there. And a page of another site may cause requests that bring
    Django's session and not the sign-in, as ``SESSION_COOKIE_SAMESITE`` can be ``"None"``."""
    if session_id is not None:
        return False
    return not login.sessions.has_none(request.method, header_values(request))


def _caller(
    request: Any, session_id: SessionId, session: LoginSession, user: Any, login: Login
) -> Caller:
    tie(request, Tie(session_id.mark, str(user.pk)))
    return Caller(session.identity, user, True, session, login.sessions)
