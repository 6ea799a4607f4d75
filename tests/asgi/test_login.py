"""Sign-in for Starlette: what the contract's table does not say, and the mistakes one can make."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from cognito_guard import ConfigurationError, Guard, require_recent_login
from cognito_guard.login import LoginSessions
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.login import login_required, login_routes, login_session
from cognito_guard_asgi.starlette import requires

from ..keys.conftest import no_fetch_outlives_its_test
from ..login.site import Site, site
from ..login.test_races import BY_NAME, until
from ..raw import bearer
from .conftest import Run
from .drive import http, websocket
from .login_site import (
    EVIL,
    NAVIGATION,
    OWN,
    Client,
    cookie_of,
    cookies_of,
    other_sessions,
    sessions_at,
)

__all__ = ["no_fetch_outlives_its_test"]


@pytest.fixture
def here() -> Iterator[Site]:
    """A site."""
    with site() as one:
        yield one


async def name(request: Request) -> PlainTextResponse:
    """Who is calling."""
    return PlainTextResponse(request.user.display_name)


@login_required(policy=require_recent_login(max_age=60))
async def fresh(request: Request) -> PlainTextResponse:
    """For who has just signed in."""
    return PlainTextResponse("fresh")


@login_required()
class Page(HTTPEndpoint):
    """For whoever is signed in."""

    async def get(self, request: Request) -> PlainTextResponse:
        """As a function."""
        session = login_session(request)
        return PlainTextResponse("" if session is None else session.identity.username or "")


@requires()
async def live(websocket: WebSocket) -> None:
    """A socket of a page."""
    await websocket.accept()
    await websocket.close()


def app_of(
    here: Site, *, at: str = "/auth", sessions: LoginSessions | None = None, **more: Any
) -> Starlette:
    """The app."""
    sessions = sessions or here.sessions
    return Starlette(
        routes=[
            Mount(at, routes=login_routes(sessions)),
            Route("/name", name, methods=["GET", "POST"]),
            Route("/page", Page),
            Route("/fresh", fresh),
            Route("/of-its-own", lambda request: PlainTextResponse(headers=more_headers)),
            WebSocketRoute("/live", live),
        ],
        lifespan=more.pop("lifespan", None),
        middleware=[
            *more.pop("outer", ()),
            Middleware(
                CognitoMiddleware, guard=more.pop("guard", here.guard), login=sessions, **more
            ),
        ],
    )


more_headers = {"Vary": "Accept, cookie", "Cache-Control": "max-age=60"}


def test_whole_way(here: Site, run: Run) -> None:
    """Under each event loop: sign in, see the page, sign out."""
    ask = Client(app_of(here), run)
    led = ask("/page?a=1", NAVIGATION)
    assert (led.status, led.all("location")) == (303, ["/auth/login?next=%2Fpage%3Fa%3D1"])
    assert led.all("cache-control") == ["no-store"]
    started = ask(led.all("location")[0], NAVIGATION)
    query = here.endpoint.authorize(started.all("location")[0])
    back = ask(f"/auth/callback?{query}", [*NAVIGATION, cookies_of(started)])
    assert (back.status, back.all("location")) == (303, ["/page?a=1"])
    session = cookies_of(back)
    assert ask("/page?a=1", [*NAVIGATION, session]).body == b"alice"
    assert ask("/name", [session]).body == b"alice"
    left = ask("/auth/logout", [OWN, session], method="POST")
    assert left.status == 303
    assert ask("/name", [session]).status == 401


def test_required(here: Site, run: Run) -> None:
    """Where a credential is required, a browser is led to the sign-in, a script is refused, and the
    three routes are open."""
    ask = Client(app_of(here), run)
    led = ask("/name?a=1", NAVIGATION)
    assert (led.status, led.all("location")) == (303, ["/auth/login?next=%2Fname%3Fa%3D1"])
    assert ask("/name").status == 401
    assert ask("/name", NAVIGATION, method="POST").status == 401
    assert ask("/name", [*NAVIGATION, bearer("x.y.z")]).status == 401
    assert ask("/auth/login", NAVIGATION).status == 303
    assert ask("/auth/callback", NAVIGATION).status == 400
    assert ask("/auth/logout", [OWN], method="POST").status == 303
    assert ask("/auth/other", NAVIGATION).status == 303
    assert ask("/auth/other").status == 401


@pytest.mark.parametrize("inside", [True, False])
def test_root_path(here: Site, run: Run, inside: bool) -> None:
    """What a proxy takes off the path is part of where browsers are led; whether or not the server
    leaves it in the path."""
    app = app_of(here, sessions=sessions_at(here, "https://app.example/shop/auth/callback"))
    ask = Client(app, run)
    led = ask("/shop/name" if inside else "/name", NAVIGATION, root_path="/shop")
    assert led.all("location") == ["/shop/auth/login?next=%2Fshop%2Fname"]
    started = ask("/shop/auth/login?next=/shop/name", NAVIGATION, root_path="/shop")
    assert started.status == 303
    assert ask("/shop/auth/callback", NAVIGATION, root_path="/shop").status == 400
    page = ask("/shop/auth/callback", NAVIGATION, root_path="/shop").body
    assert b'href="/shop/auth/login"' in page


def test_query_that_cannot_be_read(here: Site, run: Run) -> None:
    """Leads to the first page."""
    ask = Client(app_of(here), run)
    for query in (b"next=%ff%fe", b"\xff", b"&".join([b"a=1"] * 40)):
        assert ask("/auth/login", NAVIGATION, query_string=query).status == 303


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("login_hint=alice%40example.com", "login_hint=alice%40example.com"),
        ("lang=de", "lang=de"),
        ("prompt=select_account", "prompt=select_account"),
        ("lang=%00", None),
        ("prompt=none", None),
        ("max_age=0", None),
        ("identity_provider=Evil", None),
    ],
)
def test_what_a_link_may_ask_for(here: Site, run: Run, query: str, wanted: str | None) -> None:
    """Hints, and that the user is asked again; all else is the site's to say."""
    url = Client(app_of(here), run)(f"/auth/login?{query}", NAVIGATION).all("location")[0]
    assert (wanted or query) in url if wanted else query not in url


