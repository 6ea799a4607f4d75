"""Exempt requests that somebody leads elsewhere, on whatever way, and those that stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Host, Mount, Route, Router

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware

from ..raw import bearer
from .conftest import Run
from .drive import http

TO_ADMIN = [b"X-Original-URL: /m/admin"]
TO_ROOT = [b"X-Forwarded-Prefix: /m/pub"]


class Rewrite:
    """Leads a request to the path, and below the prefix, that it names."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """In a copy of the scope."""
        headers = dict(scope.get("headers", ()))
        more = {
            name: headers[header].decode()
            for name, header in (("path", b"x-original-url"), ("root_path", b"x-forwarded-prefix"))
            if header in headers
        }
        await self.app({**scope, **more}, receive, send)


def in_a_closure(app: Any) -> Any:
    """The same, where nobody sees what it wraps."""

    async def rewrite(scope: Any, receive: Any, send: Any) -> None:
        await Rewrite(app)(scope, receive, send)

    return rewrite


def page(request: Request) -> Response:
    """Say which page this is."""
    return PlainTextResponse(request.url.path + request.scope["root_path"])


def routes() -> list[Any]:
    """Two pages."""
    return [Route("/pub", page), Route("/pub/{name}", page), Route("/admin", page)]


def around(guard: Guard, app: Any) -> Any:
    """Our middleware outside, with some exempt paths."""
    return CognitoMiddleware(app, guard=guard, exempt=["/m/pub", "/m/pub/*"])


def before_a_router(guard: Guard) -> Any:
    """In front of the only router there is."""
    return around(guard, Rewrite(Starlette(routes=[Mount("/m", routes=routes())])))


def in_an_app(guard: Guard) -> Any:
    """A middleware of the app that is mounted."""
    inner = Starlette(routes=routes(), middleware=[Middleware(Rewrite)])
    return around(guard, Starlette(routes=[Mount("/m", inner)]))


def in_fastapi(guard: Guard) -> Any:
    """The same for FastAPI, in FastAPI."""
    inner = FastAPI(routes=routes())
    inner.add_middleware(Rewrite)
    app = FastAPI()
    app.mount("/m", inner)
    return around(guard, app)


def in_a_mount(guard: Guard) -> Any:
    """A middleware of the mount."""
    mount = Mount("/m", routes=routes(), middleware=[Middleware(Rewrite)])
    return around(guard, Starlette(routes=[mount]))


def in_a_closure_in_a_mount(guard: Guard) -> Any:
    """One that nobody sees through."""
    return around(guard, Starlette(routes=[Mount("/m", in_a_closure(Router(routes())))]))


def deep(guard: Guard) -> Any:
    """In a mount within a host within a mount."""
    host = Host("shop.example", Starlette(routes=[Mount("/m", Rewrite(Router(routes())))]))
    return around(guard, Starlette(routes=[Mount("", Router([host]))]))


def included(guard: Guard) -> Any:
    """In an app that is mounted in a router which FastAPI includes, and has looked at."""
    router = APIRouter()
    router.mount("/m", Rewrite(Router(routes())))
    app = FastAPI()
    before = len(app.routes)
    app.include_router(router)
    if len(app.routes) == before:
        pytest.skip("this FastAPI includes no mounts")
    app.openapi()
    return around(guard, app)


def late(guard: Guard) -> Any:
    """In an app that is mounted after the first request."""
    app = Starlette()
    guarded = around(guard, app)

    async def mounting(scope: Any, receive: Any, send: Any) -> None:
        async def nobody(message: Any) -> None:
            """Hears the answer to the first."""

        if not app.router.routes:
            await guarded({**scope, "path": "/m/pub", "root_path": ""}, receive, nobody)
            app.router.mount("/m", Rewrite(Router(routes())))
        await guarded(scope, receive, send)

    return mounting


def twice(guard: Guard) -> Any:
    """Between ours and one of ours further in, which lets in everybody."""
    again = CognitoMiddleware(Router(routes()), guard=guard, required=False)
    return around(guard, Starlette(routes=[Mount("/m", Rewrite(again))]))


def exempt_twice(guard: Guard) -> Any:
    """The one further in exempts everything."""
    again = CognitoMiddleware(Rewrite(Router(routes())), guard=guard, exempt=["/*"])
    return around(guard, Starlette(routes=[Mount("/m", again)]))


PLACES: list[Callable[[Guard], Any]] = [
    *(before_a_router, in_an_app, in_fastapi, in_a_mount, in_a_closure_in_a_mount, deep),
    *(included, late, twice, exempt_twice),
]

each_place = pytest.mark.parametrize("place", PLACES, ids=lambda one: one.__name__)


@each_place
@pytest.mark.parametrize("root", ["", "/api"])
def test_rewritten(place: Any, root: str, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A page that is exempt is open, and no way leads from there to one that is not."""

    def ask(path: str, *lines: bytes) -> Any:
        host = b"Host: shop.example"
        return run(lambda: http(place(guard), f"{root}{path}", [host, *lines], root_path=root))

    assert ask("/m/pub").status == 200
    assert ask("/m/pub/a").status == 200
    assert ask("/m/admin").status == 401
    assert ask("/m/admin", bearer(pool.access_token())).status == 200
    assert ask("/m/pub", *[line.replace(b"/m/", f"{root}/m/".encode()) for line in TO_ADMIN]) == (
        ask("/m/admin")
    )
    assert ask("/m/pub/admin", TO_ROOT[0].replace(b"/m/", f"{root}/m/".encode())).status == 401


@pytest.mark.parametrize("to", ["/m/pub/b", "/m/pub"])
@pytest.mark.parametrize("place", [before_a_router, in_an_app, in_a_mount, included])
def test_to_an_exempt_path(place: Any, to: str, guard: Guard, run: Run) -> None:
    """Where it leads to another path that is exempt, it is let through."""
    lines = [f"X-Original-URL: {to}".encode()]
    answer = run(lambda: http(place(guard), "/m/pub/a", lines))
    assert answer.body == f"{to}/m".encode()


def test_a_root_path_of_the_app(guard: Guard, run: Run) -> None:
    """FastAPI sets a ``root_path`` that it was told itself: what is exempt stays so, with it and
    without, also where something leads there."""
    app = FastAPI(routes=[Route("/health", page), Route("/open", page)])
    app.root_path = "/api"  # as an argument, it warns
    exempt = ["/api/health", "/api/open"]
    outer = CognitoMiddleware(Rewrite(app), guard=guard, exempt=exempt)
    assert run(lambda: http(outer, "/api/health")).status == 200
    lines = [b"X-Original-URL: /api/open"]
    assert run(lambda: http(outer, "/api/health", lines)).status == 200
    lines = [b"X-Original-URL: /api/other"]
    assert run(lambda: http(outer, "/api/health", lines)).status == 401
    assert run(lambda: http(outer, "/health")).status == 401


def test_led_through_the_app_again(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A request that goes through the whole app a second time needs what its new path needs."""

    async def again(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "path": "/m/admin", "root_path": ""}, receive, send)

    app = around(guard, Starlette(routes=[Mount("/m/pub", again), Mount("/m", routes=routes())]))
    assert run(lambda: http(app, "/m/pub/x")).status == 401
    answer = run(lambda: http(app, "/m/pub/x", [bearer(pool.access_token())]))
    assert answer.status == 200
