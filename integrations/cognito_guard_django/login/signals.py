"""What Django's ``login()`` and ``logout()`` mean for the sign-in of a browser, wherever they are
called: in a view, in a middleware, on a path that is exempt, with whichever credential.
"""

from __future__ import annotations

from typing import Any

from ..requests.callers import attached, leave, set_user
from ..requests.headers import header_values
from ..stateless import anonymous
from .callers import drop_cookie, show
from .configured import configured
from .django_session import is_ours, tie, unmark

__all__ = ["connect", "signed_in_elsewhere", "signed_out"]


def connect() -> None:
    """Listen to Django."""
    from django.contrib.auth.signals import user_logged_in, user_logged_out

    user_logged_in.connect(signed_in_elsewhere, dispatch_uid=f"{__name__}.signed_in_elsewhere")
    user_logged_out.connect(signed_out, dispatch_uid=f"{__name__}.signed_out")


def signed_out(sender: object, request: Any, **_: object) -> None:
    """A user signs out by Django: end the sign-in that the browser has, too. Who has called with
    this request, however that was found out, is nobody for the rest of it.

    Raises ``SessionsUnavailable``, and then nobody has been signed out.
    """
    request = _itself(request)
    if request is None or is_ours(request):
        return
    if _end(request):
        tie(request, None)
        show(request, None)
    if attached(request) is not None:
        leave(request)
        set_user(request, anonymous())


def signed_in_elsewhere(sender: object, request: Any, user: Any = None, **_: object) -> None:
    """Somebody signs in by Django in another way: the sign-in that the browser has ends, and with
    it what it says about this request. Django's session is the new user's.

    Raises ``SessionsUnavailable``, and then the new user is not signed in.
    """
    request = _itself(request)
    if request is None or is_ours(request):
        return
    try:
        if not _end(request):
            return
    except Exception:
        request.session.flush()
        raise
    unmark(request, user)
    caller = attached(request)
    if caller is not None and caller.session is not None:
        leave(request)
        show(request, None)
        set_user(request, user)


def _end(request: Any) -> bool:
    """Whether there is sign-in at all."""
    if not header_values(request)("cookie") and attached(request) is None:
        return False  # there is nothing to end, and tests that sign somebody in have no settings
    login = configured()
    if login is None:
        return False
    session_id = login.find_to_end(request)
    if session_id is not None:
        login.end(session_id)
        drop_cookie(request)
    return True


def _itself(request: Any) -> Any:
    # REST framework has an object of its own around Django's.
    return getattr(request, "_request", request)
