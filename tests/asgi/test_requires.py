"""``requires`` and Starlette: endpoints of every kind, Starlette's own decorator, mistakes."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.authentication import requires as starlette_requires
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from cognito_guard import ConfigurationError, Guard, Identity, require_groups, require_scopes
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.starlette import requires

from ..raw import bearer
from .conftest import Run
from .drive import DENIAL, denied, http, websocket

admins = requires(groups="admins")


@admins
async def async_function(request: Request) -> Response:
    """An ``async`` function."""
    return PlainTextResponse(request.user.username)


@admins
def sync_function(request: Request) -> Response:
    """A function that Starlette runs in a thread."""
    return PlainTextResponse(request.user.username)


@admins
class Class(HTTPEndpoint):
    """A class."""

    async def get(self, request: Request) -> Response:
        """Async."""
        return PlainTextResponse(request.user.username)

    def post(self, request: Request) -> Response:
        """Sync."""
        return PlainTextResponse(request.user.username)


class Subclass(Class):
    """A class whose base is guarded."""


class Methods(HTTPEndpoint):
    """A class of which some methods are guarded."""

    @admins
    async def get(self, request: Request) -> Response:
        """Async."""
        return PlainTextResponse(request.user.username)

    @admins
    def post(self, request: Request) -> Response:
        """Sync."""
        return PlainTextResponse(request.user.username)

    async def put(self, request: Request) -> Response:
        """Open to any caller."""
        return PlainTextResponse("put")


class Service:
    """An object whose methods are endpoints."""

    @admins
    async def endpoint(self, request: Request) -> Response:
        """Async."""
        return PlainTextResponse(request.user.username)


async def _greet(greeting: str, *, request: Request) -> Response:
    return PlainTextResponse(request.user.username)


async def _by_keyword(request: Request) -> Response:
    return await admins(functools.partial(_greet, "hello"))(request=request)


ENDPOINTS: dict[str, Callable[..., Any]] = {
    "async": async_function,
    "sync": sync_function,
    "class": Class,
    "subclass": Subclass,
    "methods": Methods,
    "bound-method": Service().endpoint,
    "partial": admins(functools.partial(lambda greeting, request: sync_function(request), "hi")),
    "keyword": _by_keyword,
}


@admins
async def socket_function(websocket: WebSocket) -> None:
    """A WebSocket function."""
    await websocket.accept()
    await websocket.send_text(websocket.user.username)


@admins
class Socket(WebSocketEndpoint):
    """A WebSocket class."""

    async def on_connect(self, websocket: WebSocket) -> None:
        """Greet."""
        await websocket.accept()
        await websocket.send_text(websocket.user.username)


class SocketMethods(WebSocketEndpoint):
    """A WebSocket class of which one method is guarded."""

    @admins
    async def on_connect(self, websocket: WebSocket) -> None:
        """Greet."""
        await websocket.accept()
        await websocket.send_text(websocket.user.username)


class LateSocket(WebSocketEndpoint):
    """A WebSocket that anybody may open, and not everybody may talk to."""

    encoding = "text"

    @admins
    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        """Say it back."""
        await websocket.send_text(data)


SOCKETS: dict[str, Callable[..., Any]] = {
    "function": socket_function,
    "class": Socket,
    "methods": SocketMethods,
}


@pytest.fixture
def app(guard: Guard) -> Starlette:
    """Everything above behind the middleware, which lets in callers without a credential."""
    return Starlette(
        routes=[
            *(Route(f"/{name}", endpoint) for name, endpoint in ENDPOINTS.items()),
            *(WebSocketRoute(f"/{name}", endpoint) for name, endpoint in SOCKETS.items()),
            WebSocketRoute("/late", LateSocket),
        ],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False)],
    )


@pytest.mark.parametrize("name", ENDPOINTS)
def test_http(name: str, app: Starlette, pool: LocalUserPool, run: Run) -> None:
    """Endpoints of every kind let an admin in, 401 nobody and 403 another."""
    path = f"/{name}"
    answer = run(lambda: http(app, path, [bearer(pool.access_token("ada", groups=["admins"]))]))
    assert (answer.status, answer.body) == (200, b"ada")
    answer = run(lambda: http(app, path))
    assert answer.status == 401
    assert answer.all("www-authenticate") == ["Bearer"]
    assert answer.json["reason"] == "missing_credentials"
    answer = run(lambda: http(app, path, [bearer(pool.access_token("bob"))]))
    assert answer.status == 403
    assert answer.all("www-authenticate") == ['Bearer error="insufficient_scope"']
    assert answer.all("cache-control") == ["no-store"]
    assert answer.all("vary") == ["Authorization"]
    assert answer.all("content-type") == ["application/problem+json"]
    assert answer.json["reason"] == "missing_group"


@pytest.mark.parametrize("name", ["class", "subclass", "methods"])
@pytest.mark.parametrize(("method", "status"), [("POST", 401), ("HEAD", 401)])
def test_methods(name: str, method: str, status: int, app: Starlette, run: Run) -> None:
    """Each method of a guarded class is guarded."""
    assert run(lambda: http(app, f"/{name}", method=method)).status == status


def test_method_left_open(app: Starlette, run: Run) -> None:
    """A method without the decorator stays as the middleware has it."""
    assert run(lambda: http(app, "/methods", method="PUT")).body == b"put"


@pytest.mark.parametrize("name", SOCKETS)
def test_websocket(name: str, app: Starlette, pool: LocalUserPool, run: Run) -> None:
    """WebSockets of every kind let an admin in, and refuse others before they accept."""
    path = f"/{name}"
    ada = [bearer(pool.access_token("ada", groups=["admins"]))]
    sent = run(lambda: websocket(app, path, ada))
    assert [message["type"] for message in sent] == ["websocket.accept", "websocket.send"]
    assert sent[1]["text"] == "ada"
    bob = [bearer(pool.access_token("bob"))]
    for lines, status, reason in ((bob, 403, "missing_group"), ([], 401, "missing_credentials")):
        answer = denied(run(lambda lines=lines: websocket(app, path, lines, extensions=DENIAL)))
        assert (answer.status, answer.json["reason"]) == (status, reason)
        sent = run(lambda lines=lines: websocket(app, path, lines))
        assert sent == [{"type": "websocket.close", "code": 1008, "reason": reason}]


def test_accepted_websocket(app: Starlette, pool: LocalUserPool, run: Run) -> None:
    """A WebSocket that is open already is closed as a violation of policy."""
    ada, bob = ([bearer(pool.access_token(groups=groups))] for groups in (["admins"], ["readers"]))
    sent = run(lambda: websocket(app, "/late", ada, say=["hello"]))
    assert [message.get("text") for message in sent] == [None, "hello"]
    sent = run(lambda: websocket(app, "/late", bob, say=["hello"], extensions=DENIAL))
    assert sent[1:] == [{"type": "websocket.close", "code": 1008, "reason": "missing_group"}]


@pytest.mark.parametrize(
    ("decorator", "claims", "status", "reason"),
    [
        (requires(), {}, 200, None),
        (requires(scopes=["a", "b"]), {"scopes": ["a", "b", "c"]}, 200, None),
        (requires(scopes=["a", "b"]), {"scopes": ["a"]}, 403, "missing_scope"),
        (requires(groups=("x", "y")), {"groups": ["x"]}, 403, "missing_group"),
        (requires(roles="editor"), {"role": "editor"}, 200, None),
        (requires(roles="editor"), {}, 403, "missing_role"),
        (requires(groups="x", scopes="a"), {"groups": ["x"]}, 403, "missing_scope"),
        (requires(groups="x", scopes="a"), {"scopes": ["a"]}, 403, "missing_group"),
        (requires(policy=require_groups("x") | require_scopes("a")), {"scopes": ["a"]}, 200, None),
        (requires(policy=lambda identity: identity.username == "alice"), {}, 200, None),
        (requires(policy=lambda identity: False), {}, 403, "check_failed"),
        (requires(policy=lambda identity: identity.groups), {}, 403, "check_failed"),
    ],
)
def test_requirements(
    decorator: Callable[[Any], Any],
    claims: dict[str, Any],
    status: int,
    reason: str | None,
    guard: Guard,
    pool: LocalUserPool,
    run: Run,
) -> None:
    """All that is named must be there; a policy may be anything that takes an identity."""

    async def endpoint(request: Request) -> Response:
        return JSONResponse({})

    app = Starlette(
        routes=[Route("/", decorator(endpoint))],
        middleware=[Middleware(CognitoMiddleware, guard=guard)],
    )
    answer = run(lambda: http(app, "/", [bearer(pool.access_token(**claims))]))
    assert (answer.status, answer.json.get("reason")) == (status, reason)


def test_scopes_are_named_in_the_challenge(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """A client that lacks a scope is told which ones to ask for, and the app's realm."""
    realm = Guard(pool.trust(), realm="shop")
    app = Starlette(
        routes=[Route("/", requires(scopes=["a", "b/c"])(lambda request: PlainTextResponse("")))],
        middleware=[Middleware(CognitoMiddleware, guard=realm)],
    )
    answer = run(lambda: http(app, "/", [bearer(pool.access_token())]))
    assert answer.all("www-authenticate") == [
        'Bearer realm="shop", error="insufficient_scope", scope="a b/c"'
    ]


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_errors_of_the_endpoint_are_its_own(
    kind: str, guard: Guard, pool: LocalUserPool, run: Run
) -> None:
    """A KeyError in an endpoint stays one, and no refusal is made of it."""

    async def broken(request: Request) -> Response:
        raise KeyError("sub")

    def also_broken(request: Request) -> Response:
        raise KeyError("sub")

    endpoint = requires(groups="admins")(broken if kind == "async" else also_broken)
    app = Starlette(
        routes=[Route("/", endpoint)], middleware=[Middleware(CognitoMiddleware, guard=guard)]
    )
    with pytest.raises(KeyError, match="sub"):
        run(lambda: http(app, "/", [bearer(pool.access_token(groups=["admins"]))]))


