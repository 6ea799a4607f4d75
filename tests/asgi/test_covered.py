"""Endpoints that are guarded in one place and bare in another, where the middleware asks too."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.websockets import WebSocket

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.starlette import requires

from ..raw import bearer
from .conftest import Run
from .drive import http, websocket


def _subclassing(cls: Any) -> Any:
    class Made(cls):  # type: ignore[misc]
        """What a class decorator makes."""

    return Made


def endpoints(decorate: Any) -> dict[str, Any]:
    """Bare endpoints; around each, a guard was put as well."""

    async def view(request: Request) -> Response:
        return PlainTextResponse("ran")

    class Page(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            return PlainTextResponse("ran")

    return {"view": (view, decorate(view)), "class": (Page, decorate(_subclassing(Page)))}


ASKS = {
    "a caller": (requires(), True),
    "a group": (requires(groups="admins"), False),
    "a scope": (requires(scopes="a"), False),
    "a role": (requires(roles="editor"), False),
    "a policy": (requires(policy=lambda identity: None), False),
}


@pytest.mark.parametrize("asks", ASKS)
@pytest.mark.parametrize("name", ["view", "class"])
@pytest.mark.parametrize("required", [True, False])
def test_bare_behind_the_middleware(
    asks: str, name: str, required: bool, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """Where the middleware lets nobody in without a credential, a guard that asks for no more than
    a caller is not missed; any other is, and so is one behind a middleware that lets in all."""
    decorate, is_enough = ASKS[asks]
    bare, kept = endpoints(decorate)[name]
    app = Starlette(
        routes=[Route("/", bare)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=required)],
    )
    lines = [bearer(pool.access_token(groups=["admins"], scopes=["a"], role="editor"))]
    if is_enough and required:
        assert run(lambda: http(app, "/", lines)).body == b"ran"
        assert run(lambda: http(app, "/")).status == 401
    else:
        with pytest.raises(ConfigurationError, match="guards nothing"):
            run(lambda: http(app, "/", lines))
    del kept


def test_exempt(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """An exempt path has no caller."""
    bare, kept = endpoints(requires())["view"]
    app = Starlette(
        routes=[Route("/", bare)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, exempt=["/"])],
    )
    with pytest.raises(ConfigurationError, match="guards nothing"):
        run(lambda: http(app, "/", [bearer(pool.access_token())]))
    del kept


def test_the_outer_middleware_asks(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """One further out asks for everything behind it."""
    bare, kept = endpoints(requires())["view"]
    inner = Starlette(
        routes=[Route("/", bare)],
        middleware=[Middleware(CognitoMiddleware, guard=Guard(pool.trust()), required=False)],
    )
    app = CognitoMiddleware(Starlette(routes=[Mount("/", inner)]), guard=guard)
    assert run(lambda: http(app, "/", [bearer(pool.access_token())])).body == b"ran"
    del kept


def test_a_guard_that_comes_later(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A guard that asks for more is missed as soon as there is one, and none is asked twice."""
    bare, kept = endpoints(requires())["view"]
    app = Starlette(
        routes=[Route("/", bare)], middleware=[Middleware(CognitoMiddleware, guard=guard)]
    )
    lines = [bearer(pool.access_token())]
    for _ in range(3):
        again = requires()(bare)
        assert run(lambda: http(app, "/", lines)).body == b"ran"
    more = requires(groups="admins")(bare)
    with pytest.raises(ConfigurationError, match="guards nothing"):
        run(lambda: http(app, "/", lines))
    del kept, again, more


def test_included_sockets(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """The same for WebSockets that FastAPI includes, beside pages."""
    router = APIRouter()

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()

    router.websocket("/live")(socket)
    router.get("/page")(lambda: "page")
    kept = requires()(socket)
    app = FastAPI()
    app.include_router(router)
    app.add_middleware(CognitoMiddleware, guard=guard)
    lines = [bearer(pool.access_token())]
    assert run(lambda: websocket(app, "/live", lines))[0]["type"] == "websocket.accept"
    assert run(lambda: http(app, "/page", lines)).body == b'"page"'
    more = requires(groups="admins")(socket)
    with pytest.raises(ConfigurationError, match="guards nothing"):
        run(lambda: websocket(app, "/live", lines))
    assert run(lambda: http(app, "/page", lines)).body == b'"page"'
    del kept, more