def test_head_uses_nothing_up(here: Site, run: Run) -> None:
    """What looks a link up in advance does not sign in."""
    ask = Client(app_of(here), run)
    started = ask("/auth/login", NAVIGATION)
    query = here.endpoint.authorize(started.all("location")[0])
    lines = [*NAVIGATION, cookies_of(started)]
    head = ask(f"/auth/callback?{query}", lines, method="HEAD")
    assert (head.status, head.all("allow"), head.all("cache-control")) == (
        405,
        ["GET"],
        ["no-store"],
    )
    assert ask(f"/auth/callback?{query}", lines).status == 303


def test_sign_in_that_is_too_old(here: Site, run: Run) -> None:
    """A person is asked again, a script is told so."""
    ask = Client(app_of(here), run)
    assert ask("/fresh", [cookie_of(here), *NAVIGATION]).body == b"fresh"
    here.clock.now -= 120  # and the policy goes by the real time
    session = cookie_of(here)
    led = ask("/fresh", [session, *NAVIGATION])
    asks = "&prompt=login&step_up=login_too_old&max_age=60"
    assert led.all("location") == [f"/auth/login?next=%2Ffresh{asks}"]
    asked = ask(led.all("location")[0], [session, *NAVIGATION])
    assert "prompt=login" in asked.all("location")[0]
    refused = ask("/fresh", [session])
    assert (refused.status, refused.json["reason"]) == (401, "login_too_old")


def test_no_keys(here: Site, run: Run) -> None:
    """Nobody can be verified: 503, as a page for a person, and nobody is signed out."""
    session = cookie_of(here)
    guard = Guard(here.endpoint.pool.trust(jwks="http://127.0.0.1:9/jwks.json"), clock=here.clock)
    ask = Client(app_of(here, sessions=other_sessions(here, guard), guard=guard), run)
    for path in ("/name", "/auth/login"):
        page = ask(path, [session, *NAVIGATION])
        assert (page.status, page.all("content-type")) == (503, ["text/html; charset=utf-8"])
        assert len(page.all("retry-after")) == 1
        assert page.all("set-cookie") == []
    script = ask("/name", [session])
    assert (script.status, script.json["reason"]) == (503, "keys_unavailable")
    assert Client(app_of(here), run)("/name", [session]).body == b"alice"


