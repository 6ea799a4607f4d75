"""guarded: the decorator that lets only the callers reach a handler who may."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Iterable
from types import FunctionType
from typing import Any, TypeAlias, TypeVar, cast

from cognito_guard import (
    AuthError,
    ConfigurationError,
    Guard,
    Identity,
    KeysUnavailable,
    PolicyLike,
    build_policy,
    enforce,
)

from .events import AuthorizerKind, Event, Kind
from .outcome import Outcome
from .request import Request

__all__ = ["checked_guard", "guarded"]

# `inspect.CO_COROUTINE`. To import `inspect` costs a cold start as much as all of this package.
_COROUTINE = 0x80
_VARARGS = 0x04  # likewise `inspect.CO_VARARGS`

Names: TypeAlias = str | Iterable[str]
R = TypeVar("R")
Handler: TypeAlias = Callable[[Any, Any, Identity], R]
Guarded: TypeAlias = Callable[[Any, Any], Any]


def guarded(
    guard: Guard,
    *,
    groups: Names | None = None,
    scopes: Names | None = None,
    roles: Names | None = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
    trust_authorizer: AuthorizerKind | None = None,
    no_commas_in_groups: bool = False,
) -> Callable[[Handler[Any]], Guarded]:
    """Let only callers who meet all requirements reach a handler. Without a requirement, every
    authenticated caller may.

    The handler takes three arguments: ``event``, ``context``, and the caller, an
    :class:`~cognito_guard.Identity`. A refused caller gets the answer of the HTTP contract, in the
    format of the event source. An AppSync resolver raises the error instead, and its text begins
    with the reason: AppSync has no other answer. CORS preflights reach no handler.

    ``trust_authorizer``, ``no_commas_in_groups``: trust the authorizer in front of the function
    instead of verifying the token, see :func:`~cognito_guard_lambda.trust_authorizer`. For handlers
    that are not async.

    Handlers may be async; the decorated handler is then async too. Raises
    :class:`~cognito_guard.ConfigurationError` for an empty or wrong requirement, for a function
    that cannot take the three, and when it is called with an event that is not a request.
    """
    checked_guard(guard)
    needed = build_policy(
        groups=groups,
        scopes=scopes,
        roles=roles,
        acr=acr,
        mfa=mfa,
        max_age=max_age,
        policy=policy,
    )

    if trust_authorizer is None:
        if no_commas_in_groups:
            raise ConfigurationError("no_commas_in_groups is for trust_authorizer")

        def identify(request: Request) -> Identity:
            return guard.authenticate(request.headers())
    else:
        from .trusted import checked_authorizer, read_word, trust_word

        checked_authorizer(trust_authorizer, no_commas_in_groups)
        word_in = functools.partial(
            read_word,
            authorizer=trust_authorizer,
            pools=guard.user_pools,
            no_commas_in_groups=no_commas_in_groups,
        )

        def identify(request: Request) -> Identity:
            return trust_word(guard, request.read_by(word_in))

    def refuse(request: Request, error: AuthError | KeysUnavailable) -> dict[str, Any]:
        challenge = guard.challenge(error)  # which notes the refusal in the log as well
        if request.kind is Kind.APPSYNC:
            raise error
        return request.refusal(challenge)

    def decorate(handler: Handler[Any]) -> Guarded:
        if isinstance(handler, type) or not callable(handler):
            raise ConfigurationError("guarded() decorates functions that handle events")
        # Most often it is above the decorator of a route, which has the bare function already.
        if type(handler) is FunctionType and not _takes_three(handler):
            raise ConfigurationError(
                f"{handler.__name__} cannot take the event, the context and the identity; put "
                "guarded() right above a handler that takes all three (routes of Powertools are "
                "guarded by requires of cognito_guard_lambda.powertools)"
            )
        if _is_async(handler):
            if trust_authorizer is not None:
                raise ConfigurationError("trust_authorizer is for handlers that are not async")
            run = cast("Handler[Awaitable[Any]]", handler)

            @functools.wraps(handler)
            async def ahandle(event: Event, context: object) -> Any:
                read = Outcome(Request, event)
                del event  # it has the credential: see `authenticate`
                request = read.get()
                if request.is_preflight:
                    return request.preflight_answer()
                try:
                    identity = await guard.aauthenticate(request.headers())
                    enforce(needed, identity)
                except (AuthError, KeysUnavailable) as error:
                    return refuse(request, error)
                try:
                    return await request.handled_by(run, context, identity)
                except (AuthError, KeysUnavailable) as error:
                    return refuse(request, error)

            return _without_signature(ahandle)

        @functools.wraps(handler)
        def handle(event: Event, context: object) -> Any:
            read = Outcome(Request, event)
            del event
            request = read.get()
            if request.is_preflight:
                return request.preflight_answer()
            try:
                identity = identify(request)
                enforce(needed, identity)
            except (AuthError, KeysUnavailable) as error:
                return refuse(request, error)
            try:
                return request.handled_by(handler, context, identity)
            except (AuthError, KeysUnavailable) as error:
                return refuse(request, error)

        return _without_signature(handle)

    return decorate


def _is_async(handler: Handler[Any]) -> bool:
    """Also of an object whose call is async: what it raises would never become an answer."""
    if type(handler) is FunctionType and not vars(handler):
        return bool(handler.__code__.co_flags & _COROUTINE)
    import inspect

    called = getattr(type(handler), "__call__", None)  # noqa: B004 - what it is, not whether
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(called)


def _takes_three(handler: FunctionType) -> bool:
    """Whether a function can be called with three arguments, as ``inspect.signature`` would say."""
    code = handler.__code__
    needed = code.co_argcount - len(handler.__defaults__ or ())
    has_room = code.co_argcount >= 3 or bool(code.co_flags & _VARARGS)
    named = code.co_kwonlyargcount - len(handler.__kwdefaults__ or {})
    return needed <= 3 and has_room and not named


def checked_guard(guard: object) -> Guard:
    """A guard, or a :class:`ConfigurationError`."""
    if not isinstance(guard, Guard):
        raise ConfigurationError("the first argument must be a cognito_guard.Guard")
    return guard


def _without_signature(handle: Any) -> Guarded:
    # The handler takes one argument more than what is decorated does.
    del handle.__wrapped__
    return cast("Guarded", handle)
