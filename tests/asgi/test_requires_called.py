"""``requires`` where the caller of the guarded function does not answer with what it returns."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from cognito_guard import AuthError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.starlette import requires

from ..raw import bearer
from .conftest import Run
from .drive import DENIAL, denied, http, websocket

admins = requires(groups="admins")

Ran = list[str]


@admins
async def is_admin(request: Request) -> str:
    """A guard, and nothing else."""
    return request.user.username


@admins
def is_admin_sync(request: Request) -> str:
    """The same in a thread."""
    return request.user.username


@admins
async def may_talk(websocket: WebSocket) -> str:
    """For a WebSocket."""
    return websocket.user.username


@admins
def may_talk_sync(websocket: WebSocket) -> str:
    """For a WebSocket, in a thread."""
    return websocket.user.username


def of_a_route(guard: Guard, check: Any, ran: Ran) -> Any:
    """A dependency of one route."""
    app = FastAPI()

    @app.get("/", dependencies=[Depends(check)])
    def page() -> None:
        ran.append("ran")

    @app.websocket("/", dependencies=[Depends(check)])
    async def socket(websocket: WebSocket) -> None:
        ran.append("ran")
        await websocket.accept()

    return app


def of_a_parameter(guard: Guard, check: Any, ran: Ran) -> Any:
    """The default of a parameter of the route's."""
    app = FastAPI()

    @app.get("/")
    def page(name: Any = Depends(check)) -> None:  # noqa: B008
        ran.append(name)

    @app.websocket("/")
    async def socket(websocket: WebSocket, name: Any = Depends(check)) -> None:  # noqa: B008
        ran.append(name)
        await websocket.accept()

    return app


def of_a_router(guard: Guard, check: Any, ran: Ran) -> Any:
    """A dependency of a router, beside one of ours."""
    router = APIRouter(dependencies=[Depends(CognitoAuth(guard).optional), Depends(check)])
    router.get("/")(lambda: ran.append("ran"))

    async def socket(websocket: WebSocket) -> None:
        ran.append("ran")
        await websocket.accept()

    router.websocket("/")(socket)
    app = FastAPI()
    app.include_router(router)
    return app


def of_a_view(guard: Guard, check: Any, ran: Ran) -> Any:
    """Something that the endpoint calls itself."""

    async def call(connection: HTTPConnection) -> None:
        answer = check(connection)
        if hasattr(answer, "__await__"):
            await answer
        ran.append("ran")

    async def page(request: Request) -> Response:
        await call(request)
        return PlainTextResponse("ran")

    async def socket(websocket: WebSocket) -> None:
        await call(websocket)
        await websocket.accept()

    return Starlette(routes=[Route("/", page), WebSocketRoute("/", socket)])


def of_a_class(guard: Guard, check: Any, ran: Ran) -> Any:
    """Something that the method of a class calls."""

    class Page(HTTPEndpoint):
        check = staticmethod(is_admin)

        async def get(self, request: Request) -> Response:
            await self.check(request)
            ran.append("ran")
            return PlainTextResponse("ran")

    class Socket(WebSocketEndpoint):
        check = staticmethod(may_talk)

        async def on_connect(self, websocket: WebSocket) -> None:
            await self.check(websocket)
            ran.append("ran")
            await websocket.accept()

    return Starlette(routes=[Route("/", Page), WebSocketRoute("/", Socket)])


CALLERS = [of_a_route, of_a_parameter, of_a_router, of_a_view, of_a_class]

each_caller = pytest.mark.parametrize("make", CALLERS, ids=lambda one: one.__name__)


