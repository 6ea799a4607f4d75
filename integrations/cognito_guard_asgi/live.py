"""``require_live_user`` and ``live_user`` for Starlette: whether the caller is still signed in.

Verifying a token locally sees no sign-out. For the few routes where that matters, Cognito is asked.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from starlette.requests import HTTPConnection, Request
from starlette.websockets import WebSocket

from cognito_guard import ConfigurationError
from cognito_guard.aws import LiveCaller, LiveUsers, User

from .caller import Caller, caller_of
from .held import Call
from .refusal import header_values

__all__ = ["live_user", "require_live_user"]

E = TypeVar("E", bound=Callable[..., Any])


def require_live_user(live: LiveUsers) -> Callable[[E], E]:
    """Protect an endpoint: the caller must still be signed in, as ``live`` finds out at Cognito.

    Works for functions and methods, sync and async, with a parameter that is the ``Request`` or the
    ``WebSocket``. Put it below ``requires``, which runs first. It uses the access token of the
    request, or of the signed-in user's session. In an async endpoint, nothing blocks meanwhile.

    Needs :class:`~cognito_guard_asgi.CognitoMiddleware` around the app, which answers the refusal:
    401 ``revoked``, 403 for a token without the scope, 503 if Cognito cannot be reached. Raises
    ``ConfigurationError``.
    """
    _check(live)

    def decorate(endpoint: E) -> E:
        generates = inspect.isgeneratorfunction(endpoint) or inspect.isasyncgenfunction(endpoint)
        if not inspect.isroutine(endpoint) or generates:
            raise ConfigurationError("require_live_user() takes functions and methods")
        kind = _async if inspect.iscoroutinefunction(endpoint) else _sync
        return cast("E", kind(endpoint, live))

    return decorate


async def live_user(connection: HTTPConnection, live: LiveUsers) -> User:
    """Return the user, as Cognito knows them. Does the same as ``require_live_user``, inside an
    endpoint.
    """
    _check(live)
    call = Call(connection=connection)
    del connection
    return await _caller(call, caller_of(call.connection.scope)).acheck(live)


def _async(endpoint: Callable[..., Any], live: LiveUsers) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        call = Call(endpoint, args, kwargs)
        del args, kwargs
        await _found(call).acheck(live)
        return await call()

    return guarded


def _sync(endpoint: Callable[..., Any], live: LiveUsers) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        call = Call(endpoint, args, kwargs)
        del args, kwargs
        _found(call).check(live)
        return call()

    return guarded


def _found(call: Call) -> LiveCaller:
    found = call.find_connection(Request, WebSocket)
    if not found or any(one is not found[0] for one in found):
        raise ConfigurationError(
            "require_live_user() needs one Request or WebSocket among the arguments of the endpoint"
        )
    return _caller(call, found[0])


def _caller(call: Call, caller: Caller | None) -> LiveCaller:
    if caller is None:
        raise ConfigurationError("require_live_user() needs CognitoMiddleware around the app")
    if caller.identity is None:
        raise caller.missing()
    headers = header_values(call.connection.scope)
    return LiveCaller(caller.guard, headers, caller.identity, caller.session)


def _check(live: object) -> None:
    if not isinstance(live, LiveUsers):
        raise ConfigurationError("require_live_user() takes a LiveUsers")