def test_starlettes_own_requires(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """Starlette's ``@requires`` reads the token's scopes, and ``authenticated`` means somebody."""

    @starlette_requires("authenticated", status_code=404)
    async def somebody(request: Request) -> Response:
        assert isinstance(request.user, Identity)
        return PlainTextResponse(request.user.display_name)

    @starlette_requires(["authenticated", "orders/read"])
    def reader(request: Request) -> Response:
        return PlainTextResponse(" ".join(request.auth.scopes))

    @starlette_requires("orders/read")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()

    app = Starlette(
        routes=[
            Route("/somebody", somebody),
            Route("/reader", reader),
            WebSocketRoute("/socket", socket),
        ],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False)],
    )
    other = [bearer(pool.access_token("bob", scopes=["orders/reader"]))]
    good = [bearer(pool.access_token("alice", scopes=["orders/read"]))]
    assert run(lambda: http(app, "/somebody")).status == 404
    assert run(lambda: http(app, "/somebody", other)).body == b"bob"
    assert run(lambda: http(app, "/reader")).status == 403
    assert run(lambda: http(app, "/reader", other)).status == 403
    assert run(lambda: http(app, "/reader", good)).body == b"authenticated orders/read"
    assert run(lambda: websocket(app, "/socket", good))[0]["type"] == "websocket.accept"
    assert run(lambda: websocket(app, "/socket", other))[0]["type"] == "websocket.close"


