"""Sign-in for FastAPI: the session in dependencies, OAuth 2.0 in the OpenAPI document."""

# No `from __future__ import annotations`: FastAPI could not resolve what is local to a function.

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Security
from fastapi.responses import PlainTextResponse
from fastapi.security import APIKeyHeader
from openapi_spec_validator import validate
from starlette.requests import Request

from cognito_guard import ConfigurationError, Guard, Identity
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth, Refusal
from cognito_guard_asgi.login import login_router, login_session

from ..keys.conftest import no_fetch_outlives_its_test
from ..login.site import Site, site
from ..raw import bearer
from .conftest import Run
from .drive import DENIAL, denied, websocket
from .login_site import (
    EVIL,
    NAVIGATION,
    OWN,
    Client,
    cookie_of,
    other_sessions,
    sessions_at,
)
from .test_openapi import SCOPES_ARE_NAMED

__all__ = ["no_fetch_outlives_its_test"]

MADE_UP = b"Cookie: __Host-cognito_session_token=" + b"A" * 43


@pytest.fixture
def here() -> Iterator[Site]:
    """A site."""
    with site() as one:
        yield one


@pytest.fixture
def auth(here: Site) -> CognitoAuth:
    """Its dependency."""
    return CognitoAuth(here.guard, login=here.sessions)


def test_scheme(here: Site, auth: CognitoAuth) -> None:
    """It is the authorization code flow at the pool's domain, one scheme for all that is made from
    it, and its scopes are those of the login."""
    app = FastAPI()
    app.include_router(login_router(here.sessions), prefix="/auth")
    for path, dependency in (
        ("/plain", Depends(auth)),
        ("/scoped", Security(auth, scopes=["openid"])),
        ("/group", Depends(auth.require(groups="x"))),
        ("/page", Depends(auth.pages)),
        ("/optional", Depends(auth.optional)),
    ):
        app.get(path, dependencies=[dependency])(lambda: None)
    document = app.openapi()
    validate(document)
    assert document["components"]["securitySchemes"] == {
        "Cognito": {
            "type": "oauth2",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": f"{here.endpoint.origin}/oauth2/authorize",
                    "tokenUrl": f"{here.endpoint.origin}/oauth2/token",
                    "scopes": {"openid": ""},
                }
            },
        }
    }
    security = {path: item["get"]["security"] for path, item in document["paths"].items()}
    assert security == {
        "/plain": [{"Cognito": []}],
        "/scoped": [{"Cognito": ["openid"] if SCOPES_ARE_NAMED else []}],
        "/group": [{"Cognito": []}],
        "/page": [{"Cognito": []}],
        "/optional": [{}, {"Cognito": []}],
    }


def test_swagger_ui(here: Site, auth: CognitoAuth) -> None:
    """What *Authorize* is told: the client, the scopes, PKCE, and never a secret."""
    own = {
        "clientId": here.endpoint.pool.client_id,
        "scopes": "openid",
        "usePkceWithAuthorizationCodeGrant": True,
    }
    assert auth.swagger_ui_init_oauth() == own
    assert auth.swagger_ui_init_oauth("public") == {**own, "clientId": "public"}


def test_without_login(guard: Guard) -> None:
    """What needs it says so."""
    auth = CognitoAuth(guard)
    with pytest.raises(ConfigurationError, match=r"pages is of CognitoAuth\(guard, login"):
        _ = auth.pages
    with pytest.raises(ConfigurationError, match="swagger_ui_init_oauth is of"):
        auth.swagger_ui_init_oauth()
    with pytest.raises(ConfigurationError, match="login must be a"):
        CognitoAuth(guard, login=guard)  # type: ignore[arg-type]


def test_one_name_for_two_schemes(here: Site, auth: CognitoAuth) -> None:
    """With and without sign-in, it is not the same scheme."""
    app = FastAPI()
    app.get("/1", dependencies=[Depends(auth)])(lambda: None)
    app.get("/2", dependencies=[Depends(CognitoAuth(here.guard))])(lambda: None)
    with pytest.raises(ConfigurationError, match="scheme_name 'Cognito'"):
        app.openapi()


