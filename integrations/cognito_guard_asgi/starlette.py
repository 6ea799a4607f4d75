"""``requires`` and ``enforce`` for Starlette: what a caller must have to reach an endpoint."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterable, Awaitable, Callable
from typing import Any, TypeAlias, TypeVar, cast, final, overload

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketState

from cognito_guard import (
    AuthError,
    Challenge,
    ConfigurationError,
    Identity,
    Policy,
    PolicyLike,
    build_policy,
)
from cognito_guard import enforce as enforce_policy

from .caller import Caller, caller_of
from .classes import guard_class
from .endpoints import answers_with
from .held import Call, Exchange
from .lasting import LastingStream, LastingWebSocket
from .lost import note
from .refusal import (
    POLICY_VIOLATION,
    Page,
    Scope,
    challenge,
    content_type,
    header_values,
    raw_headers,
    refuse,
)

__all__ = [
    "Answer",
    "Names",
    "caller_with",
    "enforce",
    "guarding",
    "requires",
    "response_of",
    "stream_until_refused",
    "until_refused",
]

Answer: TypeAlias = Callable[[Caller, Scope, AuthError | None], Challenge | Page | None]
"""Gives the answer to a caller who may not pass, and why; ``None`` for one who may."""

E = TypeVar("E", bound=Callable[..., Any])
Names: TypeAlias = str | list[str] | tuple[str, ...]
T = TypeVar("T")


@overload
def requires(endpoint: E, /) -> E: ...
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
) -> Callable[[E], E]: ...
def requires(
    *endpoint: Any,
    groups: Names | None = None,
    scopes: Names | None = None,
    roles: Names | None = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
) -> Any:
    """Protect an endpoint: the caller must have everything that is named. Without arguments, any
    authenticated caller passes.

    Works for functions and methods, sync and async, with a parameter that is the ``Request`` or the
    ``WebSocket``, and for ``HTTPEndpoint`` and ``WebSocketEndpoint`` classes. Needs
    :class:`~cognito_guard_asgi.CognitoMiddleware` around the app. ``policy`` is any callable that
    takes an ``Identity``, such as ``require_groups("a") | require_scopes("b")``.

    A refusal is answered with the challenge, and the endpoint does not run. A WebSocket that was
    already accepted is closed with code 1008. If the function is not called by Starlette, as when
    FastAPI calls a dependency, it raises the ``AuthError``, and the middleware answers it.

    Raises ``ConfigurationError`` when the decorator is applied, for an empty or wrong requirement
    or an unsupported endpoint. At a request, raises it if the middleware is missing.
    """
    required = build_policy(
        groups=groups, scopes=scopes, roles=roles, acr=acr, mfa=mfa, max_age=max_age, policy=policy
    )
    named = (groups, scopes, roles, acr, max_age, policy)
    asks_more = mfa or any(one is not None for one in named)
    decorate = guarding(required, _challenge, verb="requires", asks_more=asks_more)
    # A decorator below may have given None, which is not none.
    return decorate(*endpoint) if endpoint else decorate


def guarding(required: Policy, answer: Answer, *, verb: str, asks_more: bool) -> Callable[[E], E]:
    """The decorator that stands before an endpoint. ``verb``: what a user calls it. ``asks_more``:
    than for a caller."""

    def decorate(endpoint: E) -> E:
        if inspect.isclass(endpoint):
            guarded = guard_class(endpoint, required, _of_class(answer), verb)
            note(guarded, endpoint, verb=verb, asks_more=asks_more)
            return cast("E", guarded)
        if not _is_plain_function(endpoint):
            raise ConfigurationError(
                f"{verb}() takes functions, and HTTPEndpoint and WebSocketEndpoint classes, and "
                f"not {type(endpoint).__name__}; a decorator below it may return that"
            )
        kind = _guard_async if inspect.iscoroutinefunction(endpoint) else _guard_sync
        guarded = kind(endpoint, required, answer, verb)
        note(guarded, endpoint, verb=verb, asks_more=asks_more)
        return cast("E", guarded)

    return decorate


def enforce(connection: HTTPConnection, policy: PolicyLike | None = None) -> Identity:
    """Return the caller of a ``Request`` or ``WebSocket``, if there is one and the policy accepts
    them. Use it inside an endpoint.

    Raises the ``AuthError`` of the refusal, which :class:`~cognito_guard_asgi.CognitoMiddleware`
    answers. Without the middleware, raises ``ConfigurationError``.
    """
    known = caller_of(connection.scope)
    del connection
    caller = _checked(known)
    if caller.identity is None:
        raise caller.missing()
    if policy is not None:
        enforce_policy(policy, caller.identity)
    return caller.identity


def until_refused(
    websocket: WebSocket, policy: PolicyLike | None = None, *, every: float = 30.0
) -> LastingWebSocket:
    """Serve a WebSocket only while its caller is accepted:
    ``async with until_refused(websocket):``.

    The guard checks the same token or session again when the token expires, and every ``every``
    seconds. So does the policy. On a refusal, the block is cancelled, and the WebSocket is closed
    with code 1008 and the reason, or with 1013 if the guard cannot decide (503). For a user who
    signed in with a browser, the session counts, and continues with new tokens. Works under asyncio
    and trio. Raises ``ConfigurationError``.
    """
    return LastingWebSocket(websocket, _asking(websocket, policy), every)


def stream_until_refused(
    request: HTTPConnection,
    items: AsyncIterable[T],
    policy: PolicyLike | None = None,
    *,
    every: float = 30.0,
) -> LastingStream[T]:
    """The same for a stream: ``StreamingResponse(stream_until_refused(request, items()))`` ends
    when the caller is refused.
    """
    return LastingStream(items, _asking(request, policy), every)


def _asking(connection: HTTPConnection, policy: PolicyLike | None) -> Callable[[], Any]:
    caller = _checked(caller_of(connection.scope))
    # In an object that says nothing of it: see `held`.
    return _Asking(caller, Exchange(connection.scope, _nothing, _nothing), policy)


@final
class _Asking:
    """Asks the guard about a connection once more."""

    def __init__(self, caller: Caller, held: Exchange, policy: PolicyLike | None) -> None:
        self._caller = caller
        self._held = held
        self._policy = None if policy is None else Policy(policy)

    async def __call__(self) -> Identity:
        identity = await self._identity()
        if self._policy is not None:
            enforce_policy(self._policy, identity)
        return identity

    def _identity(self) -> Awaitable[Identity]:
        caller = self._caller
        if caller.session is not None and caller.signed_in is not None:
            return caller.signed_in.identity_anew(caller, self._held)
        return caller.guard.aauthenticate(header_values(self._held.scope))


def _checked(caller: Caller | None) -> Caller:
    if caller is None:
        raise ConfigurationError(
            "requires() needs CognitoMiddleware around the app, and so does enforce(); "
            "login_required() needs CognitoMiddleware(login=...)"
        )
    return caller


def _challenge(caller: Caller, scope: Scope, error: AuthError | None) -> Challenge | None:
    """The answer of ``requires``."""
    held = Exchange(scope, _nothing, _nothing)
    del scope  # it has the credential, and listeners and log handlers may report what they see
    return None if error is None else challenge(caller.guard, held.scope, error)


def _of_class(answer: Answer) -> Callable[[Scope, Policy], Challenge | Page | None]:
    """The same question, as classes ask it."""

    def refusal(scope: Scope, policy: Policy) -> Challenge | Page | None:
        held = Exchange(scope, _nothing, _nothing)
        del scope  # it has the credential, and a policy may fail
        caller = _checked(caller_of(held.scope))
        return answer(caller, held.scope, caller_with(caller, policy))

    return refusal


async def _nothing(*_: object) -> Any:
    """Nobody is to read or to send here."""
    raise AssertionError  # pragma: no cover


def caller_with(caller: Caller, policy: Policy) -> AuthError | None:
    """Why a caller may not pass; ``None`` for one who may."""
    try:
        if caller.identity is None:
            raise caller.missing()
        enforce_policy(policy, caller.identity)
    except AuthError as error:
        return error
    return None


def _is_plain_function(endpoint: object) -> bool:
    """Whether a refusal can take the place of what ``endpoint`` returns."""
    while isinstance(endpoint, functools.partial):
        endpoint = endpoint.func
    generates = inspect.isgeneratorfunction(endpoint) or inspect.isasyncgenfunction(endpoint)
    return inspect.isroutine(endpoint) and not generates


def _caller_in(call: Call, verb: str) -> Caller:
    """Who has sent the Request or WebSocket among the arguments, which the call then knows."""
    found = call.find_connection(Request, WebSocket)
    if not found:
        raise ConfigurationError(
            f"{verb}() found no Request and no WebSocket among the arguments of the endpoint"
        )
    # One of them may be made up, or belong to another request.
    if any(one is not found[0] for one in found):
        raise ConfigurationError(
            f"{verb}() found the Requests of several callers among the arguments of the endpoint"
        )
    return _checked(found[0])


def response_of(answer: Challenge | Page) -> Response:
    """An answer as Starlette has it."""
    headers = Headers(raw=raw_headers(answer))
    return Response(answer.body, answer.status, headers, content_type(answer))


def _guard_async(
    endpoint: Callable[..., Any], policy: Policy, ask: Answer, verb: str
) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    async def guarded(*args: Any, **kwargs: Any) -> Any:
        call = Call(endpoint, args, kwargs)
        del args, kwargs
        caller = _caller_in(call, verb)
        error = caller_with(caller, policy)
        if error is not None and not answers_with(guarded, call.connection.scope):
            raise error
        answer = ask(caller, call.connection.scope, error)
        if answer is None:
            return await call()
        if isinstance(call.connection, Request):
            return response_of(answer)
        if call.connection.application_state is WebSocketState.CONNECTING:
            # Through the WebSocket's own `send`, so that its state stays true.
            await refuse(call.connection.scope, call.connection.send, answer)
        else:
            await call.connection.close(POLICY_VIOLATION, str(answer.problem["reason"]))
        return None

    return guarded


def _guard_sync(
    endpoint: Callable[..., Any], policy: Policy, ask: Answer, verb: str
) -> Callable[..., Any]:
    @functools.wraps(endpoint)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        call = Call(endpoint, args, kwargs)
        del args, kwargs
        caller = _caller_in(call, verb)
        error = caller_with(caller, policy)
        if error is not None and not (
            isinstance(call.connection, Request) and answers_with(guarded, call.connection.scope)
        ):
            raise error
        answer = ask(caller, call.connection.scope, error)
        return call() if answer is None else response_of(answer)

    return guarded