@pytest.mark.parametrize("name", ENDPOINTS)
def test_missing_middleware(name: str, pool: LocalUserPool, run: Run) -> None:
    """Without the middleware nobody gets in, and the error says what is missing."""
    app = Starlette(routes=[Route(f"/{name}", ENDPOINTS[name])])
    with pytest.raises(ConfigurationError, match="needs CognitoMiddleware"):
        run(lambda: http(app, f"/{name}", [bearer(pool.access_token(groups=["admins"]))]))


def test_somebody_elses_user(guard: Guard, run: Run) -> None:
    """A user object that another middleware put there is not taken for one of ours."""

    class Impostor:
        is_authenticated = True
        groups = ("admins",)

    app = Starlette(routes=[Route("/", async_function)])
    with pytest.raises(ConfigurationError, match="needs CognitoMiddleware"):
        run(lambda: http(app, "/", user=Impostor(), cognito_guard=guard))


def test_no_request_among_the_arguments(run: Run) -> None:
    """A function that is not given the request cannot be guarded, and says so."""

    @requires()
    async def endpoint(name: str) -> None:
        """Not an endpoint."""

    with pytest.raises(ConfigurationError, match="no Request and no WebSocket"):
        run(lambda: endpoint("x"))


@pytest.mark.parametrize(
    "arguments",
    [
        {"groups": []},
        {"scopes": ""},
        {"roles": [""]},
        {"groups": "a b"},
        {"scopes": [None]},
        {"policy": "admins"},
    ],
    ids=str,
)
def test_wrong_requirement(arguments: dict[str, Any]) -> None:
    """An empty or wrong requirement is an error when the module is imported."""
    with pytest.raises(ConfigurationError):
        requires(**arguments)


async def _stream() -> AsyncIterator[str]:
    yield "item"


def _items() -> Iterator[str]:
    yield "item"


class _Plain:
    """Neither a function nor an endpoint class."""

    async def __call__(self, request: Request) -> Response:
        return PlainTextResponse("")


class _Dispatch:
    def dispatch(self) -> None:
        """Not async, so not Starlette's."""


@pytest.mark.parametrize(
    "endpoint",
    [
        _stream,
        _items,
        _Plain(),
        _Plain,
        _Dispatch,
        functools.partial(_Plain()),
        StaticFiles(),
        None,
    ],
    ids=[
        "generator",
        "async generator",
        "callable object",
        "class",
        "sync dispatch",
        "partial",
        "app",
        "nothing",
    ],
)
def test_wrong_endpoint(endpoint: Any) -> None:
    """What cannot be guarded is refused when it is decorated, not left open."""
    for decorate in (requires, requires()):
        with pytest.raises(ConfigurationError, match=r"requires\(\) takes"):
            decorate(endpoint)


def test_names_are_kept() -> None:
    """A guarded function keeps its name and its documentation, for routing and tracebacks."""
    assert async_function.__name__ == "async_function"
    assert sync_function.__doc__ == "A function that Starlette runs in a thread."
    assert Class.__name__ == "Class"