def test_api_key_beside_it(here: Site, auth: CognitoAuth, run: Run) -> None:
    """A route may take another scheme as well."""
    key = APIKeyHeader(name="X-API-Key", auto_error=False)
    app = FastAPI()

    @app.get("/")
    async def either(
        user: Annotated[Identity | None, Depends(auth.optional)],
        given: Annotated[str | None, Depends(key)],
    ) -> Any:
        if user is None and given != "right":
            raise HTTPException(401)
        return {"by": "key" if user is None else user.username}

    document = app.openapi()
    validate(document)
    assert {*document["components"]["securitySchemes"]} == {"Cognito", "APIKeyHeader"}
    ask = Client(app, run)
    assert ask("/", [b"X-API-Key: right"]).json == {"by": "key"}
    assert ask("/", [cookie_of(here)]).json == {"by": "alice"}
    assert ask("/", [bearer(here.endpoint.pool.access_token("bob"))]).json == {"by": "bob"}
    assert ask("/", [b"X-API-Key: wrong"]).status == 401


@pytest.fixture
def app(here: Site, auth: CognitoAuth) -> FastAPI:
    """Routes that answer in different ways, with dependencies alone."""
    app = FastAPI()
    app.include_router(login_router(here.sessions), prefix="/auth")

    @app.api_route("/me", methods=["GET", "POST"])
    async def me(user: Annotated[Identity, Depends(auth)]) -> Any:
        return {"user": user.username}

    @app.get("/group")
    async def group(user: Annotated[Identity, Depends(auth.pages.require(groups="x"))]) -> Any:
        return {"user": user.username}

    @app.get("/anybody")
    async def anybody(request: Request, user: Annotated[Any, Depends(auth.optional)]) -> Any:
        return {"user": user and user.username, "session": login_session(request) is not None}

    @app.get("/raw-page", dependencies=[Depends(auth.pages)])
    async def raw_page() -> PlainTextResponse:
        return PlainTextResponse("raw")

    @app.get("/raw", dependencies=[Depends(auth)])
    async def raw() -> PlainTextResponse:
        return PlainTextResponse("raw")

    return app


def test_refusals(here: Site, app: FastAPI, run: Run) -> None:
    """They have FastAPI's shape, drop no cookie, and lead a person on."""
    ask = Client(app, run)
    for path in ("/me", "/raw", "/group"):
        refused = ask(path, [MADE_UP])
        assert Refusal.model_validate_json(refused.body, extra="forbid")
        assert refused.status == 401
        assert refused.all("set-cookie") == []
        assert refused.all("vary") == ["Authorization, Cookie"]
    led = ask("/group", [MADE_UP, *NAVIGATION])
    assert led.all("location") == ["/auth/login?next=%2Fgroup"]
    assert led.all("set-cookie") == []
    assert ask("/me", NAVIGATION).status == 401
    session = cookie_of(here)
    for lines in ([session], [session, *NAVIGATION]):
        assert ask("/group", lines).json["detail"]["reason"] == "missing_group"
    forged = ask("/me", [session, EVIL], method="POST")
    assert (forged.status, forged.json["detail"]["reason"]) == (403, "cross_site_request")
    assert Refusal.model_validate_json(forged.body, extra="forbid")
    assert ask("/me", [session, OWN], method="POST").json == {"user": "alice"}
    assert ask("/me", [bearer("x.y.z"), session]).all("vary") == ["Authorization"]


def test_anybody(here: Site, app: FastAPI, run: Run) -> None:
    """An optional dependency takes a session, and does without one that is over."""
    ask = Client(app, run)
    assert ask("/anybody", [cookie_of(here)]).json == {"user": "alice", "session": True}
    nobody = ask("/anybody", [MADE_UP])
    assert nobody.json == {"user": None, "session": False}
    assert nobody.all("set-cookie") == []


def test_store_down(here: Site, app: FastAPI, run: Run) -> None:
    """503, and nobody is signed out."""
    session = cookie_of(here)

    def fail(operation: str, key: str) -> None:
        raise ConnectionError

    here.store.before = fail
    for lines in ([session], [session, *NAVIGATION]):
        for path in ("/me", "/group", "/anybody"):
            refused = Client(app, run)(path, lines)
            assert (refused.status, refused.all("retry-after")) == (503, ["1"])
            assert refused.json["detail"]["reason"] == "sessions_unavailable"
            assert refused.all("set-cookie") == []


