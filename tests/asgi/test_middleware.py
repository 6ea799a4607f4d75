"""CognitoMiddleware: what it puts into the scope, whom it refuses, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import anyio
import pytest

from cognito_guard import AuthorizationHeader, ConfigurationError, Guard, Header, Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import AnonymousUser, Auth, CognitoMiddleware

from ..raw import bearer
from .conftest import Run
from .drive import DENIAL, Message, denied, http, websocket


class Recorder:
    """The app behind the middleware: keeps the scopes that reach it, and answers."""

    def __init__(self) -> None:
        self.scopes: list[dict[str, Any]] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        elif scope["type"] == "websocket":
            await send({"type": "websocket.accept"})


@pytest.fixture
def app() -> Recorder:
    """The app behind the middleware."""
    return Recorder()


def test_identity_in_the_scope(app: Recorder, guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A good token becomes the identity, and its scopes become what Starlette looks at."""
    middleware = CognitoMiddleware(app, guard=guard)
    token = pool.access_token("alice", scopes=["a", "b/c"])
    for kind in (http, websocket):
        run(lambda kind=kind: kind(middleware, "/", [bearer(token)]))
    for scope in app.scopes:
        assert isinstance(scope["user"], Identity)
        assert scope["user"].subject == pool.subject("alice")
        assert scope["user"].is_authenticated
        assert scope["user"].display_name == "alice"
        assert isinstance(scope["auth"], Auth)
        assert scope["auth"].scopes == ["authenticated", "a", "b/c"]
    assert len(app.scopes) == 2


def test_anonymous_where_optional(app: Recorder, guard: Guard, run: Run) -> None:
    """Without a credential, ``required=False`` lets in a user who is nobody."""
    middleware = CognitoMiddleware(app, guard=guard, required=False)
    for kind in (http, websocket):
        run(lambda kind=kind: kind(middleware, "/", [b"Authorization: Basic YTpi"]))
    for scope in app.scopes:
        assert isinstance(scope["user"], AnonymousUser)
        assert scope["user"].is_authenticated is False
        assert scope["user"].display_name == ""
        assert repr(scope["user"]) == "<AnonymousUser>"
        assert scope["auth"].scopes == []
    assert len(app.scopes) == 2


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize(
    ("make", "status", "reason"),
    [
        (lambda pool: pool.access_token(expires_in=-1), 401, "token_expired"),
        (lambda pool: pool.id_token(), 401, "wrong_token_use"),
        (lambda pool: "none", 401, "malformed_token"),
        (lambda pool: "", 400, "malformed_authorization"),
        (lambda pool: "a b", 400, "malformed_authorization"),
    ],
    ids=["expired", "ID token", "no token", "nothing", "space"],
)
def test_bad_credential_is_refused(
    make: Callable[[LocalUserPool], str],
    status: int,
    reason: str,
    required: bool,
    app: Recorder,
    guard: Guard,
    pool: LocalUserPool,
    run: Run,
) -> None:
    """A credential that is there and bad is refused, also where none is required."""
    middleware = CognitoMiddleware(app, guard=guard, required=required)
    lines = [bearer(make(pool))]
    answer = run(lambda: http(middleware, "/", lines))
    assert (answer.status, answer.json["reason"]) == (status, reason)
    answer = denied(run(lambda: websocket(middleware, "/", lines, extensions=DENIAL)))
    assert (answer.status, answer.json["reason"]) == (status, reason)
    assert app.scopes == []


def test_refusal(app: Recorder, guard: Guard, run: Run) -> None:
    """A refusal is problem details, complete and with its length."""
    answer = run(lambda: http(CognitoMiddleware(app, guard=guard), "/"))
    assert answer.json == {
        "status": 401,
        "title": "Unauthorized",
        "detail": "The request carries no bearer token.",
        "error": None,
        "reason": "missing_credentials",
    }
    assert answer.headers == (
        ("www-authenticate", "Bearer"),
        ("cache-control", "no-store"),
        ("vary", "Authorization"),
        ("content-type", "application/problem+json"),
        ("content-length", str(len(answer.body))),
    )
    assert app.scopes == []