def test_token_that_is_refused(here: Site, run: Run) -> None:
    """What a check of the pool says of a token holds for a session too; and its user can sign in
    again."""
    session = cookie_of(here)
    guard = Guard(here.endpoint.pool.trust(checks=[lambda identity: False]), clock=here.clock)
    ask = Client(app_of(here, sessions=other_sessions(here, guard), guard=guard), run)
    for lines in ([session], [session, *NAVIGATION]):
        refused = ask("/name", lines)
        assert (refused.status, refused.json["reason"]) == (401, "check_failed")
        assert "cookie" in refused.all("vary")[0].lower()
    assert ask("/auth/login", [session, *NAVIGATION]).all("location")[0].startswith("http://")


def test_replayed_while_the_store_is_down(here: Site, run: Run) -> None:
    """It is not known whether the browser is signed in."""
    ask = Client(app_of(here), run)
    started = ask("/auth/login", NAVIGATION)
    query = here.endpoint.authorize(started.all("location")[0])
    back = ask(f"/auth/callback?{query}", [*NAVIGATION, cookies_of(started)])
    both = cookies_of(started) + b"; " + cookies_of(back).removeprefix(b"Cookie: ")

    def fail(operation: str, key: str) -> None:
        if operation == "read":
            raise ConnectionError

    here.store.before = fail
    assert ask(f"/auth/callback?{query}", [*NAVIGATION, both]).status == 503
    here.store.before = lambda operation, key: None
    assert ask(f"/auth/callback?{query}", [*NAVIGATION, both]).all("location") == ["/"]


def test_headers_of_the_app(here: Site, run: Run) -> None:
    """What the app says of caching stays."""
    answer = Client(app_of(here), run)("/of-its-own", [cookie_of(here)])
    assert answer.all("vary") == ["Accept, cookie"]
    assert answer.all("cache-control") == ["max-age=60"]


def test_websockets(here: Site, run: Run) -> None:
    """A server that cannot answer with HTTP closes with the reason; accepted ones drop cookies."""
    app = app_of(here, required=False)
    session = cookie_of(here)

    def open_it(*lines: bytes) -> Any:
        return run(lambda: websocket(app, "/live", lines))

    assert open_it(session, EVIL) == [
        {"type": "websocket.close", "code": 1008, "reason": "cross_site_request"}
    ]
    accepted = open_it(session, OWN)[0]
    assert accepted["type"] == "websocket.accept"
    assert (b"vary", b"Cookie") in accepted["headers"]


async def anything(request: Request) -> PlainTextResponse:
    """What a gateway passes on."""
    return PlainTextResponse(f"{request.method} by {request.user!r}")


async def any_socket(websocket: WebSocket) -> None:
    """The same for sockets."""
    await websocket.accept()
    await websocket.close()


def gateway(here: Site, routes: list[Any], **more: Any) -> Starlette:
    """An app whose last route takes everything, and where a credential is required."""
    methods = ["GET", "POST", "PUT", "DELETE"]
    rest = [WebSocketRoute("/{p:path}", any_socket), Route("/{p:path}", anything, methods=methods)]
    guarded = Middleware(CognitoMiddleware, guard=here.guard, login=here.sessions)
    return Starlette(routes=[*routes, *rest], middleware=[guarded], **more)


