"""Refusals that an endpoint raises: each is answered as such, and never with a 500."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from cognito_guard import (
    AccessDenied,
    AuthError,
    Challenge,
    ConfigurationError,
    Guard,
    Identity,
    InvalidToken,
    KeysUnavailable,
    LoginTooOld,
    enforce,
    require_groups,
    require_recent_login,
    require_scopes,
)
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.starlette import enforce as enforce_request

from ..raw import bearer
from .conftest import Run
from .drive import DENIAL, denied, http, websocket

Raise = Callable[[Identity], Any]


def _raise(error: Exception) -> Raise:
    def raising(identity: Identity) -> None:
        raise error

    return raising


RAISED: dict[str, tuple[Raise, int, str, str | None]] = {
    "denied": (
        _raise(AccessDenied("missing_role", "No.", scopes=["a"])),
        403,
        "missing_role",
        'Bearer error="insufficient_scope", scope="a"',
    ),
    "policy": (
        lambda identity: enforce(require_groups("admins"), identity),
        403,
        "missing_group",
        'Bearer error="insufficient_scope"',
    ),
    "step-up": (
        lambda identity: enforce(require_recent_login(1, clock=lambda: 1e12), identity),
        401,
        "login_too_old",
        'Bearer error="insufficient_user_authentication", max_age="1"',
    ),
    "login": (
        _raise(LoginTooOld("login_too_old", "Again.", max_age=60)),
        401,
        "login_too_old",
        'Bearer error="insufficient_user_authentication", max_age="60"',
    ),
    "token": (
        _raise(InvalidToken("token_expired", "Late.")),
        401,
        "token_expired",
        'Bearer error="invalid_token", error_description="Late."',
    ),
    "keys": (_raise(KeysUnavailable(7)), 503, "keys_unavailable", None),
}


class PassOn(BaseHTTPMiddleware):
    """Does nothing, in Starlette's way."""

    async def dispatch(self, request: Request, call_next: Any) -> Response:
        """Pass on."""
        answer: Response = await call_next(request)
        return answer


def _starlette(guard: Guard, raising: Raise) -> Starlette:
    async def view(request: Request) -> Response:
        raising(request.user)
        return PlainTextResponse("")

    def sync(request: Request) -> Response:
        raising(request.user)
        return PlainTextResponse("")

    class Endpoint(HTTPEndpoint):
        async def get(self, request: Request) -> Response:
            raising(request.user)
            return PlainTextResponse("")

    async def raw(scope: Any, receive: Any, send: Any) -> None:
        raising(scope["user"])

    inner = Starlette(routes=[Route("/", view)], debug=True)
    api = FastAPI()
    api.add_route("/", view)
    return Starlette(
        routes=[
            Route("/async", view),
            Route("/sync", sync),
            Route("/class", Endpoint),
            Mount("/raw", raw),
            Mount("/mounted", inner),
            Mount("/behind", Starlette(routes=[Route("/", view)], middleware=[Middleware(PassOn)])),
            Mount("/base", PassOn(inner)),
            Mount("/fastapi", api),
        ],
        middleware=[Middleware(CognitoMiddleware, guard=guard), Middleware(PassOn)],
    )


