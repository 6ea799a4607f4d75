"""``open_routes`` on Starlette, FastAPI and Flask: finds what is open, and nothing else."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from flask import Blueprint, Flask, redirect, request
from flask_cors import CORS
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse, StreamingResponse
from starlette.routing import Host, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket
from werkzeug.exceptions import HTTPException as WerkzeugHTTPException
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.routing import BaseConverter

from cognito_guard import Guard
from cognito_guard.testing import open_routes
from cognito_guard.testing.routes.asking import ask_asgi
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.starlette import requires
from cognito_guard_flask import CognitoGuard

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def welcome(*args: Any, **kwargs: Any) -> Any:
    """A view of Flask's that anybody may see."""
    return "welcome"


async def page(request: Any) -> PlainTextResponse:
    """A view of Starlette's that anybody may see."""
    return PlainTextResponse("welcome")


async def fallback(request: Any, error: Exception) -> PlainTextResponse:
    """What Starlette answers where nothing is."""
    return await page(request)


async def socket(websocket: WebSocket) -> None:
    """A WebSocket that anybody may open."""
    await websocket.accept()
    await websocket.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file in a folder."""
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "the site.css").write_text("body {}")
    return tmp_path


@pytest.fixture
def app(guard: Guard) -> Flask:
    """A Flask app that has the extension, and no folder of files."""
    return Flask(__name__, static_folder=None)


@pytest.fixture
def cognito(app: Flask, guard: Guard) -> CognitoGuard:
    """Its extension."""
    return CognitoGuard(app, guard=guard)


# Flask


def test_flask(app: Flask, cognito: CognitoGuard) -> None:
    """Open views are found, guarded ones and URLs that lead nowhere are not."""
    app.add_url_rule("/health", "health", welcome)
    app.add_url_rule("/me", "me", cognito.required(welcome_too))
    app.add_url_rule("/maybe", "maybe", cognito.optional(lambda: "welcome"))
    assert open_routes(app) == ["/health", "/maybe"]


def welcome_too(*args: Any, **kwargs: Any) -> str:
    """Another one, as a function is guarded on every route or on none."""
    return "welcome"


def test_a_protected_flask_app(app: Flask, cognito: CognitoGuard) -> None:
    """Only what is exempt is open."""
    cognito.protect(app, exempt=["health"])
    app.add_url_rule("/health", "health", welcome)
    app.add_url_rule("/me", "me", welcome)
    app.register_error_handler(404, lambda error: ("fallback", 200))
    assert open_routes(app) == ["/health"]


@pytest.mark.parametrize(
    "rule",
    [
        "/<name>",
        "/<string(length=3):name>/<int:number>",
        "/<string(minlength=20):name>",
        "/<int(min=5):number>/<int(fixed_digits=4):other>",
        "/<float:number>/<uuid:key>",
        "/<any(shop, 'a.b'):name>/x",
        "/<path:name>/end/",
        "/per%cent/<name>",
    ],
)
def test_parameters_of_flask(rule: str, app: Flask, cognito: CognitoGuard) -> None:
    """Every kind of parameter is given a value that leads to the view."""
    asked = []
    app.add_url_rule(rule, "view", lambda **values: asked.append(values) or "welcome")
    app.add_url_rule(f"/guarded{rule}", "guarded", cognito.required(welcome_too))
    assert open_routes(app) == [rule]
    assert asked[0].keys() == set(app.url_map._rules_by_endpoint["view"][0].arguments)


def test_a_value_that_is_not_guessed(app: Flask, cognito: CognitoGuard) -> None:
    """Where a value is not guessed, the error says how it is given."""

    class Plate(BaseConverter):
        regex = "[A-Z]{3}-[0-9]{3}"

    app.url_map.converters["plate"] = Plate
    app.add_url_rule("/cars/<plate:plate>", "car", welcome)
    with pytest.raises(ValueError, match=r"'plate' in the route '/cars/<plate:plate>'.*values="):
        open_routes(app)
    assert open_routes(app, values={"plate": "ABC-123"}) == ["/cars/<plate:plate>"]


def above_the_route(app: Flask, cognito: CognitoGuard) -> None:
    """Row F1: a guard above its route decorator."""

    @cognito.required
    @functools.lru_cache
    @app.get("/mistake")
    def view() -> str:
        return "welcome"


def one_method_only(app: Flask, cognito: CognitoGuard) -> None:
    """A view of which the guard covers one method."""
    app.add_url_rule("/mistake", "get", cognito.required(welcome_too), methods=["GET"])
    app.add_url_rule("/mistake", "post", welcome, methods=["POST"])


def that_fails(app: Flask, cognito: CognitoGuard) -> None:
    """A view that fails without a caller has run."""
    app.add_url_rule("/mistake", "view", lambda: {}["caller"])


def that_finds_nothing(app: Flask, cognito: CognitoGuard) -> None:
    """A view that finds nothing has looked."""
    app.add_url_rule("/mistake", "view", lambda: ("no such order", 404))


def that_redirects(app: Flask, cognito: CognitoGuard) -> None:
    """A view that sends its caller elsewhere."""
    app.add_url_rule("/mistake", "view", lambda: redirect("/elsewhere?next=%2Fother"))


def a_hook_that_answers(app: Flask, cognito: CognitoGuard) -> None:
    """A hook that was registered before the app was protected."""
    app.before_request(lambda: "hook" if request.path == "/mistake" else None)
    cognito.protect(app)
    app.add_url_rule("/mistake", "view", welcome)


def a_preflight(app: Flask, cognito: CognitoGuard) -> None:
    """A view that refuses strangers by itself, but answers a preflight."""
    methods = ["GET", "OPTIONS"]
    app.add_url_rule(
        "/mistake",
        "view",
        lambda: "welcome" if "Origin" in request.headers else ("", 401),
        methods=methods,
    )


def that_never_ends(app: Flask, cognito: CognitoGuard) -> None:
    """A view whose answer goes on for ever."""

    def forever() -> Any:
        while True:
            yield b"more"

    app.add_url_rule("/mistake", "view", forever)


MISTAKES: list[Callable[[Flask, CognitoGuard], None]] = [
    above_the_route,
    one_method_only,
    that_fails,
    that_finds_nothing,
    that_redirects,
    a_hook_that_answers,
    a_preflight,
    that_never_ends,
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each.__name__)
def test_mistakes_in_flask(mistake: Any, app: Flask, cognito: CognitoGuard) -> None:
    """Each of these is found."""
    mistake(app, cognito)
    assert open_routes(app) == ["/mistake"]


def test_errors_that_flask_lets_through(app: Flask, cognito: CognitoGuard) -> None:
    """In an app that is tested, too, an error is no refusal."""
    app.testing = True
    that_fails(app, cognito)
    assert open_routes(app) == ["/mistake"]


def test_a_page_to_sign_in(app: Flask) -> None:
    """A redirect that hands on the path is a refusal; the page that it leads to is open."""
    app.add_url_rule(
        "/orders/<int:number>", "orders", lambda number: redirect(f"/login?next={request.path}")
    )
    app.add_url_rule("/login", "login", welcome)
    assert open_routes(app) == ["/login"]


def test_files_of_flask(folder: Path, tmp_path_factory: Any, guard: Guard) -> None:
    """A folder is asked for a file that is there; one without files answers nobody."""
    empty = tmp_path_factory.mktemp("empty")
    for static, expected in (
        (folder, ["/files/<path:filename>", "/static/<path:filename>"]),
        (empty, []),
    ):
        app = Flask(__name__, static_folder=static, static_url_path="/static")
        cognito = CognitoGuard(app, guard=guard)
        files = Blueprint("files", __name__, static_folder=static, static_url_path="/files")
        app.register_blueprint(files)
        assert open_routes(app) == expected
        closed = Flask(__name__, static_folder=static, static_url_path="/static")
        cognito = CognitoGuard(closed, guard=guard)
        cognito.protect(closed)
        assert open_routes(closed) == []


@pytest.mark.parametrize("kind", [404, WerkzeugHTTPException, Exception], ids=str)
@pytest.mark.parametrize("status", [200, 404])
def test_a_404_page_of_flask(kind: Any, status: int, guard: Guard) -> None:
    """A handler of the app's own for URLs that lead nowhere is open where nothing refuses."""
    app = Flask(__name__, static_folder=None)
    app.register_error_handler(kind, lambda error: ("fallback", status))
    assert open_routes(app) == ["404"]