@pytest.mark.parametrize("made_by", ["nobody", "install", "the middleware"])
def test_page_for_a_503(
    here: Site, auth: CognitoAuth, app: FastAPI, run: Run, made_by: str
) -> None:
    """A person is shown a page on a route for pages, where something makes one; a script is not."""
    if made_by == "install":
        auth.install(app)
    elif made_by == "the middleware":
        app.add_middleware(CognitoMiddleware, guard=here.guard, login=here.sessions, required=False)
    session = cookie_of(here)

    def fail(operation: str, key: str) -> None:
        raise ConnectionError

    here.store.before = fail
    ask = Client(app, run)
    page = ask("/group", [session, *NAVIGATION])
    assert (page.status, page.all("retry-after")) == (503, ["1"])
    assert page.all("cache-control") == ["no-store"]
    assert "Cookie" in page.all("vary")[0]
    html = page.all("content-type") == ["text/html; charset=utf-8"]
    assert html == (made_by != "nobody")
    assert (b"You have not been signed out" in page.body) == html
    assert len(page.all("content-security-policy")) == html
    for lines, path in (([session], "/group"), ([session, *NAVIGATION], "/me")):
        if made_by != "the middleware":
            refused = ask(path, lines)
            assert Refusal.model_validate_json(refused.body, extra="forbid")
    here.store.before = lambda operation, key: None
    assert ask("/group", [session, *NAVIGATION]).json["detail"]["reason"] == "missing_group"


def test_behind_the_middleware(here: Site, app: FastAPI, run: Run) -> None:
    """Both look, the store is asked once, and no cookie is dropped."""
    app.add_middleware(CognitoMiddleware, guard=here.guard, login=here.sessions, required=False)
    session = cookie_of(here)
    here.store.calls.clear()
    assert Client(app, run)("/me", [session]).json == {"user": "alice"}
    assert here.store.calls == ["read"]
    assert Client(app, run)("/raw-page", [session]).all("cache-control") == ["no-store"]
    assert Client(app, run)("/raw", [session]).all("cache-control") == []
    for path in ("/me", "/anybody"):
        answer = Client(app, run)(path, [MADE_UP])
        assert answer.all("set-cookie") == []
        assert answer.all("vary") in (["Cookie"], ["Authorization, Cookie"])


def test_other_sessions_are_looked_at_by_themselves(here: Site, run: Run) -> None:
    """What one guard's sessions have found is nothing to another's."""
    other = Guard(here.endpoint.pool.trust(checks=[lambda identity: False]), clock=here.clock)
    auth = CognitoAuth(other, login=other_sessions(here, other))
    app = FastAPI()
    app.get("/", dependencies=[Depends(auth)])(lambda: None)
    app.add_middleware(CognitoMiddleware, guard=here.guard, login=here.sessions)
    refused = Client(app, run)("/", [cookie_of(here)])
    assert refused.json["detail"]["reason"] == "check_failed"


def test_websockets(here: Site, auth: CognitoAuth, run: Run) -> None:
    """Refused before they are accepted, with or without an HTTP answer."""
    app = FastAPI()

    @app.websocket("/ws", dependencies=[Depends(auth)])
    async def never(websocket: Any) -> None:
        raise AssertionError

    lines = [cookie_of(here), EVIL]
    answer = denied(run(lambda: websocket(app, "/ws", lines, extensions=DENIAL)))
    assert (answer.status, answer.json["detail"]["reason"]) == (403, "cross_site_request")
    closed = run(lambda: websocket(app, "/ws", lines))
    assert closed == [{"type": "websocket.close", "code": 1008, "reason": "cross_site_request"}]


def test_sessions_of_another_guard(here: Site) -> None:
    """Who is let in by the session would not be known to the guard of the dependency."""
    with pytest.raises(ConfigurationError, match="the same Guard object"):
        CognitoAuth(Guard(here.endpoint.pool.trust()), login=here.sessions)


def test_router_that_is_missing_or_elsewhere(here: Site, auth: CognitoAuth, run: Run) -> None:
    """Without the middleware too, it is said before a browser is led to a 404."""
    for prefix, problem in (
        ("", r'missing\. Add .* app\.include_router\(login_router\(sessions\), prefix="/auth"\)'),
        ("/account", "are at /account, and redirect_uri leads to /auth"),
    ):
        app = FastAPI()
        if prefix:
            app.include_router(login_router(here.sessions), prefix=prefix)
        app.get("/page", dependencies=[Depends(auth.pages)])(lambda: None)
        ask = Client(app, run)
        assert ask("/page").status == 401
        with pytest.raises(ConfigurationError, match=problem):
            ask("/page", NAVIGATION)


