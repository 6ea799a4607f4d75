"""guarded: who reaches a handler, and the answer to who does not, in the form of each door."""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

import cognito_guard_lambda
from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Cookie,
    Guard,
    Identity,
    InvalidToken,
    KeysUnavailable,
    MissingCredentials,
    enforce,
    require_groups,
)
from cognito_guard.testing import LocalApiGateway, LocalUserPool
from cognito_guard_lambda import guarded
from cognito_guard_lambda.guarded import _COROUTINE, _VARARGS

from .conftest import MAKE, MakeEvent, bearer

Wrap = Callable[[Guard, Any], Callable[[Any], Any]]


def _sync(guard: Guard, **required: Any) -> Callable[[Any], Any]:
    @guarded(guard, **required)
    def handler(event: Any, context: Any, identity: Identity) -> Any:
        """Says who is calling."""
        return {"statusCode": 200, "body": identity.subject, "context": context}

    return lambda event: handler(event, "context")


def _async(guard: Guard, **required: Any) -> Callable[[Any], Any]:
    @guarded(guard, **required)
    async def handler(event: Any, context: Any, identity: Identity) -> Any:
        return {"statusCode": 200, "body": identity.subject, "context": context}

    return lambda event: asyncio.run(handler(event, "context"))


@pytest.fixture(params=[_sync, _async], ids=["sync", "async"])
def handled(request: pytest.FixtureRequest) -> Callable[..., Callable[[Any], Any]]:
    """Makes a guarded handler, and calls it."""
    found: Callable[..., Callable[[Any], Any]] = request.param
    return found


def test_who_may(make: MakeEvent, handled: Any, guard: Guard, pool: LocalUserPool) -> None:
    """The handler gets the event, the context and the caller, and its answer is the answer."""
    call = handled(guard, groups="admins")
    answer = call(make([bearer(pool, groups=["admins"])]))
    assert answer == {"statusCode": 200, "body": pool.subject("ada"), "context": "context"}


PROBLEM = {
    "status": 403,
    "title": "Forbidden",
    "detail": "The token lacks a scope that this API requires.",
    "error": "insufficient_scope",
    "reason": "missing_scope",
}
HEADERS = {
    "WWW-Authenticate": 'Bearer error="insufficient_scope", scope="orders/read"',
    "Cache-Control": "no-store",
    "Vary": "Authorization",
    "Content-Type": "application/problem+json",
}
SHAPES: dict[str, dict[str, Any]] = {
    "rest": {"headers": HEADERS},
    "http": {"headers": HEADERS, "cookies": []},
    "http-1.0": {"headers": HEADERS},
    "function-url": {"headers": HEADERS, "cookies": []},
    "load-balancer": {"headers": HEADERS, "statusDescription": "403 Forbidden"},
    "load-balancer-multi-value": {
        "multiValueHeaders": {name: [value] for name, value in HEADERS.items()},
        "statusDescription": "403 Forbidden",
    },
    "websocket": {"headers": HEADERS},
}


@pytest.mark.parametrize("kind", SHAPES)
def test_the_shape_of_a_refusal(kind: str, handled: Any, guard: Guard, pool: LocalUserPool) -> None:
    """Status, headers and body of the contract, in the members that this door looks at."""
    answer = handled(guard, scopes="orders/read")(MAKE[kind]([bearer(pool)]))
    body = answer.pop("body")
    assert json.loads(body) == PROBLEM
    assert answer == {"statusCode": 403, "isBase64Encoded": False, **SHAPES[kind]}
    json.dumps(answer)


def test_appsync_gets_the_error(handled: Any, guard: Guard, pool: LocalUserPool) -> None:
    """A resolver has no status: it raises, and the text begins with the reason."""
    call = handled(guard, groups="admins")
    for headers, error, text in (
        ([], MissingCredentials, "missing_credentials: "),
        ([bearer(pool)], AccessDenied, "missing_group: "),
        ([bearer(pool, expires_in=-1)], InvalidToken, "token_expired: "),
    ):
        with pytest.raises(error) as raised:
            call(MAKE["appsync"](headers))
        assert str(raised.value).startswith(text)


def test_a_cookie_is_dropped(kind: str, make: MakeEvent, pool: LocalUserPool) -> None:
    """A bad token in a cookie is dropped by the answer, where this door sets cookies."""
    guard = Guard(pool.trust(), carriers=[Cookie("token")])
    event = make([("Cookie", f"token={pool.access_token(expires_in=-1)}")])
    if kind == "appsync":
        with pytest.raises(InvalidToken):
            _sync(guard)(event)
        return
    answer = _sync(guard)(event)
    assert answer["statusCode"] == 401
    if kind in ("http", "function-url"):
        (cookie,) = answer["cookies"]
        assert "Set-Cookie" not in answer["headers"]
    elif kind == "load-balancer-multi-value":
        (cookie,) = answer["multiValueHeaders"]["Set-Cookie"]
    else:
        cookie = answer["headers"]["Set-Cookie"]
    assert cookie.startswith("token=; expires=")


@pytest.mark.parametrize("kind", ["rest", "http", "function-url", "load-balancer"])
def test_preflights(kind: Any, handled: Any, guard: Guard, pool: LocalUserPool) -> None:
    """No handler runs for one, though it has a good token, and nothing is refused."""
    gateway = LocalApiGateway(print, kind)
    preflight = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "GET")]
    answer = handled(guard)(gateway.event("/", [*preflight, bearer(pool)], method="OPTIONS"))
    assert answer["statusCode"] == 204
    assert not any(answer.get(name) for name in ("headers", "multiValueHeaders", "cookies", "body"))
    answer = handled(guard)(gateway.event("/", preflight[:1], method="OPTIONS"))
    assert answer["statusCode"] == 401