def test_a_route_for_everything(app: Flask, cognito: CognitoGuard) -> None:
    """Where every URL leads somewhere, none leads nowhere."""
    app.add_url_rule("/<path:path>", "all", welcome)
    assert open_routes(app) == ["/<path:path>"]

    assert open_routes(Starlette(routes=[Route("/{path:path}", page)])) == ["/{path:path}"]


def test_a_middleware_of_wsgi(app: Flask, cognito: CognitoGuard) -> None:
    """A middleware around the app has its say, and its answer may be a plain list."""

    class Closed:
        def __init__(self, app: Any) -> None:
            self.app = app

        def __call__(self, environ: Any, start_response: Any) -> Any:
            if environ["PATH_INFO"] == "/health":
                return self.app(environ, start_response)
            start_response("403 Forbidden", [])(b"")
            return []

    app.add_url_rule("/health", "health", welcome)
    app.add_url_rule("/other", "other", welcome)
    assert open_routes(Closed(app)) == ["/health"]


def test_hosts_of_flask(guard: Guard) -> None:
    """Routes for a host are asked there, and named with it."""
    app = Flask(__name__, host_matching=True, static_folder=None)
    app.add_url_rule("/", "shop", welcome, host="shop.example")
    app.add_url_rule("/", "other", welcome, host="<name>.example.org")
    assert open_routes(app) == ["<name>.example.org/", "shop.example/"]


