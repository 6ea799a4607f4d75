"""What reports of errors show of our frames: no token and no claim, whatever fails behind us."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from traceback import walk_tb
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from cognito_guard import ConfigurationError, Guard, Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.socketio import refuses
from cognito_guard_asgi.starlette import enforce, requires

from ..engine.reports import assert_nothing_shown, shown_by, shown_now


class Accident(Exception):
    """What goes wrong in other people's code."""


def of_nothing() -> None:
    """A route that is never reached."""


class Fails:
    """Other people's code, which notes what frames that are under way show."""

    def __init__(self) -> None:
        self.live: list[tuple[str, str]] = []

    def __call__(self, *_: Any) -> Any:
        self.live = shown_now()
        raise Accident


def starlette(guard: Guard, endpoint: Any) -> Any:
    """An app with one guarded or open endpoint, behind the middleware."""
    return Starlette(
        routes=[Route("/", endpoint)], middleware=[Middleware(CognitoMiddleware, guard=guard)]
    )


def of_a_check(pool: LocalUserPool, fails: Fails) -> Any:
    """A pool's check fails, below the middleware."""
    return starlette(Guard(pool.trust(checks=[fails])), lambda request: PlainTextResponse())


def of_a_view(pool: LocalUserPool, fails: Fails) -> Any:
    """The view fails."""

    async def view(request: Request) -> None:
        fails()

    return starlette(Guard(pool.trust()), view)


def of_a_policy(pool: LocalUserPool, fails: Fails) -> Any:
    """A policy fails, in front of an async endpoint."""

    @requires(policy=fails)
    async def view(request: Request) -> None:
        raise AssertionError

    return starlette(Guard(pool.trust()), view)


def of_a_guarded_view(pool: LocalUserPool, fails: Fails) -> Any:
    """A guarded async endpoint fails."""

    @requires()
    async def view(request: Request) -> None:
        fails()

    return starlette(Guard(pool.trust()), view)


def of_a_sync_view(pool: LocalUserPool, fails: Fails) -> Any:
    """A guarded sync endpoint fails."""

    @requires()
    def view(request: Request) -> None:
        fails()

    return starlette(Guard(pool.trust()), view)


def of_a_class(pool: LocalUserPool, fails: Fails) -> Any:
    """A policy fails, in front of a class."""

    @requires(policy=fails)
    class View(HTTPEndpoint):
        async def get(self, request: Request) -> None:
            raise AssertionError

    return starlette(Guard(pool.trust()), View)


def of_enforce(pool: LocalUserPool, fails: Fails) -> Any:
    """A policy fails that a view asks."""

    async def view(request: Request) -> None:
        enforce(request, fails)

    return starlette(Guard(pool.trust()), view)


def of_a_dependency(pool: LocalUserPool, fails: Fails) -> Any:
    """A pool's check fails, below a dependency."""
    auth = CognitoAuth(Guard(pool.trust(checks=[fails])))
    app = FastAPI()
    app.get("/", dependencies=[Depends(auth)])(lambda: None)
    return app


def of_an_optional_dependency(pool: LocalUserPool, fails: Fails) -> Any:
    """A pool's check fails, below an optional one."""
    auth = CognitoAuth(Guard(pool.trust(checks=[fails])))
    app = FastAPI()
    app.get("/", dependencies=[Depends(auth.optional)])(lambda: None)
    return app


def of_a_route(pool: LocalUserPool, fails: Fails) -> Any:
    """A route fails, and its policy with it."""
    auth = CognitoAuth(Guard(pool.trust()))
    app = FastAPI()

    @app.get("/")
    async def route(user: Identity = Depends(auth)) -> None:  # noqa: B008
        auth.enforce(fails, user)

    return app


class Carries:
    """A carrier of somebody's own, which fails in a way of its own."""

    ambient = False

    def __init__(self, find: Callable[[Any], Any]) -> None:
        self.find = find


