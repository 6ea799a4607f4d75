"""Preflights: what the app gets of one, and that nobody's code runs for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
from a2wsgi import WSGIMiddleware
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, Router

from cognito_guard import PREFLIGHT_HEADERS, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import AnonymousUser, CognitoMiddleware
from cognito_guard_asgi.starlette import requires

from ..raw import Answer, bearer
from .conftest import Run
from .drive import Message, http, scope

SHOP = "https://shop.example"
PREFLIGHT = [f"Origin: {SHOP}".encode(), b"Access-Control-Request-Method: GET"]
LADEN = [
    *PREFLIGHT,
    b"X-HTTP-Method-Override: POST",
    b"X-Original-URL: /other",
    b"X-Forwarded-Prefix: /other",
    b"Cookie: session=1",
    b"Content-Type: application/json",
    b"Content-Length: 4",
    b"User-Agent: test",
]


class Ran:
    """Counts how often the code that must not run has run."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, *_: Any) -> PlainTextResponse:
        self.times += 1
        return PlainTextResponse("ran", headers={"X-Ran": "1"})

    def view(self, request: Request) -> PlainTextResponse:
        """The same as an endpoint of Starlette's."""
        return self()


async def preflight(app: Any, path: str = "/", lines: Any = LADEN, **more: Any) -> Answer:
    """Send a preflight that carries more than a browser sends."""
    return await http(app, path, lines, method="OPTIONS", query_string=b"_method=POST", **more)


