"""Routers behind middlewares that keep their app in another place than an attribute ``app``."""

from __future__ import annotations

import functools
from typing import Any

import pytest
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


async def _as_post(app: Any, scope: Any, receive: Any, send: Any) -> None:
    await app({**scope, "method": "POST"}, receive, send)


class Slotted:
    """Keeps it in a slot."""

    __slots__ = ("inner",)

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As ASGI has it."""
        await _as_post(self.inner, scope, receive, send)


HIDING: dict[str, Any] = {
    "closure": lambda app: lambda *args: _as_post(app, *args),
    "partial": lambda app: functools.partial(_as_post, app),
    "slot": Slotted,
    "method": lambda app: Slotted(app).__call__,
}


@pytest.mark.parametrize("name", HIDING)
@pytest.mark.parametrize("where", ["around", "router"])
def test_no_endpoint_runs_for_a_preflight(where: str, name: str, guard: Guard, run: Run) -> None:
    """Also where the method is changed on the way."""
    ran: list[str] = []

    def view(request: Request) -> Response:
        ran.append(request.method)
        return PlainTextResponse("ran")

    routes = [Route("/", view, methods=["POST"])]
    ours = Middleware(CognitoMiddleware, guard=guard)
    app: Any = Router(routes=routes, middleware=[ours, Middleware(HIDING[name])])
    if where == "around":
        app = CognitoMiddleware(HIDING[name](Starlette(routes=routes)), guard=guard)
    lines = [b"Origin: https://a.example", b"Access-Control-Request-Method: POST"]
    run(lambda: http(app, "/", lines, method="OPTIONS"))
    assert ran == []


_inner: Any = None


async def _by_name(scope: Any, receive: Any, send: Any) -> None:
    await _inner(scope, receive, send)


def test_an_app_that_is_called_by_its_name(
    guard: Guard, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that calls a module's app holds it nowhere: it is found by the name."""
    ran: list[str] = []

    def view(request: Request) -> Response:
        ran.append(request.method)
        return PlainTextResponse("ran")

    routes = [Route("/", view, methods=["OPTIONS"])]
    monkeypatch.setitem(globals(), "_inner", Starlette(routes=routes))
    app = CognitoMiddleware(_by_name, guard=guard)
    lines = [b"origin: https://a.example", b"access-control-request-method: GET"]
    answer = run(lambda: http(app, "/", lines, method="OPTIONS"))

    assert (answer.status, ran) == (204, [])


def test_a_raw_app_behind_a_cors_middleware(guard: Guard, run: Run) -> None:
    """What the CORS middleware answers goes no further, and what it passes on neither."""
    ran: list[str] = []

    async def raw(scope: Any, receive: Any, send: Any) -> None:
        ran.append(scope["method"])

    class Strips:
        """Takes away what makes it a preflight for the one behind."""

        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            """As ASGI has it."""
            await self.app({**scope, "headers": []}, receive, send)

    inner = Strips(CORSMiddleware(raw, allow_origins=["*"]))
    app = CognitoMiddleware(inner, guard=guard)
    lines = [b"origin: https://a.example", b"access-control-request-method: GET"]
    answer = run(lambda: http(app, "/", lines, method="OPTIONS"))

    assert (answer.status, ran) == (204, [])


def test_a_mount_that_is_asked_again(guard: Guard, run: Run) -> None:
    """What a mount leads to is looked at once; each preflight is answered all the same."""
    inner = Starlette(routes=[Route("/", lambda request: PlainTextResponse("ran"))])
    app = CognitoMiddleware(Starlette(routes=[Mount("/sub", inner)]), guard=guard)
    lines = [b"origin: https://a.example", b"access-control-request-method: GET"]

    for _ in range(2):
        assert run(lambda: http(app, "/sub/", lines, method="OPTIONS")).status == 204
    assert run(lambda: http(app, "/nowhere", lines, method="OPTIONS")).status == 204
