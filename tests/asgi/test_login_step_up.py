"""A page's own view that asks for a stronger sign-in, where more is around than in the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from cognito_guard import LoginTooWeak, require_acr
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.login import login_required, login_routes
from cognito_guard_asgi.starlette import enforce, requires

from ..keys.conftest import no_fetch_outlives_its_test
from ..login.site import Site, site
from ..raw import bearer
from .conftest import Run
from .drive import websocket
from .login_site import NAVIGATION, OWN, Client, cookie_of

__all__ = ["no_fetch_outlives_its_test"]

STRONG = require_acr("urn:cognito:loa:3")
ASKS = "prompt=login&step_up=login_too_weak&acr_values="


@pytest.fixture
def here() -> Iterator[Site]:
    """A site."""
    with site() as one:
        yield one


@login_required
async def page(request: Request) -> Response:
    """A page, which wants more."""
    enforce(request, STRONG)
    raise AssertionError


@login_required
class Pages(HTTPEndpoint):
    """The same."""

    async def get(self, request: Request) -> Response:
        """The same."""
        enforce(request, STRONG)
        raise AssertionError


@requires
async def api(request: Request) -> Response:
    """For scripts."""
    enforce(request, STRONG)
    raise AssertionError


@login_required
async def live(websocket: WebSocket) -> None:
    """No page at all."""
    enforce(websocket, STRONG)


def routes_of(here: Site) -> list[Any]:
    """The same in each app."""
    return [
        Mount("/auth", routes=login_routes(here.sessions)),
        Route("/page", page, methods=["GET", "POST"]),
        Route("/pages", Pages),
        Mount("/shop", routes=[Route("/page", page)]),
        Route("/api", api),
        WebSocketRoute("/live", live),
    ]


def starlette_app(here: Site) -> Any:
    """Starlette alone."""
    return Starlette(routes=routes_of(here))


def fastapi_app(here: Site) -> Any:
    """FastAPI with a handler of ours."""
    app = FastAPI(routes=routes_of(here))
    CognitoAuth(here.guard).install(app)
    return app


@pytest.mark.parametrize("make", [starlette_app, fastapi_app])
@pytest.mark.parametrize("required", [False, True])
def test_the_view_of_a_page(here: Site, run: Run, make: Any, required: bool) -> None:
    """A browser on its way there is led to a stronger sign-in. Nobody else is, and nobody is whom
    another guard has let in."""
    app = CognitoMiddleware(make(here), guard=here.guard, login=here.sessions, required=required)
    ask = Client(app, run)
    session = cookie_of(here)
    for path in ("/page", "/pages", "/shop/page"):
        led = ask(f"{path}?a=1", [session, *NAVIGATION])
        next_page = path.replace("/", "%2F") + "%3Fa%3D1"
        assert led.status == 303
        assert led.all("location")[0].startswith(f"/auth/login?next={next_page}&{ASKS}")
        assert led.all("cache-control") == ["no-store"]
        assert led.all("vary") == ["Cookie"]
        assert not led.all("www-authenticate")
    token = bearer(here.endpoint.pool.access_token())
    for path, lines, method in (
        ("/page", [session], "GET"),
        ("/page", [session, OWN, *NAVIGATION], "POST"),
        ("/page", [token, *NAVIGATION], "GET"),
        ("/api", [session, *NAVIGATION], "GET"),
    ):
        refused = ask(path, lines, method=method)
        assert refused.status == 401, (path, method)
        assert "login_too_weak" in refused.body.decode()
    (closed,) = run(lambda: websocket(app, "/live", [session, OWN]))
    assert (closed["type"], closed["reason"]) == ("websocket.close", "login_too_weak")


def test_a_handler_of_the_app(here: Site, run: Run) -> None:
    """Comes first."""

    async def handle(request: Request, error: Exception) -> Response:
        return PlainTextResponse("handled", 403)

    inner = Starlette(routes=routes_of(here), exception_handlers={LoginTooWeak: handle})
    app = CognitoMiddleware(inner, guard=here.guard, login=here.sessions)
    assert Client(app, run)("/page", [cookie_of(here), *NAVIGATION]).body == b"handled"