@pytest.mark.parametrize("place", ["", "mounted", "beside", "wrapped", "shadowed", "elsewhere"])
def test_only_sign_in_is_exempt(here: Site, run: Run, place: str) -> None:
    """Of what comes to the three paths, only what the three endpoints answer needs no credential:
    no other method, no WebSocket, and no other endpoint that has one of the paths."""
    routes = login_routes(here.sessions)
    beside = [Route(f"/auth{one.path}", one.endpoint, methods=one.methods) for one in routes]
    places: dict[str, list[Any]] = {
        "": [],
        "mounted": [Mount("/auth", routes=routes)],
        "beside": beside,
        "wrapped": [Mount("/auth", routes=routes, middleware=[Middleware(Overrides)])],
        "shadowed": [Route("/auth/{p}", anything, methods=["POST"]), Mount("/auth", routes=routes)],
        "elsewhere": [Mount("/auth", app=Plain())],
    }
    app = gateway(here, places[place])
    ask = Client(app, run)
    ours = place not in ("", "elsewhere")
    asked = {
        ("GET", "login"): 303 if ours else 401,
        ("HEAD", "callback"): 405 if ours else 401,
        ("POST", "logout"): 303 if ours and place != "shadowed" else 401,
        # A mount takes all of its paths.
        ("POST", "login"): 405 if place in ("mounted", "wrapped") else 401,
        ("DELETE", "callback"): 405 if place in ("mounted", "wrapped", "shadowed") else 401,
        ("PUT", "other"): 401,
    }
    for (method, path), status in asked.items():
        assert ask(f"/auth/{path}", [OWN], method=method).status == status, (method, path)
    for path in ("login", "callback", "logout"):
        opened = run(lambda: websocket(app, f"/auth/{path}", [OWN]))  # noqa: B023
        assert [one["type"] for one in opened] == ["websocket.close"]
    session = cookie_of(here)
    assert ask("/auth/login", [session, EVIL], method="PUT").status in (403, 405)
    assert ask("/auth/other", [session, OWN], method="PUT").status in (200, 404)


class Plain:
    """An app of no framework."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Says who is calling."""
        await PlainTextResponse(f"{scope['user']!r}")(scope, receive, send)


def test_paths_of_sign_in_in_a_bare_app(here: Site, run: Run) -> None:
    """There is no router that leads to the three endpoints, so nothing is exempt."""
    ask = Client(CognitoMiddleware(Plain(), guard=here.guard, login=here.sessions), run)
    for path in ("login", "callback", "logout"):
        for lines in ([], NAVIGATION):
            assert ask(f"/auth/{path}", lines).status in (401, 303)
    assert ask("/auth/login", NAVIGATION).status == 401  # and is not led to itself
    exempt = CognitoMiddleware(
        Plain(), guard=here.guard, login=here.sessions, exempt=["/auth/login"]
    )
    assert Client(exempt, run)("/auth/login").body == b"<AnonymousUser>"


def test_sign_in_behind_a_function(here: Site, run: Run) -> None:
    """Where nobody can say which of its apps a function calls, the routes are found in any."""
    site = Starlette(routes=[Mount("/auth", routes=login_routes(here.sessions))])
    rest = Starlette(routes=[Route("/name", name)])

    async def dispatch(scope: Any, receive: Any, send: Any) -> None:
        await (site if scope["path"].startswith("/auth") else rest)(scope, receive, send)

    ask = Client(CognitoMiddleware(dispatch, guard=here.guard, login=here.sessions), run)
    assert ask("/auth/login").status == 303
    assert ask("/auth/other").status == 401
    assert ask("/name", [cookie_of(here)]).body == b"alice"


def test_method_override_on_the_way_to_sign_in(here: Site, run: Run) -> None:
    """What was exempt with one method is not, with another, what another endpoint answers."""
    app = gateway(here, [Route("/auth/login", login_routes(here.sessions)[0].endpoint)])
    app.add_middleware(Overrides)
    app.user_middleware.reverse()
    ask = Client(app, run)
    assert ask("/auth/login").status == 303
    assert ask("/auth/login?_method=POST").status == 401
    assert ask("/auth/login?_method=POST", [cookie_of(here)]).status == 401


def test_late_answer_drops_no_cookie(here: Site, run: Run) -> None:
    """Neither of a page nor of a refusal, to whatever cookie: a new sign-in has one by now, or
    another site on this host has."""
    made_up = b"Cookie: __Host-cognito_session_token=" + b"A" * 43
    over = cookie_of(here)
    for required in (True, False):
        ask = Client(app_of(here, required=required), run)
        assert ask("/name", [over]).all("set-cookie") == []
        for lines in ([made_up], [made_up, *NAVIGATION]):
            for path in ("/page", "/of-its-own", "/fresh", "/nowhere"):
                assert ask(path, lines).all("set-cookie") == []
    here.store.memory._entries.clear()
    assert ask("/page", [over]).all("set-cookie") == []
    assert len(ask("/auth/logout", [over, OWN], method="POST").all("set-cookie")) == 1