def test_router_of_somebody_else(here: Site, auth: CognitoAuth, run: Run) -> None:
    """An app inside of another one may leave the routes to that one; and whoever answers there
    may."""
    inner, outer, own = FastAPI(), FastAPI(), FastAPI()
    outer.include_router(login_router(here.sessions), prefix="/auth")
    outer.mount("/shop", inner)
    own.get("/auth/login")(lambda: "a page of its own")
    for app in (inner, own):
        app.get("/page", dependencies=[Depends(auth.pages)])(lambda: None)
    assert Client(outer, run)("/shop/page", NAVIGATION).status == 303
    assert Client(own, run)("/page", NAVIGATION).status == 303


@pytest.mark.parametrize("middleware", [True, False])
@pytest.mark.parametrize("prefix", ["/auth", "/account"])
def test_place_of_the_router(here: Site, run: Run, prefix: str, middleware: bool) -> None:
    """An app that has the router elsewhere does not start, with the middleware or without."""
    app = FastAPI()
    app.include_router(login_router(here.sessions), prefix=prefix)
    if middleware:
        app.add_middleware(CognitoMiddleware, guard=here.guard, login=here.sessions)
    messages: list[Any] = []
    arriving = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def start() -> None:
        async def receive() -> Any:
            return next(arriving)

        async def send(message: Any) -> None:
            messages.append(message["type"])

        await app({"type": "lifespan", "asgi": {"version": "3.0"}, "app": app}, receive, send)

    if prefix == "/auth" or middleware:
        run(start)
    else:
        with pytest.raises(ConfigurationError, match="are at /account"):
            run(start)
    assert messages[0].removeprefix("lifespan.startup.") == (
        "complete" if prefix == "/auth" else "failed"
    )


@pytest.mark.parametrize("included", [True, False])
@pytest.mark.parametrize(("root_path", "outside"), [("", False), ("/shop", False), ("/shop", True)])
def test_only_sign_in_is_exempt(
    here: Site, run: Run, included: bool, root_path: str, outside: bool
) -> None:
    """Of what comes to the three paths, only what the three endpoints answer needs no
    credential, wherever their router is included, and whatever else takes all paths."""
    sessions = sessions_at(here, f"https://app.example{root_path}/auth/callback")
    app = FastAPI()
    app.root_path = root_path
    if included:
        outer = APIRouter()
        outer.include_router(login_router(sessions), prefix="/auth")
        app.include_router(outer)

    @app.api_route("/{path:path}", methods=["GET", "POST", "DELETE"])
    async def anything(path: str) -> str:
        return path

    if outside:
        ask = Client(CognitoMiddleware(app, guard=here.guard, login=sessions), run)
    else:
        app.add_middleware(CognitoMiddleware, guard=here.guard, login=sessions)
        ask = Client(app, run)
    below = root_path if outside else ""
    for method, path, status in (
        ("GET", "/auth/login", 303),
        ("GET", "/auth/callback", 400),
        ("POST", "/auth/logout", 303),
        ("POST", "/auth/login", 401),
        ("DELETE", "/auth/callback", 401),
        ("GET", "/auth/logout", 401),
        ("GET", "/auth/other", 401),
    ):
        answer = ask(below + path, [OWN], method=method)
        assert answer.status == (status if included else 401), (method, path)
    session = cookie_of(here)
    assert ask(f"{below}/auth/login", [session, EVIL], method="POST").status == 403
    assert ask(f"{below}/auth/login", [session, OWN], method="POST").status == 200


def test_shutdown_without_the_middleware(here: Site, run: Run) -> None:
    """The router waits for what is under way, before the app closes what the store needs."""
    app = FastAPI()
    app.include_router(login_router(here.sessions), prefix="/auth")
    settled: list[int] = []

    async def settle(seconds: float) -> None:
        settled.append(1)

    async def live() -> None:
        async with app.router.lifespan_context(app):
            assert settled == []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cognito_guard.login.sessions.finish_whole", settle)
        run(live)
    assert settled == [1]
