"""Preflights in mounted apps: CORS middlewares answer behind any wrapper, and nobody else does."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, Router

from cognito_guard import Guard
from cognito_guard_asgi import CognitoMiddleware

from .conftest import Run
from .drive import http
from .test_preflight import PREFLIGHT, SHOP

Ran = list[str]


class Inner:
    """Keeps its app in an attribute of another name."""

    def __init__(self, app: Any) -> None:
        self.inner = app

    async def __call__(self, *args: Any) -> None:
        """As ASGI has it."""
        await self.inner(*args)


class Slotted:
    """Keeps it in a slot."""

    __slots__ = ("inner",)

    def __init__(self, app: Any) -> None:
        self.inner = app

    async def __call__(self, *args: Any) -> None:
        """As ASGI has it."""
        await self.inner(*args)


def in_a_closure(app: Any) -> Any:
    """A function."""

    async def wrapper(*args: Any) -> None:
        await app(*args)

    return wrapper


class OwnCORS(CORSMiddleware):
    """One that does something of its own first."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Then the same."""
        await super().__call__(scope, receive, send)


class PassingCORS(CORSMiddleware):
    """One that answers no preflight itself."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Go on."""
        await self.app(scope, receive, send)


class TwiceCORS(CORSMiddleware):
    """One that goes on by another name."""

    def __init__(self, app: Any, **more: Any) -> None:
        super().__init__(app, **more)
        self.again = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Go on."""
        await self.again(scope, receive, send)


WRAPPERS = {
    "nothing": lambda app: app,
    "attribute": Inner,
    "slot": Slotted,
    "closure": in_a_closure,
    "partial": lambda app: functools.partial(_call, app),
    "method": lambda app: Inner(app).__call__,
    "two": lambda app: Inner(in_a_closure(app)),
}


async def _call(app: Any, *args: Any) -> None:
    await app(*args)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("kind", [CORSMiddleware, OwnCORS])
@pytest.mark.parametrize("where", ["app", "router", "raw"])
def test_answers(wrapper: str, kind: Any, where: str, guard: Guard, run: Run) -> None:
    """A CORS middleware of a mounted app answers, whatever is around it."""
    ran: Ran = []

    def view(request: Request) -> Response:
        ran.append(request.method)
        return PlainTextResponse("ran")

    async def raw(scope: Any, receive: Any, send: Any) -> None:
        ran.append(scope["method"])

    routes = [Route("/orders", view, methods=["GET", "OPTIONS"])]
    cors = Middleware(kind, allow_origins=[SHOP])
    inner: Any = {
        "app": lambda: Starlette(routes=routes, middleware=[cors]),
        "router": lambda: Router(routes, middleware=[cors]),
        "raw": lambda: kind(raw, allow_origins=[SHOP]),
    }[where]()
    app = Starlette(
        routes=[Mount("/api", WRAPPERS[wrapper](inner))],
        middleware=[Middleware(CognitoMiddleware, guard=guard)],
    )
    for _ in range(2):
        answer = run(lambda: http(app, "/api/orders", PREFLIGHT, method="OPTIONS"))
        assert (answer.status, answer.all("access-control-allow-origin")) == (200, [SHOP])
    assert ran == []


@pytest.mark.parametrize("kind", [PassingCORS, TwiceCORS])
def test_does_not_answer(kind: Any, guard: Guard, run: Run) -> None:
    """One that is made from it and answers nothing lets nothing through either."""
    ran: Ran = []

    async def raw(scope: Any, receive: Any, send: Any) -> None:
        ran.append(scope["method"])

    app = CognitoMiddleware(
        Starlette(routes=[Mount("/api", kind(raw, allow_origins=[SHOP]))]), guard=guard
    )
    answer = run(lambda: http(app, "/api/orders", PREFLIGHT, method="OPTIONS"))
    assert (answer.status, ran) == (204, [])


_app = Starlette()


def _knows_by_name(ran: Ran, outer: Any) -> Any:
    async def raw(scope: Any, receive: Any, send: Any) -> None:
        ran.append(str(_app.state))

    return raw


def _knows_its_parent(ran: Ran, outer: Any) -> Any:
    async def raw(scope: Any, receive: Any, send: Any) -> None:
        ran.append(str(outer.state))

    return raw


def _knows_in_a_mount(ran: Ran, outer: Any) -> Any:
    return Router([Mount("/orders", _knows_its_parent(ran, outer))])


@pytest.mark.parametrize("make", [_knows_by_name, _knows_its_parent, _knows_in_a_mount])
@pytest.mark.parametrize("kind", [Starlette, FastAPI])
def test_apps_that_know_others(make: Any, kind: Any, guard: Guard, run: Run) -> None:
    """An ASGI app that knows the one that it is mounted in, or any by its name, is no way there."""
    ran: Ran = []
    outer = kind()
    outer.mount("/api", make(ran, outer))
    app = CognitoMiddleware(outer, guard=guard)
    for _ in range(2):
        answer = run(lambda: http(app, "/api/orders", PREFLIGHT, method="OPTIONS"))
        assert (answer.status, ran) == (204, [])


def test_an_endpoint_that_knows_an_app(guard: Guard, run: Run) -> None:
    """An endpoint is no way to an app that it makes use of."""
    ran: Ran = []
    other = Starlette()

    def view(request: Request) -> Response:
        ran.append(str(other.state))
        return PlainTextResponse("ran")

    app = Starlette(
        routes=[Route("/", view, methods=["GET", "OPTIONS"])],
        middleware=[Middleware(CognitoMiddleware, guard=guard)],
    )
    answer = run(lambda: http(app, "/", PREFLIGHT, method="OPTIONS"))
    assert (answer.status, ran) == (204, [])