def test_what_an_app_gets(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A preflight reaches a plain app as a browser sends it, from nobody, with an empty body."""
    got: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.extend([scope, await receive(), await receive()])
        start = {"type": "http.response.start", "status": 200}
        headers = [(b"X-Mine", b"1"), (b"Content-Length", b"3"), (b"Content-Type", b"text/plain")]
        await send({**start, "headers": headers})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"bc"})

    arriving: list[Message] = [
        {"type": "http.request", "body": b"evil", "more_body": True},
        {"type": "http.request", "body": b"evil"},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []
    given = scope(
        "http",
        "/a",
        [*LADEN, bearer(pool.access_token())],
        method="OPTIONS",
        query_string=b"_method=POST",
        session={"user": 1},
        extensions={"http.response.pathsend": {}},
    )

    async def receive() -> Message:
        return arriving.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    run(lambda: CognitoMiddleware(app, guard=guard)(given, receive, send))
    inside, body, end = got
    assert {name for name, _ in inside["headers"]} == {
        b"origin",
        b"access-control-request-method",
        b"user-agent",
    }
    assert {name.decode() for name, _ in inside["headers"]} <= PREFLIGHT_HEADERS
    assert (inside["method"], inside["path"], inside["query_string"]) == ("OPTIONS", "/a", b"")
    assert (inside["session"], inside["extensions"]) == ({}, {})
    assert isinstance(inside["user"], AnonymousUser)
    assert body == {"type": "http.request", "body": b"", "more_body": False}
    assert end == {"type": "http.disconnect"}
    assert given["session"] == {"user": 1}
    assert "user" not in given
    assert sent == [
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"X-Mine", b"1"), (b"content-length", b"0")],
        },
        {"type": "http.response.body", "body": b"", "more_body": False},
    ]


def test_headers_of_any_case(guard: Guard, run: Run) -> None:
    """A server that leaves names in capitals smuggles nothing through."""
    got: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.append([name for name, _ in scope["headers"]])
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})

    headers = [
        (b"Origin", SHOP.encode()),
        (b"Access-Control-Request-Method", b"GET"),
        (b"AUTHORIZATION", b"Bearer x"),
    ]
    middleware = CognitoMiddleware(app, guard=guard)
    assert run(lambda: preflight(middleware, headers=headers)).headers == ()
    assert got == [[b"Origin", b"Access-Control-Request-Method"]]


class OverrideMethod:
    """Makes a call of every request, as a bad method override would."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Change the method, in a copy."""
        await self.app({**scope, "method": "POST"}, receive, send)


def override_in_a_closure(app: Any) -> Any:
    """The same as a function that hides what it wraps."""

    async def override(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["method"] = "POST"
        await app(scope, receive, send)

    return override


class Rewrite:
    """Rewrites every path."""

    def __init__(self, app: Any) -> None:
        self.inner = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Lead elsewhere."""
        await self.inner({**scope, "path": "/any"}, receive, send)


class PassOn(BaseHTTPMiddleware):
    """Does nothing, in Starlette's way."""

    async def dispatch(self, request: Request, call_next: Any) -> Response:
        """Pass on."""
        answer: Response = await call_next(request)
        return answer


BEHIND: dict[str, list[Middleware]] = {
    "nothing": [],
    "override": [Middleware(OverrideMethod)],
    "closure": [Middleware(override_in_a_closure)],
    "rewrite": [Middleware(Rewrite)],
    "base": [Middleware(PassOn)],
    "sessions": [Middleware(SessionMiddleware, secret_key="x")],
    "several": [
        Middleware(PassOn),
        Middleware(Rewrite),
        Middleware(override_in_a_closure),
        Middleware(PassOn),
    ],
}


def _everything(ran: Ran, tmp: Any) -> dict[str, dict[str, Any]]:
    class Endpoint(HTTPEndpoint):
        async def options(self, request: Request) -> Response:
            return ran()

        post = options

    async def raw(scope: Any, receive: Any, send: Any) -> None:
        await ran()(scope, receive, send)

    class Raw:
        __call__ = staticmethod(raw)

    def wsgi(environ: Any, start: Any) -> list[bytes]:
        ran()
        start("200 OK", [])
        return [b"ran"]

    async def fallback(request: Request, error: Exception) -> Response:
        return ran()

    def stream(request: Request) -> Response:
        ran()
        return StreamingResponse(iter(["ran"]))

    every = {"methods": ["OPTIONS", "POST", "GET"]}
    return {
        "view": {"routes": [Route("/{any}", ran.view, **every)]},
        "stream": {"routes": [Route("/{any}", stream, **every)]},
        "endpoint": {"routes": [Route("/{any}", Endpoint)]},
        "raw": {"routes": [Route("/{any}", Raw())]},
        "mounted view": {"routes": [Mount("/", routes=[Route("/{any}", ran.view, **every)])]},
        "mounted raw": {"routes": [Mount("/", raw)]},
        "mounted wsgi": {"routes": [Mount("/", WSGIMiddleware(wsgi))]},
        "mounted app": {
            "routes": [Mount("/", Starlette(routes=[Route("/{any}", ran.view, **every)]))]
        },
        "mounted app's 404": {
            "routes": [Mount("/", Starlette(exception_handlers={404: fallback, 405: fallback}))]
        },
        "deep": {
            "routes": [
                Mount("/", PassOn(Router([Mount("/", Starlette(routes=[Mount("/", raw)]))])))
            ]
        },
        "404": {"exception_handlers": {404: fallback}},
        "405": {
            "routes": [Route("/{any}", lambda request: None, methods=["GET"])],
            "exception_handlers": {405: fallback},
        },
        "guarded view": {"routes": [Route("/{any}", requires()(lambda request: ran()), **every)]},
    }


KINDS = [*_everything(Ran(), None)]


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_runs(kind: str, behind: str, guard: Guard, run: Run) -> None:
    """Whatever a path leads to in Starlette, and whatever stands between, a preflight runs none of
    it and brings no body; with a method that somebody has changed, it needs a caller."""
    ran = Ran()
    app = Starlette(
        **_everything(ran, None)[kind],
        middleware=[Middleware(CognitoMiddleware, guard=guard), *BEHIND[behind]],
    )
    answer = run(lambda: preflight(app, "/any"))
    assert ran.times == 0
    assert answer.body == b""
    overridden = behind in ("override", "closure", "several")
    assert answer.status == (401 if overridden else 204)


@pytest.mark.parametrize("behind", BEHIND)
def test_nothing_runs_in_a_wrapped_app(behind: str, guard: Guard, run: Run) -> None:
    """The same where the middleware is put around the whole app, which is FastAPI's."""
    ran = Ran()
    app = FastAPI(middleware=BEHIND[behind])
    app.add_api_route("/any", lambda: ran.__call__(), methods=["OPTIONS", "POST"])
    guarded = CognitoMiddleware(CognitoMiddleware(app, guard=guard), guard=guard)
    answer = run(lambda: preflight(guarded, "/any"))
    assert (ran.times, answer.body) == (0, b"")
    assert answer.status in (204, 401)


@pytest.mark.parametrize("kind", KINDS)
def test_others_run(kind: str, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """With a credential, and not as a preflight, all of it runs: the gate is in no one's way."""
    if kind == "405" or (kind == "mounted wsgi" and run is trio.run):
        return
    ran = Ran()
    app = Starlette(
        **_everything(ran, None)[kind], middleware=[Middleware(CognitoMiddleware, guard=guard)]
    )
    for _ in range(2):
        lines = [bearer(pool.access_token())]
        answer = run(lambda lines=lines: http(app, "/any", lines, method="POST"))
        assert answer.status == 200 or kind == "stream"
    assert ran.times == 2


def _cors() -> Middleware:
    return Middleware(CORSMiddleware, allow_origins=[SHOP])


class OwnCORS:
    """Somebody's own CORS middleware, which keeps the app in a place of its own."""

    def __init__(self, app: Any) -> None:
        self._inner = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Add the header to every answer."""

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"access-control-allow-origin", SHOP.encode()))
            await send(message)

        await self._inner(scope, receive, sending)


def _with_cors(where: str, guard: Guard, ran: Ran) -> Any:
    ours = Middleware(CognitoMiddleware, guard=guard)
    routes = [Route("/any", ran.view, methods=["OPTIONS"])]
    return {
        "outside": lambda: Starlette(routes=routes, middleware=[_cors(), ours]),
        "inside": lambda: Starlette(routes=routes, middleware=[ours, _cors()]),
        "own": lambda: Starlette(routes=routes, middleware=[ours, Middleware(OwnCORS)]),
        "wrapped": lambda: CognitoMiddleware(
            Starlette(routes=routes, middleware=[_cors()]), guard=guard
        ),
        "around": lambda: CognitoMiddleware(
            CORSMiddleware(Starlette(routes=routes), allow_origins=[SHOP]), guard=guard
        ),
        "mounted": lambda: Starlette(
            routes=[Mount("/", Starlette(routes=routes, middleware=[_cors()]))], middleware=[ours]
        ),
        "mount": lambda: Starlette(
            routes=[Mount("/", routes=routes, middleware=[_cors()])], middleware=[ours]
        ),
        "mounted raw": lambda: Starlette(
            routes=[Mount("/", CORSMiddleware(lambda *_: ran(), allow_origins=[SHOP]))],
            middleware=[ours],
        ),
        "router": lambda: Starlette(
            routes=[Mount("/", Router(routes, middleware=[_cors()]))], middleware=[ours]
        ),
        "route": lambda: Starlette(
            routes=[Route("/any", ran.view, methods=["OPTIONS"], middleware=[_cors()])],
            middleware=[ours],
        ),
    }[where]()


@pytest.mark.parametrize(
    "where",
    [
        "outside",
        "inside",
        "own",
        "wrapped",
        "around",
        "mounted",
        "mount",
        "mounted raw",
        "router",
        "route",
    ],
)
def test_cors(where: str, guard: Guard, run: Run) -> None:
    """A CORS middleware answers, wherever it is, and no view does."""
    ran = Ran()
    app = _with_cors(where, guard, ran)
    answer = run(lambda: preflight(app, "/any", PREFLIGHT))
    assert answer.all("access-control-allow-origin") == [SHOP]
    assert answer.status in (200, 204)
    assert ran.times == 0


def test_not_required(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """Where no caller is needed, a preflight is a request of nobody, and a view may answer it."""
    seen: list[Request] = []

    async def view(request: Request) -> Response:
        seen.append(request)
        return PlainTextResponse(await request.body())

    ran = Ran()
    app = Starlette(
        routes=[
            Route("/open", view, methods=["OPTIONS"]),
            Route("/guarded", requires()(lambda request: ran()), methods=["OPTIONS"]),
        ],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False)],
    )
    lines = [*LADEN, bearer(pool.access_token())]
    assert run(lambda: preflight(app, "/open", lines)).status == 200
    assert isinstance(seen[0].user, AnonymousUser)
    assert {"authorization", "cookie", "x-http-method-override"}.isdisjoint(seen[0].headers)
    assert run(lambda: preflight(app, "/guarded", lines)).status == 401
    assert ran.times == 0


def _rewritten(exempt: list[str], guard: Guard, view: Callable[..., Any]) -> Starlette:
    return Starlette(
        routes=[Route("/any", view), Mount("/sub", routes=[Route("/any", view)])],
        middleware=[
            Middleware(CognitoMiddleware, guard=guard, exempt=exempt),
            Middleware(Rewrite),
        ],
    )


def test_exempt_path_rewritten(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """An exempt request that a middleware behind ours leads elsewhere needs a caller there."""
    ran = Ran()
    app = _rewritten(["/health"], guard, ran.view)
    for lines in ([], [bearer(pool.access_token())], PREFLIGHT):
        assert run(lambda lines=lines: http(app, "/health", lines)).status == 401
    assert ran.times == 0
    assert run(lambda: http(app, "/x", [bearer(pool.access_token())])).body == b"ran"


def test_exempt_where_nothing_is_required(guard: Guard, run: Run) -> None:
    """Where no caller is needed, a rewritten path needs none either."""
    app = Starlette(
        routes=[Route("/any", Ran().view)],
        middleware=[
            Middleware(CognitoMiddleware, guard=guard, required=False, exempt=["/health"]),
            Middleware(Rewrite),
        ],
    )
    assert run(lambda: http(app, "/health")).body == b"ran"


def test_a_router_with_middlewares(guard: Guard, run: Run) -> None:
    """The gate stands behind the middlewares of a router, which may answer or rewrite."""
    ran = Ran()
    for behind in ([_cors()], [Middleware(OverrideMethod)]):
        router = Router([Route("/any", ran.view, methods=["OPTIONS", "POST"])], middleware=behind)
        for _ in range(2):
            app = CognitoMiddleware(router, guard=guard)
            answer = run(lambda app=app: preflight(app, "/any", PREFLIGHT))
            assert answer.status == (200 if len(answer.all("access-control-allow-origin")) else 401)
    assert ran.times == 0


def test_exempt_path_rewritten_to_an_exempt_one(guard: Guard, run: Run) -> None:
    """Where it leads to an exempt path, it is let through."""
    app = _rewritten(["/health", "/any"], guard, Ran().view)
    assert run(lambda: http(app, "/health")).body == b"ran"


def test_exempt_path_in_a_mount(guard: Guard, run: Run) -> None:
    """A mount changes no path: what is exempt stays so below one, whatever its root path."""
    inner = Starlette(routes=[Route("/health", Ran().view)])
    app = Starlette(
        routes=[Mount("/sub", inner)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, exempt=["/sub/health"])],
    )
    assert run(lambda: http(app, "/sub/health")).body == b"ran"
    assert run(lambda: http(app, "/api/sub/health", root_path="/api")).body == b"ran"