@each_caller
@pytest.mark.parametrize("check", [is_admin, is_admin_sync], ids=["async", "sync"])
def test_http(make: Any, check: Any, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """Whoever takes no notice of what the guard returns goes no further, and the answer is the
    challenge."""
    ran: Ran = []
    app = CognitoMiddleware(make(guard, check, ran), guard=guard, required=False)
    for lines, status in (([], 401), ([bearer(pool.access_token())], 403)):
        answer = run(lambda lines=lines: http(app, "/", lines))
        assert (answer.status, ran) == (status, [])
        assert answer.all("www-authenticate")[0].startswith("Bearer")
    ada = [bearer(pool.access_token("ada", groups=["admins"]))]
    assert run(lambda: http(app, "/", ada)).status == 200
    assert len(ran) == 1


@each_caller
@pytest.mark.parametrize("check", [may_talk, may_talk_sync], ids=["async", "sync"])
def test_websockets(make: Any, check: Any, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """The same for WebSockets, which are refused before they are accepted."""
    ran: Ran = []
    app = CognitoMiddleware(make(guard, check, ran), guard=guard, required=False)
    for lines, status in (([], 401), ([bearer(pool.access_token())], 403)):
        sent = run(lambda lines=lines: websocket(app, "/", lines, extensions=DENIAL))
        assert (denied(sent).status, ran) == (status, [])
    ada = [bearer(pool.access_token("ada", groups=["admins"]))]
    assert run(lambda: websocket(app, "/", ada))[0]["type"] == "websocket.accept"
    assert len(ran) == 1


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AuthError)
    return PlainTextResponse(str(error.reason), 418)


def test_the_users_own_handler(guard: Guard, run: Run) -> None:
    """A handler of the app's for ``AuthError`` renders what is raised, and nothing of what
    ``requires`` answers as an endpoint."""
    app = FastAPI(exception_handlers={AuthError: _refused})
    app.get("/raised", dependencies=[Depends(is_admin)])(lambda: "ran")
    app.add_route("/answered", is_admin)
    app.add_middleware(CognitoMiddleware, guard=guard, required=False)
    raised = run(lambda: http(app, "/raised"))
    assert (raised.status, raised.body) == (418, b"missing_credentials")
    assert run(lambda: http(app, "/answered")).status == 401


def _said(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return wrapper


class _Methods(HTTPEndpoint):
    @_said
    @admins
    async def get(self, request: Request) -> Response:
        """Answers HEAD as well."""
        return PlainTextResponse("ran")

    @admins
    async def post(self, request: Request) -> Response:
        return PlainTextResponse("ran")

    @admins
    async def bound(self, request: Request) -> Response:
        """For a route of its own."""
        return PlainTextResponse("ran")


def _ring() -> Any:
    @admins
    async def view(request: Request) -> Response:
        return PlainTextResponse("ran")

    async def ring(request: Request) -> Any:
        return await view(request)

    vars(ring)["__wrapped__"] = ring
    return ring


ENDPOINTS = {
    "function": is_admin,
    "wrapped": _said(is_admin),
    "partial": functools.partial(_said(is_admin)),
    "method": _Methods({"type": "http"}, None, None).bound,  # type: ignore[arg-type]
    "class": _Methods,
    "mounted": Starlette(routes=[Route("/", is_admin)]),
}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_what_is_answered(name: str, guard: Guard, run: Run) -> None:
    """Where the guard is the endpoint, what it returns is the answer: middlewares inside of ours
    put their headers on it."""
    endpoint: Any = ENDPOINTS[name]
    route: Any = Mount("/", endpoint) if name == "mounted" else Route("/", endpoint)
    app = Starlette(
        routes=[route],
        middleware=[
            Middleware(CognitoMiddleware, guard=guard, required=False),
            Middleware(CORSMiddleware, allow_origins=["*"]),
        ],
    )
    for method in ("GET", "HEAD", "POST") if name == "class" else ("GET",):
        lines = [b"origin: https://a.example"]
        answer = run(lambda lines=lines, method=method: http(app, "/", lines, method=method))
        assert answer.status == 401
        assert answer.all("access-control-allow-origin") == ["*"]


def test_a_wrapper_that_wraps_itself(guard: Guard, run: Run) -> None:
    """What a wrapper says leads round in a ring: the guard is asked all the same."""
    app = Starlette(
        routes=[Route("/", _ring())],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False)],
    )
    assert run(lambda: http(app, "/")).status == 401