def of_a_carrier(pool: LocalUserPool, fails: Fails) -> Any:
    """A carrier fails when it has the credential."""
    carrier = Carries(lambda headers: (headers("authorization"), fails())[1])
    return starlette(Guard(pool.trust(), carriers=[carrier]), lambda request: PlainTextResponse())


def of_what_sends(pool: LocalUserPool, fails: Fails) -> Any:
    """A middleware further out fails when a refusal is sent through it."""
    inner = CognitoMiddleware(None, guard=Guard(pool.trust(checks=[lambda identity: False])))  # type: ignore[arg-type]

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        async def failing(message: Any) -> None:
            fails()

        held = [scope]
        del scope
        await inner(held.pop(), receive, failing)

    return outer


class Listens(logging.Filter):
    """A filter of a log that fails."""

    def __init__(self, fails: Fails) -> None:
        super().__init__()
        self.filter = fails  # type: ignore[method-assign]


def of_a_log(pool: LocalUserPool, fails: Fails) -> Any:
    """A filter of the log fails, at a refusal of FastAPI's."""
    auth = CognitoAuth(Guard(pool.trust(checks=[lambda identity: False])))
    logging.getLogger("cognito_guard").addFilter(Listens(fails))
    app = FastAPI()
    app.get("/", dependencies=[Depends(auth)])(lambda: None)
    return app


def of_a_log_later(pool: LocalUserPool, fails: Fails) -> Any:
    """The same, at what a route raises and our handler answers."""
    guard = Guard(pool.trust())
    auth = CognitoAuth(guard)
    logging.getLogger("cognito_guard").addFilter(Listens(fails))
    app = FastAPI()
    auth.install(app)

    @app.get("/")
    def route() -> None:
        raise guard.missing_credentials()

    return app


@pytest.fixture(autouse=True)
def _filters(pool: LocalUserPool) -> Iterator[None]:
    log = logging.getLogger("cognito_guard")
    before, level = [*log.filters], log.level
    log.setLevel(logging.INFO)
    yield
    log.filters = before
    log.setLevel(level)


@pytest.mark.parametrize(
    "make",
    [
        *(of_a_carrier, of_what_sends, of_a_log, of_a_log_later),
        *(of_a_check, of_a_view, of_a_policy, of_a_guarded_view, of_a_sync_view, of_a_class),
        *(of_enforce, of_a_dependency, of_an_optional_dependency, of_a_route),
    ],
)
def test_an_accident(make: Callable[[LocalUserPool, Fails], Any], pool: LocalUserPool) -> None:
    """Neither the traceback nor the frames under way show a piece of the token."""
    fails = Fails()
    token = pool.access_token(groups=["a-group-that-nobody-shall-see"])
    with pytest.raises(Accident) as caught:
        TestClient(make(pool, fails)).get("/", headers={"Authorization": f"Bearer {token}"})

    shown = [*shown_by(caught.value), *fails.live]
    assert shown
    for where, said in shown:
        for piece in (*token.split("."), "a-group-that-nobody-shall-see"):
            assert piece not in said, where


