"""``require_live_user``: views whose caller must still be signed in. Cognito is asked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest

from cognito_guard import ConfigurationError
from cognito_guard.aws import LiveCaller, LiveUsers, User

from .decorators import cognito_required
from .requests.callers import Caller, verdict_or_error
from .requests.headers import header_values
from .settings import current

__all__ = ["alive_user", "live_caller", "live_user", "require_live_user"]

V = TypeVar("V", bound=Callable[..., Any])


def require_live_user(live: LiveUsers) -> Callable[[V], V]:
    """Protect a view: the caller must still be signed in, as ``live`` finds out at Cognito.

    Does what :func:`~cognito_guard_django.decorators.cognito_required` does without arguments. If
    more is required, put this decorator below that one. It uses the access token of the request, or
    of the signed-in user's session. In an async view, nothing blocks meanwhile. A refusal is
    answered: 401 ``revoked``, 403 for a token without the scope, 503 if Cognito cannot be reached.
    Raises ``ConfigurationError``.
    """
    _check(live)

    def decorate(view: V) -> V:
        kind = _async if iscoroutinefunction(view) else _sync
        return cast("V", cognito_required(kind(view, live)))

    return decorate


def live_user(request: Any, live: LiveUsers) -> User:
    """Return the user, as Cognito knows them. Does the same as ``require_live_user``, inside a
    view. Raises what the middleware turns into a refusal.
    """
    _check(live)
    return live_caller(request, verdict_or_error(request).caller).check(live)


async def alive_user(request: Any, live: LiveUsers) -> User:
    """The same as :func:`live_user`, for async views."""
    _check(live)
    return await live_caller(request, verdict_or_error(request).caller).acheck(live)


def live_caller(request: Any, caller: Caller | None) -> LiveCaller:
    """Who is to be asked about. Raises ``MissingCredentials``."""
    guard = current().guard
    if caller is None:
        raise guard.missing_credentials()
    return LiveCaller(guard, header_values(request), caller.identity, caller.session)


def _async(view: Callable[..., Any], live: LiveUsers) -> Callable[..., Any]:
    @functools.wraps(view)
    async def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        await alive_user(request, live)
        return await view(request, *args, **kwargs)

    return asking


def _sync(view: Callable[..., Any], live: LiveUsers) -> Callable[..., Any]:
    @functools.wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        live_user(request, live)
        return view(request, *args, **kwargs)

    return asking


def _check(live: object) -> None:
    if not isinstance(live, LiveUsers):
        raise ConfigurationError("require_live_user() takes a LiveUsers")
