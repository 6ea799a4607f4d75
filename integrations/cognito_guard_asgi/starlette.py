"""``requires`` for Starlette: what a caller must have to reach an endpoint."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketState

from cognito_guard import (
    AuthError,
    Challenge,
    ConfigurationError,
    Guard,
    Identity,
    Policy,
    PolicyLike,
    build_policy,
    enforce,
)

from .middleware import AnonymousUser
from .refusal import CONTENT_TYPE, POLICY_VIOLATION, Scope, refuse

__all__ = ["requires"]

E = TypeVar("E", bound=Callable[..., Any])


def requires(
    *,
    groups: str | list[str] | tuple[str, ...] | None = None,
    scopes: str | list[str] | tuple[str, ...] | None = None,
    roles: str | list[str] | tuple[str, ...] | None = None,
    policy: PolicyLike | None = None,
) -> Callable[[E], E]:
    """Let only callers reach an endpoint who have all that is named; without arguments, any caller
    who is authenticated.

    For functions and methods, sync and async, with a parameter that is the ``Request`` or the
    ``WebSocket``, and for ``HTTPEndpoint`` and ``WebSocketEndpoint`` classes. Needs
    :class:`~cognito_guard_asgi.CognitoMiddleware` around the app. ``policy`` is any callable that
    takes an ``Identity``, such as ``require_groups("a") | require_scopes("b")``. A refusal is
    answered with the challenge, and the endpoint does not run; a WebSocket that was accepted before
    is closed with code 1008.

    Raises ``ConfigurationError``: for an empty or wrong requirement, or an endpoint of another
    kind, when the decorator is applied, and for a missing middleware when a request comes.
    """
    required = build_policy(groups=groups, scopes=scopes, roles=roles, policy=policy)

    def decorate(endpoint: E) -> E:
        if inspect.isclass(endpoint):
            return cast("E", _guard_class(endpoint, required))
        if not _is_plain_function(endpoint):
            raise ConfigurationError(
                "requires() takes functions, and HTTPEndpoint and WebSocketEndpoint classes"
            )
        if inspect.iscoroutinefunction(endpoint):
            return cast("E", _guard_async(endpoint, required))
        return cast("E", _guard_sync(endpoint, required))

    return decorate


def _refusal(scope: Scope, policy: Policy) -> Challenge | None:
    """The answer to a caller who may not pass; ``None`` for one who may."""
    guard, user = scope.get("cognito_guard"), scope.get("user")
    if not isinstance(guard, Guard) or not isinstance(user, Identity | AnonymousUser):
        raise ConfigurationError("requires() needs CognitoMiddleware around the app")
    try:
        if isinstance(user, AnonymousUser):
            raise guard.missing_credentials()
        enforce(policy, user)
    except AuthError as error:
        return guard.challenge(error)
    return None


def _is_plain_function(endpoint: object) -> bool:
    """Whether a refusal can take the place of what ``endpoint`` returns."""
    while isinstance(endpoint, functools.partial):
        endpoint = endpoint.func
    generates = inspect.isgeneratorfunction(endpoint) or inspect.isasyncgenfunction(endpoint)
    return inspect.isroutine(endpoint) and not generates


def _connection(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request | WebSocket:
    for value in (*args, *kwargs.values()):
        if isinstance(value, Request | WebSocket):
            return value
    raise ConfigurationError(
        "requires() found no Request and no WebSocket among the arguments of the endpoint"
    )


def _response(answer: Challenge) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers), CONTENT_TYPE)


def _guard_async(endpoint: Callable[..., Any], policy: Policy) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        connection = _connection(args, kwargs)
        answer = _refusal(connection.scope, policy)
        if answer is None:
            return await endpoint(*args, **kwargs)
        if isinstance(connection, Request):
            return _response(answer)
        if connection.application_state is WebSocketState.CONNECTING:
            # Through the WebSocket's own `send`, so that its state stays true.
            await refuse(connection.scope, connection.send, answer)
        else:
            await connection.close(POLICY_VIOLATION, str(answer.problem["reason"]))
        return None

    return guarded


def _guard_sync(endpoint: Callable[..., Any], policy: Policy) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        answer = _refusal(_connection(args, kwargs).scope, policy)
        return endpoint(*args, **kwargs) if answer is None else _response(answer)

    return guarded


def _guard_class(endpoint: Any, policy: Policy) -> Any:
    dispatch = getattr(endpoint, "dispatch", None)
    if not inspect.iscoroutinefunction(dispatch):
        raise ConfigurationError("requires() takes HTTPEndpoint and WebSocketEndpoint classes")

    @functools.wraps(dispatch)
    async def guarded(self: Any) -> None:
        answer = _refusal(self.scope, policy)
        if answer is None:
            await dispatch(self)
        else:
            await refuse(self.scope, self.send, answer)

    endpoint.dispatch = guarded
    return endpoint
