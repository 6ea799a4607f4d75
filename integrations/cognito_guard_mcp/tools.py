"""``requires`` on tools, resources and prompts: what a caller must have for one of them."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from types import FunctionType
from typing import Any, TypeAlias, TypeVar, final, overload

from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_REQUEST

from cognito_guard import (
    AuthError,
    ConfigurationError,
    KeysUnavailable,
    MissingCredentials,
    Policy,
    PolicyLike,
    Reason,
    build_policy,
    enforce,
)

from .access_token import identity_of

__all__ = ["ASKED", "Asked", "require_guards", "requires"]

F = TypeVar("F", bound=Callable[..., Any])
Names: TypeAlias = str | list[str] | tuple[str, ...]


@final
class Asked:
    """What came of the request that is being answered: why a tool was refused, if one was."""

    __slots__ = ("refusal",)

    def __init__(self) -> None:
        self.refusal: AuthError | KeysUnavailable | None = None


ASKED: ContextVar[Asked | None] = ContextVar("cognito_guard_mcp_asked", default=None)
"""Set by the middleware. The SDK runs a tool in the context of the request that calls it."""

_GUARDED: weakref.WeakSet[Any] = weakref.WeakSet()
"""What ``requires`` was put around."""
_GUARDS: weakref.WeakSet[Any] = weakref.WeakSet()
"""What it has made of that."""


@overload
def requires(function: F, /) -> F: ...
@overload
def requires(
    *,
    groups: Names | None = None,
    scopes: Names | None = None,
    roles: Names | None = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
) -> Callable[[F], F]: ...
def requires(
    *function: Any,
    groups: Names | None = None,
    scopes: Names | None = None,
    roles: Names | None = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
) -> Any:
    """Let only callers who meet all requirements use a tool, a resource or a prompt. Without
    arguments, every authenticated caller may.

    Put it below the server's decorator: ``@mcp.tool()``, then ``@requires(scopes="orders/write")``,
    then the function, async or not. What the server fills in for a parameter (``Resolve``, or
    ``Depends`` of FastMCP) runs before this check, and needs one of its own. Behind
    :class:`MCPMiddleware`, a refusal gets the HTTP status and the challenge, so that clients can
    ask for the scope. Without it, a refusal is a JSON-RPC error. An ``AuthError`` or
    ``KeysUnavailable`` that the function raises is such a refusal too. Raises
    ``ConfigurationError`` for an empty or wrong requirement.
    """
    needed = build_policy(
        groups=groups, scopes=scopes, roles=roles, acr=acr, mfa=mfa, max_age=max_age, policy=policy
    )

    def decorate(guarded: Any) -> Any:
        return _guarding(guarded, needed)

    # A decorator below may have given None, which is not none.
    return decorate(*function) if function else decorate


def _guarding(function: Any, needed: Policy) -> Any:
    if type(function) is not FunctionType or inspect.isgeneratorfunction(function):
        raise ConfigurationError("requires() takes functions that return something, async or not")
    if inspect.isasyncgenfunction(function):
        raise ConfigurationError("requires() takes no async generator")
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def guarded_async(*args: Any, **kwargs: Any) -> Any:
            _check(needed)
            try:
                return await function(*args, **kwargs)
            except (AuthError, KeysUnavailable) as error:
                refused = _refuse(error)
            raise refused

        guarded: Any = guarded_async
    else:

        @functools.wraps(function)
        def guarded_sync(*args: Any, **kwargs: Any) -> Any:
            _check(needed)
            try:
                return function(*args, **kwargs)
            except (AuthError, KeysUnavailable) as error:
                refused = _refuse(error)
            raise refused

        guarded = guarded_sync
    _GUARDED.add(function)
    _GUARDS.add(guarded)
    return guarded


def _check(needed: Policy) -> None:
    identity = identity_of(get_access_token())
    try:
        if identity is None:
            raise MissingCredentials(
                Reason.MISSING_CREDENTIALS, "The request comes without an access token."
            )
        enforce(needed, identity)
    except (AuthError, KeysUnavailable) as error:
        refused = _refuse(error)
    else:
        return
    raise refused


def _refuse(error: AuthError | KeysUnavailable) -> MCPError:
    """Leave the refusal to the middleware, and return what the SDK understands: it keeps the text
    of any other error to itself, and writes its traceback to the log."""
    asked = ASKED.get()
    if asked is not None:
        asked.refusal = error
    code = INTERNAL_ERROR if isinstance(error, KeysUnavailable) else INVALID_REQUEST
    return MCPError(code, error.detail, {"reason": str(error.reason)})


def require_guards(registered: Iterable[Any]) -> None:
    """That no function is registered without the guard that was put around it. Raises
    ``ConfigurationError``."""
    for one in registered:
        function = one
        # The SDK wraps some of them itself.
        while not _is_in(_GUARDS, function) and hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        if _is_in(_GUARDED, function) and not _is_in(_GUARDS, function):
            name = function.__qualname__
            raise ConfigurationError(
                f"requires() around {name} guards nothing, as the server has it without the guard: "
                "put @requires below the decorator of the server"
            )


def _is_in(noted: weakref.WeakSet[Any], one: Any) -> bool:
    return type(one) is FunctionType and one in noted
