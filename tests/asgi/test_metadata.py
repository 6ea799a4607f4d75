"""The protected resource metadata (RFC 9728) at the origin's root, wherever the app is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware, ResourceMetadata
from cognito_guard_asgi.fastapi import CognitoAuth

from ..raw import Answer, bearer
from .conftest import Run
from .drive import DENIAL, denied, http, websocket

ROOT = "/.well-known/oauth-protected-resource"
RESOURCE = "https://api.example.com/shop"
PATH = f"{ROOT}/shop"


@pytest.fixture
def guard(pool: LocalUserPool) -> Guard:
    """A guard that knows what API it is for."""
    return Guard(pool.trust(), resource=RESOURCE)


def page(request: Any) -> PlainTextResponse:
    """Any page of the app."""
    return PlainTextResponse("page")


def plain(guard: Guard) -> Any:
    """The middleware around an app that answers everything."""
    return CognitoMiddleware(PlainTextResponse("page"), guard=guard)


def catching(guard: Guard) -> Any:
    """A router that has a route for everything."""
    routes = [Route("/{path:path}", page, methods=["GET", "POST"])]
    return Starlette(routes=routes, middleware=[Middleware(CognitoMiddleware, guard=guard)])


def mounting(guard: Guard) -> Any:
    """The middleware around an app whose routes are in a mount."""
    routes = [Mount("/shop", routes=[Route("/me", page)])]
    return Starlette(routes=routes, middleware=[Middleware(CognitoMiddleware, guard=guard)])


def mounted(guard: Guard) -> Any:
    """The middleware inside of what is mounted, and the metadata around all."""
    inner = Starlette(
        routes=[Route("/me", page)], middleware=[Middleware(CognitoMiddleware, guard=guard)]
    )
    routes = [Mount("/shop", app=inner)]
    return Starlette(routes=routes, middleware=[Middleware(ResourceMetadata, guard=guard)])


def fastapi(guard: Guard) -> Any:
    """No middleware, and a dependency of all routes."""
    auth = CognitoAuth(guard)
    app = FastAPI(dependencies=[Depends(auth)])
    auth.install(app)
    app.get("/{path:path}")(lambda: "page")
    return app


def fastapi_mounted(guard: Guard) -> Any:
    """An app in an app, both installed."""
    auth = CognitoAuth(guard)
    outer, inner = FastAPI(), FastAPI(dependencies=[Depends(auth)])
    auth.install(outer)
    auth.install(inner)
    inner.get("/me")(lambda: "page")
    outer.mount("/shop", inner)
    return outer


def around_fastapi(guard: Guard) -> Any:
    """Both the middleware and `install`."""
    app = fastapi(guard)
    app.add_middleware(CognitoMiddleware, guard=guard)
    return app


APPS = [plain, catching, mounting, mounted, fastapi, fastapi_mounted, around_fastapi]


@pytest.mark.parametrize("make", APPS, ids=lambda make: make.__name__)
def test_at_the_root(make: Callable[[Guard], Any], guard: Guard, run: Run) -> None:
    """It is where the challenges say, open to anybody, and what the app has there makes way."""
    app = make(guard)
    for lines in ([], [bearer("junk")], [b"Authorization: Bearer"] * 2):
        answer: Answer = run(lambda lines=lines: http(app, PATH, lines))
        assert (answer.status, answer.json["resource"]) == (200, RESOURCE)
    refusal: Answer = run(lambda: http(app, "/shop/me"))
    assert refusal.status == 401
    url = f"https://api.example.com{PATH}"
    assert refusal.all("WWW-Authenticate") == [f'Bearer resource_metadata="{url}"']


@pytest.mark.parametrize("make", APPS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("path", [PATH, f"/api{PATH}"])
def test_behind_a_prefix(make: Callable[[Guard], Any], path: str, guard: Guard, run: Run) -> None:
    """A proxy has a prefix that is no part of what the app is asked for; servers put it into the
    path, or leave it out."""
    app = make(guard)
    answer: Answer = run(lambda: http(app, path, root_path="/api"))
    assert (answer.status, answer.json["resource"]) == (200, RESOURCE)


@pytest.mark.parametrize("make", APPS, ids=lambda make: make.__name__)
def test_nothing_near_it(make: Callable[[Guard], Any], guard: Guard, run: Run) -> None:
    """Other paths are as guarded as before, and so is a WebSocket at this one."""
    app = make(guard)
    for path in (ROOT, f"{PATH}/", f"{PATH}/me", f"/x{PATH}", f"/shop{ROOT}"):
        answer: Answer = run(lambda path=path: http(app, path))
        assert answer.status in (401, 404)
    messages = run(lambda: websocket(app, PATH, extensions=DENIAL))
    assert [message["type"] for message in messages] == ["websocket.close"] or (
        denied(messages).status in (401, 403, 404)
    )


@pytest.mark.parametrize("outside", [True, False], ids=["outside", "inside"])
@pytest.mark.parametrize("origins", [["*"], ["https://shop.example"]], ids=["any", "one"])
def test_beside_cors(outside: bool, origins: list[str], guard: Guard, run: Run) -> None:
    """A CORS middleware, which says for itself who may read the app, takes nothing away."""
    stack = [
        Middleware(CORSMiddleware, allow_origins=origins),
        Middleware(CognitoMiddleware, guard=guard),
    ]
    app = Starlette(middleware=stack if outside else stack[::-1])
    answer: Answer = run(lambda: http(app, PATH, [b"Origin: https://inspector.example"]))
    assert (answer.status, answer.all("Access-Control-Allow-Origin")) == (200, ["*"])


@pytest.mark.parametrize("guard", [None, "guard"], ids=repr)
def test_for_a_guard_only(guard: Any) -> None:
    """There must be something to serve."""
    with pytest.raises(ConfigurationError, match="with a resource"):
        ResourceMetadata(PlainTextResponse(""), guard=guard)


def test_for_a_resource_only(pool: LocalUserPool) -> None:
    """A guard that does not know its API has no metadata."""
    with pytest.raises(ConfigurationError, match="with a resource"):
        ResourceMetadata(PlainTextResponse(""), guard=Guard(pool.trust()))