@pytest.mark.parametrize(
    "path",
    [
        "/async",
        "/sync",
        "/class",
        "/raw/",
        "/mounted/",
        "/behind/",
        "/base/",
        "/fastapi/",
    ],
)
@pytest.mark.parametrize("name", RAISED)
def test_starlette(name: str, path: str, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """What any endpoint behind the middleware raises is answered with its challenge."""
    raising, status, reason, challenge = RAISED[name]
    app = _starlette(guard, raising)
    answer = run(lambda: http(app, path, [bearer(pool.access_token())]))
    assert (answer.status, answer.json["reason"]) == (status, reason)
    assert answer.all("www-authenticate") == ([] if challenge is None else [challenge])
    assert answer.all("retry-after") == (["7"] if name == "keys" else [])
    assert answer.all("content-type") == ["application/problem+json"]


def _fastapi(guard: Guard, raising: Raise, *, install: bool) -> FastAPI:
    auth = CognitoAuth(guard)
    app = FastAPI()
    if install:
        auth.install(app)
    user = Depends(auth)

    async def after(user: Identity = user) -> AsyncIterator[Identity]:
        raising(user)
        yield user

    def by_hand(request: Request) -> None:
        raising(
            guard.authenticate(lambda name: [x.encode() for x in request.headers.getlist(name)])
        )

    @app.get("/async")
    async def view(user: Identity = user) -> None:
        raising(user)

    @app.get("/sync")
    def sync(user: Identity = user) -> None:
        raising(user)

    @app.get("/optional")
    def optional(user: Any = Depends(auth.optional)) -> None:  # noqa: B008
        raising(user)

    app.get("/dependency")(lambda user=Depends(after): None)  # noqa: B008
    if install:
        app.get("/by-hand", dependencies=[Depends(by_hand)])(lambda: None)
        app.add_route("/route", lambda request: by_hand(request))  # type: ignore[arg-type]
    return app


@pytest.mark.parametrize(
    ("path", "install"),
    [
        ("/async", False),
        ("/sync", False),
        ("/optional", False),
        ("/dependency", False),
        ("/async", True),
        ("/sync", True),
        ("/by-hand", True),
        ("/route", True),
    ],
)
@pytest.mark.parametrize("name", RAISED)
def test_fastapi(
    name: str, path: str, install: bool, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """A route that depends on CognitoAuth answers what it raises in FastAPI's shape; after
    ``install``, every route of the app does."""
    raising, status, reason, challenge = RAISED[name]
    app = _fastapi(guard, raising, install=install)
    answer = run(lambda: http(app, path, [bearer(pool.access_token())]))
    assert (answer.status, answer.json["detail"]["reason"]) == (status, reason)
    assert set(answer.json["detail"]) == {"detail", "reason", "error"}
    assert answer.all("www-authenticate") == ([] if challenge is None else [challenge])
    assert answer.all("retry-after") == (["7"] if name == "keys" else [])


def test_enforce_of_a_request(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """``enforce(request, policy)`` gives the caller, or refuses as ``requires`` does."""

    async def view(request: Request) -> Response:
        assert enforce_request(request).subject
        identity = enforce_request(request, require_scopes("orders/read"))
        return PlainTextResponse(identity.display_name)

    app = Starlette(
        routes=[Route("/", view)],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False)],
    )
    for lines, status in (
        ([], 401),
        ([bearer(pool.access_token())], 403),
        ([bearer(pool.access_token(scopes=["orders/read"]))], 200),
    ):
        assert run(lambda lines=lines: http(app, "/", lines)).status == status
    with pytest.raises(ConfigurationError, match="needs CognitoMiddleware"):
        run(lambda: http(Starlette(routes=[Route("/", view)]), "/"))


def test_enforce_of_an_auth(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """``auth.enforce(policy, identity)`` gives the caller, or refuses; nobody is refused, too."""
    auth = CognitoAuth(guard)
    app = FastAPI()

    @app.get("/")
    def view(user: Any = Depends(auth.optional)) -> str:  # noqa: B008
        return auth.enforce(require_groups("admins"), user).display_name

    for lines, status in (
        ([], 401),
        ([bearer(pool.access_token())], 403),
        ([bearer(pool.access_token(groups=["admins"]))], 200),
    ):
        assert run(lambda lines=lines: http(app, "/", lines)).status == status


def _sockets(guard: Guard, kind: str) -> Any:
    auth = CognitoAuth(guard)

    async def before(websocket: WebSocket) -> None:
        enforce_request(websocket, require_groups("admins"))

    async def after(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        enforce_request(websocket, require_groups("admins"))

    async def closed(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(3000)
        enforce_request(websocket, require_groups("admins"))

    if kind == "starlette":

        class Endpoint(WebSocketEndpoint):
            async def on_connect(self, websocket: WebSocket) -> None:
                enforce_request(websocket, require_groups("admins"))

        return Starlette(
            routes=[
                WebSocketRoute("/before", before),
                WebSocketRoute("/after", after),
                WebSocketRoute("/closed", closed),
                WebSocketRoute("/class", Endpoint),
                Mount("/mounted", Starlette(routes=[WebSocketRoute("/", before)])),
            ],
            middleware=[Middleware(CognitoMiddleware, guard=guard)],
        )
    app = FastAPI()
    if kind == "install":
        auth.install(app)

    def check(connection: WebSocket) -> None:
        identity = guard.authenticate(
            lambda name: [value.encode() for value in connection.headers.getlist(name)]
        )
        auth.enforce(require_groups("admins"), identity)

    depends = [Depends(auth)] if kind == "depends" else []

    @app.websocket("/before", dependencies=depends)
    async def first(websocket: WebSocket) -> None:
        check(websocket)

    @app.websocket("/after", dependencies=depends)
    async def second(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        check(websocket)

    return app


@pytest.mark.parametrize("kind", ["starlette", "depends", "install"])
def test_websocket(kind: str, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """Before it is accepted, a WebSocket is refused with the HTTP answer; an open one is closed."""
    app = _sockets(guard, kind)
    lines = [bearer(pool.access_token())]
    paths = ["/before", "/class", "/mounted/"] if kind == "starlette" else ["/before"]
    for path in paths:
        answer = denied(run(lambda path=path: websocket(app, path, lines, extensions=DENIAL)))
        reason = answer.json["detail"] if kind != "starlette" else answer.json
        if kind != "install":
            assert reason["reason"] == "missing_group"
        assert answer.status == 403
        sent = run(lambda path=path: websocket(app, path, lines))
        assert sent == [{"type": "websocket.close", "code": 1008, "reason": "missing_group"}]
    sent = run(lambda: websocket(app, "/after", lines, extensions=DENIAL))
    assert [message["type"] for message in sent] == [
        "websocket.accept",
        "websocket.send",
        "websocket.close",
    ]
    assert (sent[2]["code"], sent[2]["reason"]) == (1008, "missing_group")


def test_closed_websocket(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """What is raised after a WebSocket was closed is for the log."""
    with pytest.raises(AccessDenied):
        run(
            lambda: websocket(
                _sockets(guard, "starlette"), "/closed", [bearer(pool.access_token())]
            )
        )


@pytest.mark.parametrize("path", ["/background", "/stream"])
def test_after_the_answer_has_begun(path: str, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """What is raised once the answer has begun is for the log, and no second answer is sent."""

    def raising() -> None:
        raise AccessDenied("missing_role", "No.")

    async def background(request: Request) -> Response:
        return PlainTextResponse("done", background=BackgroundTask(raising))

    async def stream(request: Request) -> Response:
        async def items() -> AsyncIterator[str]:
            yield "a"
            raising()

        return StreamingResponse(items())

    app = Starlette(
        routes=[Route("/background", background), Route("/stream", stream)],
        middleware=[Middleware(CognitoMiddleware, guard=guard)],
    )
    with pytest.raises(AccessDenied):
        run(lambda: http(app, path, [bearer(pool.access_token())]))


def test_the_users_own_handler_comes_first(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """An exception handler of the app's gets the error before the middleware does."""

    async def handler(request: Request, error: AuthError) -> Response:
        return PlainTextResponse(str(error.reason), 418)

    app = _starlette(guard, RAISED["denied"][0])
    app.add_exception_handler(AuthError, handler)  # type: ignore[arg-type]
    answer = run(lambda: http(app, "/async", [bearer(pool.access_token())]))
    assert (answer.status, answer.body) == (418, b"missing_role")


@pytest.mark.parametrize("size", [0, 1, (1 << 20) + 1])
@pytest.mark.parametrize("raised", [None, KeyError("x")], ids=["", "raises"])
def test_other_errors_of_the_server(
    size: int, raised: Exception | None, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """A 500 of the app's own arrives whole, in one piece or in several, raised or not."""
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": [(b"x", b"1")]})
        await send({"type": "http.response.body", "body": b"a" * size, "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})
        if raised is not None:
            raise raised

    async def outside(scope: Any, receive: Any, send: Any) -> None:
        try:
            await CognitoMiddleware(app, guard=guard)(scope, receive, send)
        except KeyError as error:
            seen.append(error)

    answer = run(lambda: http(outside, "/", [bearer(pool.access_token())]))
    assert (answer.status, answer.body) == (500, b"a" * size + b"b")
    assert answer.headers == (("x", "1"),)
    assert seen == ([] if raised is None else [raised])


def test_a_500_that_has_been_sent(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A refusal that is raised after a long 500 comes too late."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send(
            {"type": "http.response.body", "body": b"a" * ((1 << 20) + 1), "more_body": True}
        )
        raise AccessDenied("missing_role", "No.")

    with pytest.raises(AccessDenied):
        run(lambda: http(CognitoMiddleware(app, guard=guard), "/", [bearer(pool.access_token())]))


def test_a_header_that_comes_twice(
    guard: Guard, pool: LocalUserPool, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every header of a challenge is copied, also two of one name."""
    pairs = (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Vary", "Authorization, Cookie"))

    def challenge(self: Guard, error: AuthError, **_: object) -> Challenge:
        return Challenge(403, pairs, {"detail": "No.", "reason": "missing_role", "error": None})

    monkeypatch.setattr(Guard, "challenge", challenge)
    apps = {
        "/async": _starlette(guard, RAISED["denied"][0]),
        "/sync": _fastapi(guard, RAISED["denied"][0], install=False),
        "/by-hand": _fastapi(guard, RAISED["denied"][0], install=True),
    }
    for path, app in apps.items():
        answer = run(lambda app=app, path=path: http(app, path, [bearer(pool.access_token())]))
        assert answer.all("set-cookie") == ["a=1", "b=2"]
        assert answer.all("vary") == ["Authorization, Cookie"]
