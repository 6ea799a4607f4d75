"""``open_routes`` and what a middleware exempts: the routes that stand below, written otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from a2wsgi import WSGIMiddleware
from fastapi import APIRouter, FastAPI
from flask import Flask
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Host, Match, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from cognito_guard import Guard
from cognito_guard.testing import open_routes
from cognito_guard.testing.routes import flask_app
from cognito_guard_asgi import CognitoMiddleware


def page(request: Request) -> Response:
    """Answer."""
    return PlainTextResponse("page")


async def socket(websocket: WebSocket) -> None:
    """Accept."""
    await websocket.accept()


async def raw(scope: Any, receive: Any, send: Any) -> None:
    """An app that takes one path only."""
    status = 200 if scope["path"].endswith("/a") else 404
    await PlainTextResponse("raw", status)(scope, receive, send)


async def fallback(request: Request, error: Exception) -> Response:
    """A page of one's own."""
    return PlainTextResponse("fallback")


def _included() -> Any:
    router = APIRouter()
    router.get("/{rest:path}")(lambda rest: "page")
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(router, prefix="/api")
    return app


OPEN: dict[str, tuple[Any, list[str], list[str]]] = {
    "a route for all": ([Route("/{rest:path}", page)], ["/public/*"], ["/{rest:path}"]),
    "two parameters": ([Route("/{a}/{b}", page)], ["/public/*"], ["/{a}/{b}"]),
    "a number": ([Route("/{a}/{b:int}", page)], ["/public/*"], ["/{a}/{b:int}"]),
    "a whole path": ([Route("/{a}/{b}", page)], ["/x/status"], ["/{a}/{b}"]),
    "elsewhere": ([Route("/{a:int}/{b}", page)], ["/public/*"], []),
    "a route before it": (
        [Route("/public/a", page), Route("/{a}/{b}", page)],
        ["/public/a"],
        ["/public/a"],
    ),
    "a socket": ([WebSocketRoute("/{rest:path}", socket)], ["/public/*"], ["/{rest:path}"]),
    "a mount": ([Mount("/{a}", routes=[Route("/{b}", page)])], ["/public/*"], ["/{a}/{b}"]),
    "in a host": ([Host("{any}", Starlette(routes=[Route("/{a}", page)]))], ["/x"], ["{any}/{a}"]),
    "an app": ([Mount("/{any}", raw)], ["/public/*"], ["/{any}"]),
    "another app": ([Mount("/m/{any}", raw)], ["/public/*", "/m"], []),
    "nothing": ([Route("/x", page)], ["/public/*"], []),
}


@pytest.mark.parametrize("name", OPEN)
@pytest.mark.parametrize("around", [True, False])
def test_below_an_exempt_path(name: str, around: bool, guard: Guard) -> None:
    """What an exempt path leads to is open, whatever its route is written like."""
    routes, exempt, expected = OPEN[name]
    ours = Middleware(CognitoMiddleware, guard=guard, exempt=exempt)
    app: Any = Starlette(routes=routes, middleware=[] if around else [ours])
    if around:
        app = CognitoMiddleware(app, guard=guard, exempt=exempt)
    assert open_routes(app) == expected


def test_a_404_page(guard: Guard, tmp_path: Path) -> None:
    """One's own page for URLs that lead nowhere is open below an exempt prefix, and a framework's
    is none; a file that is not there is none either."""
    ours = Middleware(CognitoMiddleware, guard=guard, exempt=["/public/*"])
    routes = [Route("/x", page)]
    app = Starlette(routes=routes, middleware=[ours], exception_handlers={404: fallback})
    assert open_routes(app) == ["404"]
    assert open_routes(Starlette(routes=routes, middleware=[ours])) == []
    files = [Mount("/public", StaticFiles(directory=tmp_path))]
    assert open_routes(Starlette(routes=files, middleware=[ours])) == []
    (tmp_path / "site.css").touch()
    assert open_routes(Starlette(routes=files, middleware=[ours])) == ["/public"]


def test_fastapi_includes(guard: Guard) -> None:
    """A route of a router that FastAPI includes."""
    app = _included()
    app.add_middleware(CognitoMiddleware, guard=guard, exempt=["/api/v1/*"])
    assert open_routes(app) == ["/api/{rest:path}"]


def test_a_middleware_in_a_mount(guard: Guard) -> None:
    """What it exempts counts from there."""
    ours = Middleware(CognitoMiddleware, guard=guard, exempt=["/public/*"])
    inner = Starlette(routes=[Route("/{rest:path}", page)], middleware=[ours])
    assert open_routes(Starlette(routes=[Mount("/sub", inner)])) == ["/sub/{rest:path}"]


def test_a_flask_app_in_a_mount(guard: Guard) -> None:
    """Its routes count from there, and its own page for what leads nowhere."""
    flask = Flask(__name__)
    flask.add_url_rule("/guarded", "guarded", lambda: ("no", 401))
    flask.add_url_rule("/<path:rest>", "rest", lambda rest: "page", methods=["POST"])
    flask.register_error_handler(405, lambda error: ("no", 405))
    ours = Middleware(CognitoMiddleware, guard=guard, exempt=["/shop/a/*", "/shop/guarded"])
    app = Starlette(routes=[Mount("/shop", WSGIMiddleware(flask))], middleware=[ours])  # type: ignore[arg-type]
    assert open_routes(app) == ["/shop/<path:rest>"]


class Own(BaseRoute):
    """A route of somebody's own kind."""

    def matches(self, scope: Any) -> Any:
        """By its path alone."""
        return (Match.FULL if scope["path"] == "/mine" else Match.NONE), {}

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer."""
        await PlainTextResponse("mine")(scope, receive, send)


def test_a_route_of_an_unknown_kind(guard: Guard) -> None:
    """It does not say where it is, so somebody has to."""
    app = Starlette(routes=[Own()])
    with pytest.raises(ValueError, match=r"route of class Own; .* values=\{'Own': '/path'\}"):
        open_routes(app)
    assert open_routes(app, values={"Own": "/mine"}) == ["Own"]
    assert open_routes(CognitoMiddleware(app, guard=guard), values={"Own": "/mine"}) == []


def test_paths_that_werkzeug_knows_nothing_of() -> None:
    """A path that no rule has, or another method's, leads nowhere."""
    app = Flask(__name__)
    app.add_url_rule("/page", "page", lambda: "page")
    rule = next(one for one in app.url_map.iter_rules() if one.endpoint == "page")
    fits = flask_app._leads_to(app, rule)
    assert fits("/page")
    assert not fits("/other")