@pytest.mark.parametrize("extensions", [DENIAL, {"tls": {}, **DENIAL}], ids=["alone", "with tls"])
def test_websocket_is_denied(
    extensions: dict[str, Any], app: Recorder, guard: Guard, run: Run
) -> None:
    """Where the server can, a WebSocket is refused with the whole HTTP answer."""
    middleware = CognitoMiddleware(app, guard=guard)
    answer = denied(run(lambda: websocket(middleware, "/", extensions=extensions)))
    assert answer == run(lambda: http(middleware, "/"))
    assert app.scopes == []


@pytest.mark.parametrize(
    "more",
    [{}, {"extensions": None}, {"extensions": {}}, {"extensions": {"tls": {}}}],
    ids=["absent", "none", "empty", "another"],
)
def test_websocket_is_closed(more: dict[str, Any], app: Recorder, guard: Guard, run: Run) -> None:
    """Where the server cannot, a WebSocket is closed before it opens, as a violation of policy."""
    middleware = CognitoMiddleware(app, guard=guard)
    sent: list[Message] = run(lambda: websocket(middleware, "/", **more))
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": "missing_credentials"}]
    assert app.scopes == []


PREFLIGHT = [b"Origin: https://shop.example", b"Access-Control-Request-Method: GET"]


@pytest.mark.parametrize("lines", [PREFLIGHT, [*PREFLIGHT, bearer("none")]], ids=["", "junk"])
def test_preflight_passes(lines: list[bytes], app: Recorder, guard: Guard, run: Run) -> None:
    """A CORS preflight reaches the app as nobody, and no credential in it is looked at."""
    middleware = CognitoMiddleware(app, guard=guard)
    assert run(lambda: http(middleware, "/", lines, method="OPTIONS")).status == 204
    assert isinstance(app.scopes[0]["user"], AnonymousUser)
    assert app.scopes[0]["auth"].scopes == []


@pytest.mark.parametrize(
    ("method", "lines"),
    [
        ("OPTIONS", PREFLIGHT[:1]),
        ("OPTIONS", PREFLIGHT[1:]),
        ("OPTIONS", [b"X-Origin: a", b"X-Access-Control-Request-Method: GET"]),
        ("GET", PREFLIGHT),
        ("POST", PREFLIGHT),
    ],
    ids=["no method", "no origin", "other headers", "GET", "POST"],
)
def test_other_requests_are_no_preflight(
    method: str, lines: list[bytes], app: Recorder, guard: Guard, run: Run
) -> None:
    """What only resembles a preflight needs a credential."""
    middleware = CognitoMiddleware(app, guard=guard)
    assert run(lambda: http(middleware, "/", lines, method=method)).status == 401
    assert app.scopes == []


def test_websocket_is_no_preflight(app: Recorder, guard: Guard, run: Run) -> None:
    """A WebSocket has no method, and no headers make it a preflight."""
    middleware = CognitoMiddleware(app, guard=guard)
    sent = run(lambda: websocket(middleware, "/", PREFLIGHT, method="OPTIONS"))
    assert sent[0]["type"] == "websocket.close"


@pytest.mark.parametrize("required", [True, False])
def test_headers_that_can_be_read_once(
    required: bool, app: Recorder, pool: LocalUserPool, run: Run
) -> None:
    """ASGI has an iterable there, as somebody's `filter` in front of this makes it. Every carrier
    looks at it, and so does the app."""
    carriers = [Header("x-id-token"), AuthorizationHeader()]
    guard = Guard(pool.trust(), carriers=carriers)
    middleware = CognitoMiddleware(app, guard=guard, required=required)
    good = (b"authorization", bearer(pool.access_token()).partition(b": ")[2])

    def ask(*headers: tuple[bytes, bytes], **more: Any) -> int:
        status: int = run(lambda: http(middleware, "/", headers=iter(headers), **more)).status
        return status

    assert ask(good, (b"x-a", b"1")) == 204
    assert [*app.scopes.pop()["headers"]] == [good, (b"x-a", b"1")]
    assert ask((b"authorization", b"Bearer junk")) == 401
    assert ask(good, good) == 400
    asked = [(b"origin", b"https://shop.example"), (b"access-control-request-method", b"POST")]
    assert ask(*asked, (b"x-a", b"1"), method="OPTIONS") == 204
    assert app.scopes.pop()["headers"] == asked
    assert not app.scopes