def test_pages_of_a_required_session_are_not_kept(here: Site, run: Run) -> None:
    """As those of ``login_required``: the back button shows nothing after the sign-out."""
    session = cookie_of(here)
    for required, kept in ((True, ["no-store"]), (False, [])):
        ask = Client(app_of(here, required=required), run)
        assert ask("/name", [session]).all("cache-control") == kept
        assert ask("/page", [session]).all("cache-control") == ["no-store"]
        assert ask("/of-its-own", [session]).all("cache-control") == ["max-age=60"]
        token = bearer(here.endpoint.pool.access_token())
        assert ask("/name", [token]).all("cache-control") == []


def test_shutdown_waits_for_a_refresh() -> None:
    """Its request has left, and the pool has rotated: the token that comes is kept, and only then
    the app closes what the store needs."""
    with site(BY_NAME["asyncio"], rotation=True) as here:
        browser = here.browser()
        browser.sign_in()
        (pairs,) = browser.headers("cookie")
        here.clock.now += 3600
        told: list[int] = []

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            yield
            told.append(len(here.endpoint._refresh_tokens))
            here.store.before = lambda *_: told.append(-1)

        app = app_of(here, lifespan=lifespan)

        async def serve() -> None:
            messages, go_on = [{"type": "lifespan.startup"}], asyncio.Event()

            async def receive() -> Any:
                if not messages:
                    await go_on.wait()
                    return {"type": "lifespan.shutdown"}
                return messages.pop()

            async def send(message: Any) -> None:
                assert message["type"].endswith(".complete")

            scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
            living = asyncio.ensure_future(app(scope, receive, send))
            with here.endpoint.held_up():
                asking = asyncio.ensure_future(http(app, "/name", [f"Cookie: {pairs}".encode()]))
                await until(here.endpoint.begun.is_set)
                asking.cancel()
                go_on.set()
                for _ in range(99):
                    await asyncio.sleep(0)
                assert told == []
            await living

        asyncio.run(serve())
        assert told == [1]
        here.store.before = lambda *_: None
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 1


class Overrides:
    """A middleware that makes another method of a request, as a form may ask for."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("query_string") == b"_method=POST":
            scope = {**scope, "method": "POST"}
        await self.app(scope, receive, send)


def test_method_override_behind_the_middleware(here: Site, run: Run) -> None:
    """A GET that another site can make must not become a POST."""
    app = app_of(here)
    app.add_middleware(Overrides)
    app.user_middleware.reverse()
    session = cookie_of(here)
    assert Client(app, run)("/name", [session]).body == b"alice"
    assert Client(app, run)("/name?_method=POST", [session]).status == 401
    token = here.endpoint.pool.access_token()
    assert Client(app, run)("/name?_method=POST", [bearer(token)]).status == 200


# Mistakes.


def test_routes_elsewhere(here: Site, run: Run) -> None:
    """Found when the app starts, and when somebody wants to sign in."""
    app = app_of(here, at="/account", required=False)
    messages: list[Any] = []

    async def start() -> None:
        async def receive() -> Any:
            return {"type": "lifespan.startup"}

        async def send(message: Any) -> None:
            messages.append(message)

        await app({"type": "lifespan", "asgi": {"version": "3.0"}}, receive, send)

    run(start)
    assert messages[0]["type"] == "lifespan.startup.failed"
    assert "/account" in messages[0]["message"]
    with pytest.raises(ConfigurationError, match="redirect_uri leads to /auth"):
        Client(app, run)("/account/login", NAVIGATION)
    with pytest.raises(ConfigurationError, match="redirect_uri leads to /auth"):
        Client(app, run)("/account/callback", NAVIGATION)


@pytest.mark.parametrize("required", [True, False])
def test_routes_that_are_missing(here: Site, run: Run, required: bool) -> None:
    """A 404 would tell nobody what is. What the app does with other paths is its own affair."""
    plain = Starlette(
        routes=[Route("/page", Page), Mount("/account", routes=login_routes(here.sessions))],
        middleware=[
            Middleware(CognitoMiddleware, guard=here.guard, login=here.sessions, required=required)
        ],
    )
    ask = Client(plain, run)
    assert ask("/page", NAVIGATION).all("location") == ["/auth/login?next=%2Fpage"]
    for path, method in (("login", "GET"), ("callback", "GET"), ("logout", "POST")):
        with pytest.raises(ConfigurationError, match=r"missing\. Add Mount\(\"/auth\", routes="):
            ask(f"/auth/{path}", NAVIGATION, method=method)
    assert ask("/auth/other", [cookie_of(here)]).status == 404


def test_routes_that_are_missing_below_a_prefix(here: Site, run: Run) -> None:
    """What a proxy takes off the path is not the app's to add."""
    sessions = sessions_at(here, "https://app.example/shop/auth/callback")
    app = Starlette(middleware=[Middleware(CognitoMiddleware, guard=here.guard, login=sessions)])
    with pytest.raises(ConfigurationError, match=r"Add Mount\(\"/auth\", routes="):
        Client(app, run)("/shop/auth/login", NAVIGATION, root_path="/shop")