@pytest.mark.parametrize("answers", [starlette, None], ids=["starlette", "fastapi"])
def test_a_listener(answers: Any, pool: LocalUserPool) -> None:
    """While a listener is told of a caller and of a refusal, no frame shows a token or a claim."""
    guard = Guard(pool.trust())
    live: list[tuple[str, str]] = []
    told: list[str] = []

    def listen(event: object) -> None:
        told.append(type(event).__name__)
        live.extend(shown_now())
        raise Accident

    guard.add_listener(listen)
    if answers is None:
        app: Any = FastAPI(dependencies=[Depends(CognitoAuth(guard).require(groups="admins"))])
        app.get("/")(of_nothing)
    else:
        app = starlette(guard, requires(groups="admins")(lambda request: PlainTextResponse()))
    token = pool.access_token("alice", groups=["clandestine"])
    answer = TestClient(app).get("/", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 403
    assert [one for one in told if one != "KeysFetched"] == ["CallerVerified", "RequestRefused"]
    assert assert_nothing_shown(iter(live), {token, "clandestine", pool.subject("alice")})


def without_the_middleware() -> Any:
    """Nobody has looked at the caller."""
    return Starlette(routes=[Route("/", requires()(lambda request: None))])


def without_it_in_a_class() -> Any:
    """The same for a class."""

    @requires()
    class View(HTTPEndpoint):
        async def get(self, request: Request) -> None:
            raise AssertionError

    return Starlette(routes=[Route("/", View)])


def without_it_in_enforce() -> Any:
    """The same inside an endpoint."""

    async def view(request: Request) -> None:
        enforce(request)

    return Starlette(routes=[Route("/", view)])


def without_a_request() -> Any:
    """The endpoint takes the header alone."""
    app = FastAPI()

    def route(authorization: str) -> None:
        raise AssertionError

    # No text, which earlier versions of FastAPI resolve in the module of the wrapper.
    route.__annotations__ = {"authorization": Annotated[str, Header()]}
    app.get("/")(requires()(route))
    return app


def around_an_app() -> Any:
    """Around an ASGI app, which gets the scope."""

    @requires()
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    return Starlette(routes=[Mount("/", app)])


def with_two_requests() -> Any:
    """Among the arguments is a request that somebody has made up."""

    @requires()
    def guarded(*requests: Request) -> None:
        raise AssertionError

    async def view(request: Request) -> None:
        held = [request, Request({**request.scope, "cognito_guard": None})]
        del request
        guarded(held.pop(), held.pop())

    return Starlette(routes=[Route("/", view)])


@pytest.mark.parametrize(
    "make",
    [
        *(without_the_middleware, without_it_in_a_class, without_it_in_enforce),
        *(without_a_request, around_an_app, with_two_requests),
    ],
)
def test_a_mistake(make: Callable[[], Any], pool: LocalUserPool) -> None:
    """What is said of a mistake of the app's shows no piece of the token either."""
    token = pool.access_token()
    app = make()
    if not make.__name__.startswith("without_the") and not make.__name__.startswith("without_it"):
        app = CognitoMiddleware(app, guard=Guard(pool.trust()))
    with pytest.raises(ConfigurationError) as caught:
        TestClient(app).get("/", headers={"Authorization": f"Bearer {token}"})

    shown = [*shown_by(caught.value)]
    assert shown
    for where, said in shown:
        for piece in token.split("."):
            assert piece not in said, where


@pytest.mark.parametrize("is_async", [True, False])
def test_an_accident_in_socket_io(is_async: bool) -> None:
    """The arguments of a ``connect`` handler have the headers and the auth data."""
    fails = Fails()

    async def later(sid: str, environ: Any, auth: Any) -> None:
        fails()

    def at_once(sid: str, environ: Any, auth: Any) -> None:
        fails()

    async def connect() -> None:
        handler = refuses(later if is_async else at_once)
        answer = handler("sid", {"HTTP_AUTHORIZATION": "Bearer the-token"}, {"token": "the-token"})
        if answer is not None:
            await answer

    with pytest.raises(Accident) as caught:
        asyncio.run(connect())

    for where, said in (*shown_by(caught.value), *fails.live):
        assert "the-token" not in said, where


@pytest.mark.parametrize("name", [1, b"authorization", None])
def test_a_carrier_that_asks_wrongly(name: Any, pool: LocalUserPool) -> None:
    """What fails then is ours, and shows nothing: its frames are emptied like the engine's."""
    token = pool.access_token()
    carrier = Carries(lambda headers: headers(name))
    app = starlette(Guard(pool.trust(), carriers=[carrier]), lambda request: PlainTextResponse())
    with pytest.raises((AttributeError, TypeError)) as caught:
        TestClient(app).get("/", headers={"Authorization": f"Bearer {token}"})

    frames = [frame for frame, _ in walk_tb(caught.value.__traceback__)]
    of_headers = [one for one in frames if one.f_code.co_qualname.startswith("_Values")]
    assert [one.f_locals for one in of_headers] == [{}]
    for where, said in shown_by(caught.value):
        assert token not in said, where