def test_subdomains_of_flask() -> None:
    """So are routes for a subdomain."""
    app = Flask(__name__, subdomain_matching=True, static_folder=None)
    app.config["SERVER_NAME"] = "shop.example"
    app.add_url_rule("/", "main", welcome)
    app.add_url_rule("/", "api", welcome, subdomain="api")
    app.add_url_rule("/unbuilt", "unbuilt", build_only=True)
    assert open_routes(app) == ["/", "api.shop.example/"]


def test_preflights_with_flask_cors(app: Flask, cognito: CognitoGuard) -> None:
    """The answers to preflights that an extension gives are not taken for a view's."""
    CORS(app)
    app.add_url_rule("/me", "me", cognito.required(welcome_too))
    assert open_routes(app) == []


def test_flask_apps_beside_each_other(app: Flask, cognito: CognitoGuard) -> None:
    """Under a dispatcher, and behind any middleware with the attribute ``app``."""
    second = Flask("second", static_folder=None)
    second.add_url_rule("/open", "open", welcome)
    second.register_error_handler(404, lambda error: ("fallback", 200))
    app.add_url_rule("/me", "me", cognito.required(welcome_too))
    dispatcher = DispatcherMiddleware(app, {"/second": second})
    assert open_routes(dispatcher) == ["/second 404", "/second/open"]


def metrics(environ: Any, start_response: Any) -> Any:
    """A WSGI app of no known kind."""
    start_response("200 OK", [])
    return [b"welcome"]


