"""From a request to its caller: find the credential, ask the guard, find the user."""

from __future__ import annotations

from typing import Any, NamedTuple

from asgiref.sync import sync_to_async
from django.http import HttpRequest

from cognito_guard import Identity

from .requests import header_values
from .settings import Settings
from .stateless import CognitoUser, anonymous

__all__ = ["Caller", "aidentify", "attach", "attached", "identify", "user_of"]


class Caller(NamedTuple):
    """Who sent a request. ``ambient``: a browser sent the credential by itself, as it does with
    cookies, so that the request may be forged across sites."""

    identity: Identity
    user: Any
    ambient: bool


def identify(request: HttpRequest, settings: Settings) -> Caller | None:
    """The caller; ``None`` for a request without a credential.

    Raises ``InvalidRequest``, ``InvalidToken``, ``KeysUnavailable``, and ``AccessDenied`` for a
    user who is inactive here or whom the hook refuses.
    """
    credential = settings.guard.find_credential(header_values(request))
    if credential is None:
        return None
    identity = settings.guard.verify_credential(credential)
    return Caller(identity, user_of(identity, settings), credential.ambient)


async def aidentify(request: HttpRequest, settings: Settings) -> Caller | None:
    """As :func:`identify`. Only the database is asked in another thread, as Django always does."""
    credential = settings.guard.find_credential(header_values(request))
    if credential is None:
        return None
    identity = await settings.guard.averify_credential(credential)
    if settings.stateless:
        user = user_of(identity, settings)
    else:
        user = await sync_to_async(user_of, thread_sensitive=True)(identity, settings)
    return Caller(identity, user, credential.ambient)


def user_of(identity: Identity, settings: Settings) -> Any:
    """The user to put into ``request.user``. Raises ``AccessDenied``."""
    if settings.stateless:
        user = CognitoUser(identity, settings)
        settings.consent(user, identity)
        return user
    from .users import provision  # models can be imported only when the apps are ready

    return provision(identity, settings)


def attach(request: Any, caller: Caller | None) -> None:
    """Let the view see the caller. Without one, a user whom a session knows stays."""
    request.identity = None if caller is None else caller.identity
    request._cognito_guard_caller = caller
    if caller is None:
        if not hasattr(request, "user"):
            _set_user(request, anonymous())
        return
    _set_user(request, caller.user)
    if not caller.ambient:
        # No browser sends an Authorization header by itself; what remains needs the CSRF token.
        request._dont_enforce_csrf_checks = True


def _set_user(request: Any, user: object) -> None:
    request.user = user

    async def auser() -> object:
        return user

    request.auser = auser


def attached(request: Any) -> Caller | None:
    """The caller that the middleware has found."""
    found: Caller | None = getattr(request, "_cognito_guard_caller", None)
    return found