def test_a_refusal_by_the_handler(handled: Any, guard: Guard, pool: LocalUserPool) -> None:
    """What the handler itself refuses is answered by the contract; its other errors stay errors."""
    raised: list[BaseException] = []

    @guarded(guard)
    def sync(event: Any, context: Any, identity: Identity) -> Any:
        if raised:
            raise raised[0]
        enforce(require_groups("admins"), identity)

    @guarded(guard)
    async def run(event: Any, context: Any, identity: Identity) -> Any:
        if raised:
            raise raised[0]
        enforce(require_groups("admins"), identity)

    event = MAKE["http"]([bearer(pool)])
    for call in (lambda: sync(event, None), lambda: asyncio.run(run(event, None))):
        assert json.loads(call()["body"])["reason"] == "missing_group"
    raised.append(KeysUnavailable(7))
    for call in (lambda: sync(event, None), lambda: asyncio.run(run(event, None))):
        assert (call()["statusCode"], call()["headers"]["Retry-After"]) == (503, "7")
    raised[:] = [KeyError("orders")]
    for call in (lambda: sync(event, None), lambda: asyncio.run(run(event, None))):
        with pytest.raises(KeyError, match="orders"):
            call()


def test_an_object_whose_call_is_async(guard: Guard, pool: LocalUserPool) -> None:
    """It is a handler that is async: what it raises is an answer."""

    class Handler:
        async def __call__(self, event: Any, context: Any, identity: Identity) -> None:
            enforce(require_groups("admins"), identity)

    answer = asyncio.run(guarded(guard)(Handler())(MAKE["http"]([bearer(pool)]), None))
    assert json.loads(answer["body"])["reason"] == "missing_group"
    with pytest.raises(ConfigurationError, match="not async"):
        guarded(guard, trust_authorizer="lambda")(Handler())


def test_an_event_of_another_kind(handled: Any, guard: Guard) -> None:
    """What is no request raises, and no handler runs."""
    for event in ({"Records": []}, {"methodArn": "x", "type": "TOKEN"}, None):
        with pytest.raises(ConfigurationError):
            handled(guard)(event)


def test_mistakes(guard: Guard) -> None:
    """What could guard nothing is an error when it is written."""
    for wrong in (None, "guard", Guard):
        with pytest.raises(ConfigurationError):
            guarded(wrong)  # type: ignore[arg-type]
    for required in ({"groups": []}, {"scopes": ""}, {"policy": bool}, {"mfa": "yes"}):
        with pytest.raises(ConfigurationError):
            guarded(guard, **required)
    for handler in (None, 5, dict):
        with pytest.raises(ConfigurationError):
            guarded(guard)(handler)  # type: ignore[arg-type]


def test_a_forgotten_decorator(guard: Guard) -> None:
    """A handler that takes the caller cannot be called by Lambda without the decorator; and what is
    decorated twice is an error."""

    def handler(event: Any, context: Any, identity: Identity) -> Any:
        """The docstring."""

    with pytest.raises(TypeError):
        handler(MAKE["http"]([]), None)  # type: ignore[call-arg]
    once = guarded(guard)(handler)
    assert (once.__name__, once.__doc__) == ("handler", "The docstring.")
    with pytest.raises(ConfigurationError, match=r"^handler cannot take the event"):
        guarded(guard)(once)  # type: ignore[arg-type]


HANDLERS: list[Any] = [
    lambda: None,
    lambda event: None,
    lambda event, context: None,
    lambda event, context, identity: None,
    lambda event, context, identity=None: None,
    lambda event, context, identity, /: None,
    lambda event, context, identity, more: None,
    lambda event, context, identity, more=1: None,
    lambda event, context, *, identity: None,
    lambda event, context, identity, *, more: None,
    lambda event, context, identity, *, more=1: None,
    lambda *arguments: None,
    lambda event, context, *arguments: None,
    lambda *arguments, more: None,
    lambda event, context, **named: None,
    lambda event, context, identity, **named: None,
]


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda each: str(inspect.signature(each)))
def test_what_cannot_take_the_caller(handler: Any, guard: Guard) -> None:
    """It could never be called, so it is an error when it is written: as a rule, the route of a
    framework, whose decorator below has taken the bare function."""
    try:
        inspect.signature(handler).bind(1, 2, 3)
    except TypeError:
        with pytest.raises(ConfigurationError, match="right above a handler that takes all three"):
            guarded(guard)(handler)
    else:
        guarded(guard)(handler)


def test_what_a_function_is_said_to_be_is_what_inspect_says() -> None:
    """The flags are those of ``inspect``, which is not loaded for a plain handler."""
    assert (inspect.CO_COROUTINE, inspect.CO_VARARGS) == (_COROUTINE, _VARARGS)


def test_names_are_loaded_when_they_are_used() -> None:
    """Every public name is there, also for whoever lists them, and no other is."""
    assert set(cognito_guard_lambda.__all__) <= set(dir(cognito_guard_lambda))
    for name in cognito_guard_lambda.__all__:
        assert getattr(cognito_guard_lambda, name).__name__ == name
    for name in cognito_guard_lambda._LATER:
        vars(cognito_guard_lambda).pop(name, None)
        assert getattr(cognito_guard_lambda, name).__name__ == name
    with pytest.raises(AttributeError, match="'cognito_guard_lambda' has no attribute 'handle'"):
        cognito_guard_lambda.handle  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.12 has markcoroutinefunction")
def test_a_function_that_is_marked_as_async(guard: Guard) -> None:
    """It counts as one, although its code is none."""
    handler = inspect.markcoroutinefunction(lambda event, context, identity: None)
    with pytest.raises(ConfigurationError, match="not async"):
        guarded(guard, trust_authorizer="jwt")(handler)
