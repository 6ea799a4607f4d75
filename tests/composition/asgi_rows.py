"""Starlette, FastAPI and plain ASGI."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from cognito_guard import Guard
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.starlette import enforce, requires
from example_apps.serving import serve

from .row import Preflight, Ran, Row

Make = Callable[[Guard, Ran], Any]


def on_uvicorn(make: Make) -> Callable[[Guard, Ran], AbstractContextManager[str]]:
    """Serves what ``make`` gives."""
    return lambda guard, ran: serve(make(guard, ran), log_level="critical")


def _mounted(guard: Guard, ran: Ran) -> Any:
    def view(request: Request) -> PlainTextResponse:
        return PlainTextResponse(ran())

    inner = Starlette(routes=[Route("/", view)])
    return Starlette(
        routes=[Mount("/inner", inner)], middleware=[Middleware(CognitoMiddleware, guard=guard)]
    )


def _open_by_default(guard: Guard, ran: Ran, **more: Any) -> dict[str, Any]:
    return {"middleware": [Middleware(CognitoMiddleware, guard=guard, required=False)], **more}


def _subclass(guard: Guard, ran: Ran) -> Any:
    @requires()
    class Base(HTTPEndpoint):
        """Guarded."""

    class Sub(Base):
        async def dispatch(self) -> None:
            await PlainTextResponse(ran())(self.scope, self.receive, self.send)

    return Starlette(routes=[Route("/", Sub)], **_open_by_default(guard, ran))


def _enforced(guard: Guard, ran: Ran) -> Any:
    def view(request: Request) -> PlainTextResponse:
        enforce(request)
        return PlainTextResponse(ran())

    inner = Starlette(routes=[Route("/", view)], middleware=[Middleware(PassOn)])
    return Starlette(routes=[Mount("/inner", inner)], **_open_by_default(guard, ran))


def _another_user(guard: Guard, ran: Ran) -> Any:
    class Backend(AuthenticationBackend):
        async def authenticate(self, conn: Any) -> Any:
            return AuthCredentials(["authenticated"]), SimpleUser("root")

    @requires()
    def view(request: Request) -> PlainTextResponse:
        return PlainTextResponse(ran())

    return Starlette(
        routes=[Route("/", view)],
        middleware=[
            Middleware(CognitoMiddleware, guard=guard, required=False),
            Middleware(AuthenticationMiddleware, backend=Backend()),
        ],
    )


def _rewritten(guard: Guard, ran: Ran) -> Any:
    return Starlette(
        routes=[Route("/view", lambda request: PlainTextResponse(ran()))],
        middleware=[
            Middleware(CognitoMiddleware, guard=guard, exempt=["/health"]),
            Middleware(Rewrite),
        ],
    )


def _raised_in_fastapi(guard: Guard, ran: Ran) -> Any:
    auth = CognitoAuth(guard)
    app = FastAPI()

    @app.get("/")
    def view(user: Any = Depends(auth.optional)) -> str:  # noqa: B008
        auth.enforce(lambda identity: None, user)
        return ran()

    return app


def _above_the_route(guard: Guard, ran: Ran) -> Any:
    app = FastAPI()

    @requires()
    @app.get("/")
    def view() -> str:
        return ran()

    app.add_middleware(CognitoMiddleware, guard=guard, required=False)
    return app


def _as_a_decorator(guard: Guard, ran: Ran) -> Any:
    app = FastAPI()
    decorate: Any = CognitoAuth(guard).require(groups="admins")

    @decorate
    @app.get("/")
    def view() -> str:
        return ran()

    return app


def _headers_once(guard: Guard, ran: Ran) -> Any:
    def view(request: Request) -> PlainTextResponse:
        assert "host" in request.headers
        return PlainTextResponse(ran())

    return Starlette(
        routes=[Route("/", view)],
        middleware=[Middleware(Filter), Middleware(CognitoMiddleware, guard=guard)],
    )


class Filter:
    """Leaves headers that can be read once, as ASGI allows."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """In a copy of the scope."""
        if scope["type"] == "http":
            scope = {**scope, "headers": filter(lambda one: one[0] != b"x-a", scope["headers"])}
        await self.app(scope, receive, send)


class PassOn(BaseHTTPMiddleware):
    """Does nothing, in Starlette's way."""

    async def dispatch(self, request: Request, call_next: Any) -> Response:
        """Pass on."""
        answer: Response = await call_next(request)
        return answer


class Rewrite:
    """Leads every path to the view."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """In a copy of the scope."""
        await self.app({**scope, "path": "/view"}, receive, send)


class OverrideMethod:
    """Makes a POST of every request that says so, and of every other one as well."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """In a copy of the scope."""
        await self.app({**scope, "method": "POST"}, receive, send)


ROWS = [
    Row("an app that is mounted in a guarded one", on_uvicorn(_mounted), path="/inner/"),
    Row("a subclass that overrides dispatch", on_uvicorn(_subclass)),
    Row("enforce in a mounted app", on_uvicorn(_enforced), path="/inner/"),
    Row("another user behind the middleware", on_uvicorn(_another_user)),
    Row("an exempt path that is rewritten", on_uvicorn(_rewritten), granted=401, path="/health"),
    Row("enforce in a FastAPI route", on_uvicorn(_raised_in_fastapi)),
    Row("requires above the route", on_uvicorn(_above_the_route), refused=500, granted=500),
    Row("a FastAPI dependency as a decorator", on_uvicorn(_as_a_decorator), refused=None),
    Row("headers that can be read once", on_uvicorn(_headers_once)),
]


def _views(*behind: Any, **more: Any) -> Make:
    """An app with a view for every method, and middlewares between it and ours."""

    def make(guard: Guard, ran: Ran) -> Any:
        def view(request: Request) -> PlainTextResponse:
            return PlainTextResponse(ran())

        return Starlette(
            routes=[Route("/", view, methods=["GET", "POST", "OPTIONS"])],
            middleware=[
                Middleware(CognitoMiddleware, guard=guard),
                *(Middleware(one) for one in behind),
            ],
        )

    return make


def _fallback(guard: Guard, ran: Ran) -> Any:
    async def fallback(request: Request, error: Exception) -> Response:
        return PlainTextResponse(ran())

    app = FastAPI(exception_handlers={404: fallback, 405: fallback})
    app.add_middleware(CognitoMiddleware, guard=guard)
    return app


def _raw(guard: Guard, ran: Ran) -> Any:
    async def raw(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(ran())(scope, receive, send)

    return CognitoMiddleware(Starlette(routes=[Mount("/", raw)]), guard=guard)


PREFLIGHTS: list[Preflight] = [
    Preflight("Starlette: a view that takes OPTIONS", on_uvicorn(_views())),
    Preflight("Starlette: a method override", on_uvicorn(_views(PassOn, OverrideMethod))),
    Preflight("Starlette: a rewritten path", on_uvicorn(_views(Rewrite)), path="/x"),
    Preflight("FastAPI: a handler of 404", on_uvicorn(_fallback), path="/no"),
    Preflight("Starlette: an ASGI app in a mount", on_uvicorn(_raw), path="/x"),
]