def test_apps_inside_of_a_flask_app(app: Flask, cognito: CognitoGuard) -> None:
    """What is put into ``wsgi_app`` comes before the app and its guard."""
    second = Flask("second", static_folder=None)
    second.add_url_rule("/open", "open", welcome)
    cognito.protect(app, exempt=["health"])
    app.add_url_rule("/health", "health", welcome)
    mounts: Any = {"/metrics": metrics, "/second": second}
    app.wsgi_app = DispatcherMiddleware(ProxyFix(app.wsgi_app), mounts)
    expected = ["/health", "/metrics", "/second/open"]
    assert open_routes(app) == expected
    app.wsgi_app = ProxyFix(app.wsgi_app)
    assert open_routes(app) == open_routes(ProxyFix(app)) == expected
    mounts["/again"] = app
    assert open_routes(app) == expected


def test_a_flask_app_below_a_prefix(app: Flask, cognito: CognitoGuard) -> None:
    """An app that is mounted in its own ``wsgi_app`` is asked where it is; everywhere, if it is at
    the root as well."""
    app.add_url_rule("/health", "health", welcome)
    app.add_url_rule("/me", "me", cognito.required(welcome_too))
    inner = app.wsgi_app
    app.wsgi_app = DispatcherMiddleware(NotFound(), {"/shop": inner})
    assert open_routes(app) == ["/shop/health"]
    app.wsgi_app = DispatcherMiddleware(inner, {"/shop": inner})
    assert open_routes(app) == ["/health", "/shop/health"]


def test_a_middleware_that_hides_the_app(app: Flask, cognito: CognitoGuard) -> None:
    """One that cannot be seen through is around the app all the same."""
    app.add_url_rule("/health", "health", welcome)
    app.add_url_rule("/me", "me", cognito.required(welcome_too))
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start_response: inner(environ, start_response)
    assert open_routes(app) == ["/health"]


