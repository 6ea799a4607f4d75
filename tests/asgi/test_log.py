"""A refusal is found in the log, with the request that it was: Starlette, FastAPI, WebSockets."""

# No `from __future__ import annotations`: FastAPI reads those of functions within functions.

import logging
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from cognito_guard import Guard, Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.starlette import requires

from .conftest import Run
from .drive import DENIAL, http, websocket


def starlette_app(guard: Guard) -> Starlette:
    """Behind the middleware."""

    @requires(groups="admins")
    async def orders(request: Request) -> PlainTextResponse:
        return PlainTextResponse("orders")

    @requires(groups="admins")
    async def chat(ws: WebSocket) -> None:
        raise AssertionError

    inner = Mount("/inner", routes=[Route("/orders/{id}", orders, methods=["POST"])])
    routes = [Route("/orders/{id}", orders, methods=["POST"]), WebSocketRoute("/chat", chat), inner]
    return Starlette(routes=routes, middleware=[Middleware(CognitoMiddleware, guard=guard)])


def fastapi_app(guard: Guard) -> FastAPI:
    """By dependencies."""
    auth = CognitoAuth(guard)
    app, inner = FastAPI(), FastAPI()
    for one in (app, inner):

        @one.post("/orders/{id}")
        async def orders(user: Annotated[Identity, Depends(auth.require(groups="admins"))]) -> str:
            return user.subject

        @one.websocket("/chat")
        async def chat(
            ws: WebSocket, user: Annotated[Identity, Depends(auth.require(groups="admins"))]
        ) -> None:
            raise AssertionError

    app.mount("/inner", inner)
    return app


@pytest.fixture(params=[starlette_app, fastapi_app])
def app(request: pytest.FixtureRequest, pool: LocalUserPool) -> Any:
    """Each kind of app, with a guard that has said nothing yet."""
    return request.param(Guard(pool.trust()))


def refusals(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What the guard has said of refusals."""
    # Others speak on the same logger: keys that an earlier test's server does not serve any more.
    said = [(r.levelname, r.getMessage()) for r in caplog.records if r.name == "cognito_guard"]
    return [(level, text) for level, text in said if text.startswith("refused")]


def test_refusal_is_seen_by_default(
    app: Any, pool: LocalUserPool, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """As a warning, with method and path, and without the query or the token."""
    caplog.set_level(logging.WARNING)
    token = pool.access_token()
    lines = [f"Authorization: Bearer {token}".encode()]
    for path in ("/orders/17", f"/inner/orders/{token}"):
        more = {"query_string": b"code=s3cret", "method": "POST"}
        assert run(lambda path=path, more=more: http(app, path, lines, **more)).status == 403
    assert refusals(caplog) == [
        ("WARNING", "refused with 403: missing_group (POST /orders/17)"),
        ("WARNING", "refused with 403: missing_group (POST /inner/orders/...)"),
    ]


def test_everyday_refusals_are_info(
    app: Any, pool: LocalUserPool, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is to be woken by a client that has not signed in yet."""
    caplog.set_level(logging.INFO)
    old = f"Authorization: Bearer {pool.access_token(expires_in=-60)}".encode()
    for lines in ([], [old]):
        run(lambda lines=lines: http(app, "/orders/17", lines, method="POST"))
    assert refusals(caplog) == [
        ("INFO", "refused with 401: missing_credentials (POST /orders/17)"),
        ("INFO", "refused with 401: token_expired (POST /orders/17)"),
    ]


@pytest.mark.parametrize("extensions", [{}, DENIAL], ids=["close", "denial"])
def test_websocket(
    extensions: dict[str, Any],
    app: Any,
    pool: LocalUserPool,
    run: Run,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The same, however it is refused."""
    lines = [f"Authorization: Bearer {pool.access_token()}".encode()]
    run(lambda: websocket(app, "/chat", lines, extensions=extensions))
    ((level, said),) = refusals(caplog)
    assert level == "WARNING"
    assert said in (
        "refused with 403: missing_group (WEBSOCKET /chat)",
        "refused with 403: missing_group (GET /chat)",
    )