@pytest.mark.parametrize(
    "error",
    [KeyError("sub"), ConfigurationError("Raised in a view."), PermissionError()],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("required", [True, False])
def test_errors_of_the_app_are_its_own(
    error: Exception, required: bool, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """Whatever the app raises comes out as it is, and no refusal is made of it."""

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise error

    middleware = CognitoMiddleware(broken, guard=guard, required=required)
    with pytest.raises(type(error)) as caught:
        run(lambda: http(middleware, "/", [bearer(pool.access_token())]))
    assert caught.value is error


def test_requests_do_not_see_each_other(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """Two requests inside the app at the same time each keep their own user."""
    seen: dict[str, str] = {}

    async def main() -> None:
        both_inside = [anyio.Event(), anyio.Event()]

        async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
            mine, others = both_inside if scope["path"] == "/alice" else both_inside[::-1]
            mine.set()
            await others.wait()
            seen[scope["path"]] = scope["user"].username
            await Recorder()(scope, receive, send)

        middleware = CognitoMiddleware(app, guard=guard)
        async with anyio.create_task_group() as tasks:
            for name in ("alice", "bob"):
                lines = [bearer(pool.access_token(name))]
                tasks.start_soon(http, middleware, f"/{name}", lines)

    run(main)
    assert seen == {"/alice": "alice", "/bob": "bob"}


@pytest.mark.parametrize("kind", ["other", "HTTP", "http.2", "", None, b"http"])
@pytest.mark.parametrize("required", [True, False])
def test_unknown_scopes_are_refused(
    kind: Any, required: bool, app: Recorder, guard: Guard, run: Run
) -> None:
    """A connection of a type that the middleware cannot guard does not reach the app."""

    async def main() -> None:
        async def nothing(*_: Any) -> None:
            """Neither receives nor sends."""

        middleware = CognitoMiddleware(app, guard=guard, required=required, exempt=["/*"])
        await middleware({"type": kind, "path": "/", "headers": []}, nothing, nothing)

    with pytest.raises(ConfigurationError, match="type of ASGI scope"):
        run(main)
    assert app.scopes == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"guard": None}, "guard must be"),
        ({"guard": "eu-west-1_AbC123xyz"}, "guard must be"),
        ({"required": None}, "required must be"),
        ({"required": "false"}, "required must be"),
        ({"required": 0}, "required must be"),
        ({"exempt": "/health"}, "exempt must be"),
        ({"exempt": ["health"]}, "exempt takes"),
        ({"exempt": [""]}, "exempt takes"),
        ({"exempt": ["*"]}, "exempt takes"),
        ({"exempt": ["/a*"]}, "exempt takes"),
        ({"exempt": ["/*/b"]}, "exempt takes"),
        ({"exempt": ["/a/*/*"]}, "exempt takes"),
        ({"exempt": [None]}, "exempt takes"),
        ({"exempt": None}, "exempt must be"),
    ],
    ids=str,
)
def test_wrong_arguments(arguments: dict[str, Any], message: str, guard: Guard) -> None:
    """A wrong argument is said so when the app is built, and never means "no check"."""
    with pytest.raises(ConfigurationError, match=message):
        CognitoMiddleware(Recorder(), **{"guard": guard, **arguments})


def test_no_framework_is_imported() -> None:
    """``cognito_guard_asgi`` itself needs neither Starlette nor FastAPI, nor the HTTP client."""
    code = "import cognito_guard_asgi, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert "cognito_guard_asgi" in loaded
    assert loaded.isdisjoint({"starlette", "fastapi", "pydantic", "anyio", "httpx", "jwt"})