def test_files_of_werkzeug(
    app: Flask, cognito: CognitoGuard, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """So do files of a ``SharedDataMiddleware``: of folders, of packages, and single ones."""
    cognito.protect(app)
    exports: Any = {
        "/files": str(folder),
        "/logo.css": str(folder / "css" / "the site.css"),
        "/package": ("cognito_guard", "testing"),
        "/empty": str(tmp_path_factory.mktemp("empty")),
    }
    inner = app.wsgi_app
    app.wsgi_app = SharedDataMiddleware(inner, exports)
    assert open_routes(app) == ["/files", "/logo.css", "/package"]
    app.wsgi_app = inner
    assert open_routes(SharedDataMiddleware(app, exports)) == ["/files", "/logo.css", "/package"]
    (folder / "css" / "a.txt").write_text("no")
    app.wsgi_app = SharedDataMiddleware(inner, {"/files": str(folder)}, disallow="*.txt")
    assert open_routes(app) == ["/files"]
    app.wsgi_app = SharedDataMiddleware(inner, {"/files": str(folder)}, disallow="*")
    assert open_routes(app) == []


# Starlette and FastAPI


def test_starlette(guard: Guard) -> None:
    """Behind the middleware, what is not guarded or exempt is found: pages and WebSockets."""

    @requires(groups="admins")
    async def guarded(request: Any) -> PlainTextResponse:
        return PlainTextResponse("welcome")

    @requires()
    async def guarded_socket(websocket: WebSocket) -> None:
        await socket(websocket)

    app = Starlette(
        routes=[
            Route("/health", page),
            Route("/admin", guarded, methods=["POST"]),
            WebSocketRoute("/socket", socket),
            WebSocketRoute("/guarded", guarded_socket),
        ],
        middleware=[Middleware(CognitoMiddleware, guard=guard, required=False)],
    )
    assert open_routes(app) == ["/health", "/socket"]


def test_a_guarded_starlette_app(guard: Guard, folder: Path) -> None:
    """Behind a middleware that refuses, only what is exempt is open."""
    routes = [
        Route("/health", page),
        Route("/me", page),
        WebSocketRoute("/socket", socket),
        Mount("/files", StaticFiles(directory=folder)),
    ]
    inner = Starlette(routes=routes, exception_handlers={404: fallback})
    assert open_routes(CognitoMiddleware(inner, guard=guard, exempt=["/health"])) == ["/health"]
    assert open_routes(inner) == ["/files", "/health", "/me", "/socket", "404"]


@pytest.mark.parametrize(
    "path",
    ["/{name}", "/{number:int}/{other:float}", "/{key:uuid}", "/files/{name:path}", "/a.b/{name}"],
)
def test_parameters_of_starlette(path: str) -> None:
    """Every kind of parameter is given a value that leads to the view."""
    asked = []

    async def view(request: Any) -> PlainTextResponse:
        asked.append(request.path_params)
        return PlainTextResponse("welcome")

    assert open_routes(Starlette(routes=[Route(path, view)])) == [path]
    assert len(asked[0]) == path.count("{")


def test_mounts(guard: Guard, folder: Path, tmp_path_factory: Any) -> None:
    """Mounted apps, nested ones, with parameters, for hosts, of Flask's, and of no known kind."""

    async def unknown(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("welcome", 404)(scope, receive, send)

    inner = Starlette(
        routes=[
            Route("/page", page),
            Mount("/deep", routes=[WebSocketRoute("/socket", socket)]),
            Mount("/files", StaticFiles(directory=folder)),
        ],
        exception_handlers={404: fallback},
    )
    app = Starlette(
        routes=[
            Mount("/inner", inner),
            Mount("/of/{tenant}", inner),
            Host("{name}.example.org", Starlette(routes=[Route("/page", page)])),
            Mount("/unknown", unknown),
            Mount("/empty", StaticFiles(directory=tmp_path_factory.mktemp("empty"))),
        ]
    )
    inside = ["/deep/socket", "/files", "/page", " 404"]
    assert open_routes(app) == sorted(
        [
            *(f"/inner{each}" for each in inside),
            *(f"/of/{{tenant}}{each}" for each in inside),
            "{name}.example.org/page",
            "/unknown",
        ]
    )


def test_fastapi(guard: Guard, folder: Path) -> None:
    """Row F4: what the dependencies of a FastAPI app do not reach."""
    app = FastAPI(dependencies=[Depends(CognitoAuth(guard))])
    router = APIRouter(prefix="/v1")

    @app.get("/items/{number}")
    def item(number: int) -> dict[str, int]:
        return {"number": number}

    @router.post("/orders")
    def order(body: dict[str, str]) -> dict[str, str]:
        return body

    @app.websocket("/socket")
    async def guarded(websocket: WebSocket) -> None:
        await websocket.accept()

    router.add_route("/plain", page)
    app.include_router(router, prefix="/shop")
    app.mount("/mounted", Starlette(routes=[Route("/page", page)]))
    app.mount("/files", StaticFiles(directory=folder))
    app.add_route("/plain", page)
    app.router.routes.append(WebSocketRoute("/plain-socket", socket))
    assert open_routes(app) == [
        "/docs",
        "/docs/oauth2-redirect",
        "/files",
        "/mounted/page",
        "/openapi.json",
        "/plain",
        "/plain-socket",
        "/redoc",
        "/shop/plain",
    ]


def test_folders_of_fastapi(guard: Guard, folder: Path) -> None:
    """So are the folders of ``frontend()``, which newer versions have."""
    (folder / "index.html").write_text("welcome")
    for dependencies, expected in (([], ["/", "/desk"]), ([Depends(CognitoAuth(guard))], [])):
        app = FastAPI(openapi_url=None)
        if not hasattr(app, "frontend"):
            pytest.skip("needs a FastAPI with frontend()")
        app = FastAPI(openapi_url=None, dependencies=dependencies)
        app.frontend("/", directory=folder)
        desk = APIRouter()
        desk.frontend("/desk", directory=folder)
        app.include_router(desk)
        assert open_routes(app) == expected


def test_an_open_fastapi_app(guard: Guard) -> None:
    """An open view is open though it finds fault with what it is given."""
    app = FastAPI(openapi_url=None)

    @app.post("/orders/{number}")
    def order(number: int, body: dict[str, str]) -> Any:
        return body

    @app.get("/gone/{number}")
    def gone(number: int) -> Any:
        raise HTTPException(404)

    app.exception_handler(404)(fallback)
    assert open_routes(app) == ["/gone/{number}", "/orders/{number}", "404"]


def test_parameters_of_websockets(guard: Guard) -> None:
    """A WebSocket of FastAPI's is open though it is closed for want of a parameter. A guard is
    asked before that is noticed."""
    app = FastAPI(openapi_url=None)

    @app.websocket("/query/{room}")
    async def query(websocket: WebSocket, room: int, since: str) -> None:
        await websocket.accept()

    @app.websocket("/header")
    async def header(websocket: WebSocket, kind: Annotated[str, Header()]) -> None:
        await websocket.accept()

    @app.websocket("/guarded", dependencies=[Depends(CognitoAuth(guard))])
    async def guarded(websocket: WebSocket, since: str) -> None:
        await websocket.accept()

    assert open_routes(app) == ["/header", "/query/{room}"]


@pytest.mark.parametrize(
    ("reason", "is_open"),
    [
        ('[{"type":"missing","loc":["query","since"],"msg":"Field required"}]', True),
        ("[{'type': 'missing', 'loc': ('query', 'since')}]", True),
        ("missing_group", False),
        ("", False),
        (None, False),
    ],
)
def test_reasons_of_websockets(reason: Any, is_open: bool) -> None:
    """It is the same where a handler makes text of the errors; any other reason is a refusal."""

    async def closing(websocket: WebSocket) -> None:
        await websocket.close(1008, reason)

    app = Starlette(routes=[WebSocketRoute("/socket", closing)])
    assert open_routes(app) == (["/socket"] if is_open else [])


def test_classes(guard: Guard) -> None:
    """A class takes the methods that it takes, and has its guard or not."""

    class Admin(HTTPEndpoint):
        async def get(self, request: Any) -> PlainTextResponse:
            return PlainTextResponse("welcome")

    @requires(groups="admins")
    class Guarded(HTTPEndpoint):
        get = Admin.get

    app = Starlette(routes=[Route("/admin", Admin), Route("/guarded", Guarded)])
    app.add_middleware(CognitoMiddleware, guard=guard, required=False)
    assert open_routes(app) == ["/admin"]


def test_classes_below_guarded_ones(guard: Guard) -> None:
    """Row F8: a class below that overrides ``dispatch`` has the guard all the same. One that gets
    past it is an error, which is no refusal, and so it is found."""

    @requires(groups="admins")
    class Guarded(HTTPEndpoint):
        async def get(self, request: Any) -> PlainTextResponse:
            return PlainTextResponse("welcome")

    class Dispatching(Guarded):
        async def dispatch(self) -> None:
            await PlainTextResponse("welcome")(self.scope, self.receive, self.send)

    class Past(Dispatching):
        def __await__(self) -> Any:
            return self.dispatch().__await__()

    app = Starlette(routes=[Route("/guarded", Dispatching), Route("/past", Past)])
    app.add_middleware(CognitoMiddleware, guard=guard, required=False)
    assert open_routes(app) == ["/past"]


def test_cors_of_starlette(guard: Guard) -> None:
    """What a CORS middleware answers to preflights is not taken for a view's answer."""
    app = Starlette(routes=[Route("/me", page)])
    app.add_middleware(CognitoMiddleware, guard=guard)
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_methods=["*"])
    assert open_routes(app) == []


def test_the_host(guard: Guard) -> None:
    """An app that answers for one host only is asked for that one."""
    app = Starlette(routes=[Route("/me", requires()(page))])
    app.add_middleware(CognitoMiddleware, guard=guard, required=False)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["shop.example"])
    assert open_routes(app, host="shop.example") == []
    assert open_routes(app) == ["/me"]  # 400 is no refusal of a stranger