def test_sessions_of_another_guard(here: Site) -> None:
    """Who is let in by the session would not be known to the guard of the middleware."""
    other = Guard(here.endpoint.pool.trust())
    with pytest.raises(ConfigurationError, match="the same Guard object"):
        CognitoMiddleware(name, guard=other, login=here.sessions)


def test_without_parentheses(here: Site, run: Run) -> None:
    """As other frameworks' decorators are written."""

    @login_required
    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.user.display_name)

    @requires
    def plain(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.user.display_name)

    app = app_of(here, required=False)
    app.router.routes += [Route("/a", page), Route("/b", plain)]
    ask = Client(app, run)
    for path, status in (("/a", 303), ("/b", 401)):
        assert ask(path, NAVIGATION).status == status
        assert ask(path, [cookie_of(here)]).body == b"alice"
    for decorator in (login_required, requires):
        with pytest.raises(ConfigurationError, match="takes functions"):
            decorator("admins")  # type: ignore[type-var]


def test_wrong_arguments(here: Site) -> None:
    """Said when the app is made."""
    for wrong in (here.guard, "sessions", LoginSessions):
        with pytest.raises(ConfigurationError, match="login must be a"):
            CognitoMiddleware(name, guard=here.guard, login=wrong)  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match="login must be a"):
            login_routes(wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        login_required(groups=[])
    for endpoint in (int, partial(int), None):
        for decorate in (login_required, login_required()):
            with pytest.raises(ConfigurationError, match=r"login_required\(\) takes"):
                decorate(endpoint)  # type: ignore[call-overload]
    with pytest.raises(ConfigurationError, match=r"login_required\(\) found no Request"):
        login_required()(lambda: None)()
    elsewhere = sessions_at(here, "https://app.example/auth/back")
    with pytest.raises(ConfigurationError, match="must end with /callback"):
        login_routes(elsewhere)


def test_without_the_middleware(here: Site, run: Run) -> None:
    """Nobody passes where nobody could be led to the sign-in."""
    routes = [Route("/page", Page)]
    plain = Middleware(CognitoMiddleware, guard=here.guard, required=False)
    for app in (Starlette(routes=routes), Starlette(routes=routes, middleware=[plain])):
        with pytest.raises(ConfigurationError, match=r"needs CognitoMiddleware\(login="):
            Client(app, run)("/page", NAVIGATION)


def test_exempt_page(here: Site, run: Run) -> None:
    """Its guard refuses: who signs in for it would be sent away again and again."""
    ask = Client(app_of(here, exempt=["/page"]), run)
    for lines in ([], NAVIGATION, [cookie_of(here), *NAVIGATION]):
        assert ask("/page", lines).status == 401


def test_above_the_route(here: Site, run: Run) -> None:
    """As with ``requires``, a guard that stands above what makes the route is an error."""
    app = app_of(here, required=False)
    app.router.routes.append(Route("/lost", view := _plain))
    login_required()(view)
    said = r"login_required\(\) around _plain guards nothing, .* put @login_required below"
    with pytest.raises(ConfigurationError, match=said):
        Client(app, run)("/lost")


async def _plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse()


def test_bare_app(here: Site, run: Run) -> None:
    """An app of no framework gets the user as well."""

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(scope["user"].display_name)(scope, receive, send)

    app = CognitoMiddleware(bare, guard=here.guard, login=here.sessions)
    assert run(lambda: http(app, "/", [cookie_of(here)])).body == b"alice"
