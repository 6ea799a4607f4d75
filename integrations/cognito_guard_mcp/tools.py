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
    reachable,
    wrapped,
)

from .access_token import identity_of

__all__ = ["ASKED", "Asked", "Lookout", "requires"]

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

_GUARDS: weakref.WeakSet[Any] = weakref.WeakSet()
"""What ``requires`` has made."""


@final
class _Noted:
    """What is known of a function that guards were put around.

    ``is_said``: a guard was put around it, or around what says that it wraps it. Otherwise it may
    be something that a guarded function makes use of.
    """

    def __init__(self) -> None:
        self.is_said = False
        self.guards: weakref.WeakSet[Any] = weakref.WeakSet()


_NOTED: weakref.WeakKeyDictionary[Any, _Noted] = weakref.WeakKeyDictionary()
_VERSION = [0]


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
    """Let only callers who meet all requirements use a tool, a resource, a prompt or a custom
    route. Without arguments, every authenticated caller may.

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
        raise ConfigurationError(
            "requires() takes functions that return something, async or not, and not "
            f"{type(function).__name__}; a decorator below it may return that"
        )
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
    _note(guarded, function)
    return guarded


def _note(guarded: Any, function: Any) -> None:
    _VERSION[0] += 1
    _GUARDS.add(guarded)
    said = {key for key, _, is_said in wrapped(function) if is_said}
    for key, one in reachable(function, of_methods=False).items():
        if type(one) is FunctionType:
            noted = _NOTED.setdefault(one, _Noted())
            noted.is_said |= key in said
            noted.guards.add(guarded)


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


@final
class Lookout:
    """Looks at what is registered with a server, whenever there is something else."""

    def __init__(self, functions: Callable[[], Iterable[Any]]) -> None:
        self._functions = functions
        self._seen: tuple[int, list[Any]] | None = None

    def __call__(self) -> None:
        """Raise ``ConfigurationError`` for a function that is registered without the guard that
        was put around it, or with a cache in front of it."""
        # A bound method is made anew each time, and is what its function is.
        found = [getattr(one, "__func__", one) for one in self._functions() if callable(one)]
        now = (_VERSION[0], found)
        if self._seen == now:
            return
        in_place = {id(one) for each in found for one in reachable(each).values() if _guards(one)}
        for one in found:
            _require_guard(one, in_place)
            _require_no_cache(one)
        self._seen = now


def _require_guard(function: Any, in_place: set[int]) -> None:
    """``in_place``: the guards that are registered."""
    for _, one, is_said in wrapped(function):
        noted = _NOTED.get(one) if type(one) is FunctionType else None
        if noted is None or _is_covered(function, one, noted, is_said, in_place):
            continue
        raise ConfigurationError(
            f"requires() around {one.__qualname__} guards nothing, as the server has it without "
            "the guard: put @requires below the decorator of the server"
        )


def _is_covered(function: Any, one: Any, noted: _Noted, is_said: bool, in_place: set[int]) -> bool:
    """Whether one of the guards is on the way to it, or is registered itself where this may be only
    something that it makes use of."""
    if not (is_said and noted.is_said) and any(id(guard) in in_place for guard in noted.guards):
        return True
    outside = reachable(function, stop=lambda each: each is one)
    return any(id(guard) in outside for guard in noted.guards)


def _require_no_cache(function: Any) -> None:
    """That no cache such as ``functools.cache`` stands before a guard. It knows the arguments of a
    tool, and not the caller."""
    for one in reachable(function).values():
        own = getattr(one, "__dict__", {})
        if {"cache_clear", "cache_info"} <= {*dir(type(one)), *own}:
            # By what it wraps: among what it has kept may be a guard that it has made.
            for each in reachable(own.get("__wrapped__")).values():
                if _guards(each):
                    raise ConfigurationError(
                        f"the cache above requires() around {each.__qualname__} gives the result "
                        "for one caller to others: put the cache below @requires"
                    )


def _guards(one: Any) -> bool:
    return type(one) is FunctionType and one in _GUARDS