def test_answers_that_do_not_end() -> None:
    """A stream is heard no longer than it takes to see that it is one; a view may wait in it."""

    async def stream(request: Any) -> StreamingResponse:
        async def more() -> Any:
            while True:
                yield b"more"
                await asyncio.sleep(3600)

        return StreamingResponse(more())

    async def failing(request: Any) -> Any:
        raise KeyError("caller")

    async def failing_socket(websocket: WebSocket) -> None:
        raise KeyError("caller")

    async def denied(websocket: WebSocket) -> None:
        await websocket.send_denial_response(PlainTextResponse("no", 401))

    async def redirecting(websocket: WebSocket) -> None:
        await websocket.send_denial_response(RedirectResponse("/elsewhere"))

    app = Starlette(
        routes=[
            Route("/stream", stream),
            Route("/failing", failing),
            WebSocketRoute("/failing-socket", failing_socket),
            WebSocketRoute("/denied", denied),
            WebSocketRoute("/redirecting", redirecting),
        ]
    )
    assert open_routes(app) == ["/failing", "/failing-socket", "/redirecting", "/stream"]


def test_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A view that does not answer has no status, and so has let its caller in. Asked by itself: a
    busy machine takes longer for other answers than this test would wait."""
    monkeypatch.setattr("cognito_guard.testing.routes.asking.PATIENCE_SECONDS", 0.01)

    async def waiting(request: Any) -> Any:
        await request.receive()
        await asyncio.Event().wait()

    app = Starlette(routes=[Route("/waiting", waiting)])
    answer = asyncio.run(ask_asgi(app, "GET", "/waiting", {"host": "localhost"}, {}))
    assert answer.status is None


def test_the_life_of_an_app() -> None:
    """The app is started before it is asked, has its state, and is stopped afterwards."""
    events = []

    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        events.append("started")
        yield {"word": "welcome"}
        events.append("stopped")

    async def view(request: Any) -> PlainTextResponse:
        events.append(request.state.word)
        return PlainTextResponse("", 401)

    app = Starlette(routes=[Route("/", view, methods=["GET"])], lifespan=lifespan)
    assert open_routes(app) == []
    assert events == ["started", "welcome", "welcome", "stopped"]  # GET and HEAD


def test_an_app_that_does_not_start() -> None:
    """Where an app does not start, nothing is said about its routes."""

    @asynccontextmanager
    async def lifespan(app: Any) -> Any:
        raise OSError
        yield

    with pytest.raises(RuntimeError, match="did not start"):
        open_routes(Starlette(lifespan=lifespan))


@pytest.mark.parametrize("wrong", [False, True])
def test_inside_of_an_event_loop(wrong: bool) -> None:
    """A test that is a coroutine may call it too, and gets its errors."""

    async def test() -> list[str]:
        return open_routes(
            Starlette(routes=[Route("/health", page)], lifespan=failing if wrong else None)
        )

    @asynccontextmanager
    async def failing(app: Any) -> Any:
        raise OSError
        yield

    if wrong:
        with pytest.raises(RuntimeError, match="did not start"):
            asyncio.run(test())
    else:
        assert asyncio.run(test()) == ["/health"]


@pytest.mark.parametrize(
    "wrong", [None, "app", welcome, dict], ids=["None", "text", "view", "class"]
)
def test_what_is_no_app(wrong: Any) -> None:
    """What has no routes that it knows is refused, and not said to have none that are open."""
    with pytest.raises(TypeError, match="Starlette, FastAPI, Flask and Django"):
        open_routes(wrong)


def test_middlewares_in_a_circle() -> None:
    """Nor does it look for ever."""

    class Loop:
        def __call__(self) -> None: ...

    loop: Any = Loop()
    loop.app = loop
    with pytest.raises(TypeError, match="Loop is none"):
        open_routes(loop)
