"""``require_live_user`` for Starlette and FastAPI: a sign-out is noticed where one asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from cognito_guard import ConfigurationError, Guard
from cognito_guard.aws import LiveUsers, User, UserApi
from cognito_guard.testing import LocalUserPool, PoolServer, TokenFault
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.live import live_user, require_live_user
from cognito_guard_asgi.live_fastapi import require_live_user as fastapi_live_user
from cognito_guard_asgi.starlette import requires

from ..aws.kept_server import KeptServer, says
from ..aws.test_kept import user_of
from ..login.site import site
from ..raw import bearer
from .conftest import Run
from .drive import DENIAL, denied, http, websocket
from .login_site import cookie_of


@pytest.fixture(scope="module")
def desk() -> LocalUserPool:
    """A pool."""
    return LocalUserPool()


@pytest.fixture
def server(desk: LocalUserPool) -> Iterator[PoolServer]:
    """Its door."""
    with desk.listen() as server:
        yield server


@pytest.fixture
def api(server: PoolServer) -> Iterator[UserApi]:
    """What asks it."""
    api = UserApi(server.trust())
    yield api
    api.close()


def starlette(live: LiveUsers, guard: Guard, **more: Any) -> Starlette:
    """An app whose routes ask."""

    @requires(groups="admins")
    @require_live_user(live)
    async def admin(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.user.display_name)

    @require_live_user(live)
    def sync(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.user.display_name)

    async def inside(request: Request) -> PlainTextResponse:
        return PlainTextResponse((await live_user(request, live)).username)

    @require_live_user(live)
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close()

    @require_live_user(live)
    async def lost(nothing: object) -> None:
        """Has no request."""

    async def losing(request: Request) -> None:
        await lost(None)

    routes = [
        Route("/admin", admin),
        Route("/sync", sync),
        Route("/inside", inside),
        Route("/losing", losing),
        WebSocketRoute("/socket", socket),
    ]
    around = Middleware(CognitoMiddleware, guard=guard, **more)
    return Starlette(routes=routes, middleware=[around])


def fastapi(live: LiveUsers, guard: Guard, **more: Any) -> FastAPI:
    """The same, by a dependency."""
    app = FastAPI()
    auth = CognitoAuth(guard, **more)

    alive = Depends(fastapi_live_user(auth, live))

    @app.get("/inside")
    async def inside(user: User = alive) -> str:
        return user.username

    admins = auth.require(groups="admins")

    @app.get("/admin", dependencies=[Depends(fastapi_live_user(admins, live))])
    async def admin() -> str:
        return "admin"

    return app


@pytest.mark.parametrize("make", [starlette, fastapi])
def test_a_sign_out(make: Any, api: UserApi, server: PoolServer, run: Run) -> None:
    """Then 401; without the scope 403, and 503 where Cognito says nothing."""
    app = make(LiveUsers(api), Guard(server.trust()))
    token = server.access_token("ada", groups=["admins"])
    paths = ["/admin", "/inside"] + (["/sync"] if make is starlette else [])
    for path in paths:
        assert run(lambda path=path: http(app, path, [bearer(token)])).status == 200
    assert server.requests["api"] == 1
    stranger = server.access_token("ada")
    answer = run(lambda: http(app, "/admin", [bearer(stranger)]))
    assert (answer.status, server.requests["api"]) == (403, 1)  # the guard comes first
    answer = run(lambda: http(app, "/inside"))
    assert (answer.status, server.requests["api"]) == (401, 1)
    out = server.access_token("ada", groups=["admins"])
    api.global_sign_out(out)
    for path in paths:
        answer = run(lambda path=path: http(app, path, [bearer(out)]))
        assert (answer.status, b'"revoked"' in answer.body) == (401, True)
        assert answer.all("www-authenticate")[0].startswith('Bearer error="invalid_token"')
        bare = server.access_token("ada", groups=["admins"], scopes=["openid"])
        answer = run(lambda path=path, bare=bare: http(app, path, [bearer(bare)]))
        assert answer.status == 403
        assert 'scope="aws.cognito.signin.user.admin"' in answer.all("www-authenticate")[0]
    with server.failing(TokenFault.TOO_MANY_REQUESTS, at="api"):
        answer = run(lambda: http(app, "/inside", [bearer(stranger)]))
    assert (answer.status, answer.all("retry-after")[0]) == (503, "1")


def test_websockets(api: UserApi, server: PoolServer, run: Run) -> None:
    """Are refused before they are accepted."""
    app = starlette(LiveUsers(api), Guard(server.trust()))
    good, out = (server.access_token("ada") for _ in range(2))
    api.global_sign_out(out)
    sent = run(lambda: websocket(app, "/socket", [bearer(good)]))
    assert [one["type"] for one in sent] == ["websocket.accept", "websocket.close"]
    sent = run(lambda: websocket(app, "/socket", [bearer(out)], extensions=DENIAL))
    assert denied(sent).status == 401


@pytest.mark.parametrize("make", [starlette, fastapi])
def test_sessions(make: Any, run: Run) -> None:
    """Whoever is signed in is asked about by the session's own token."""
    with site(login={"scopes": ["openid", "aws.cognito.signin.user.admin"]}) as here:
        pool = here.endpoint.pool
        cookie = cookie_of(here)
        with KeptServer(says(200, user_of(pool, "alice"))) as server:
            live = LiveUsers(UserApi(pool.trust(), url=server.url))
            app = make(live, here.guard, login=here.sessions)
            assert run(lambda: http(app, "/inside", [cookie])).status == 200
            (asked,) = server.asked
            assert b"AccessToken" in asked[2]
            live.api.close()


def test_a_token_beside_a_session(run: Run) -> None:
    """It is the token that is asked about, where that has come later."""
    with site(login={"scopes": ["openid", "aws.cognito.signin.user.admin"]}) as here:
        pool = here.endpoint.pool
        token = pool.access_token("alice")
        with KeptServer(says(200, user_of(pool, "alice"))) as server:
            live = LiveUsers(UserApi(pool.trust(), url=server.url))
            inner = fastapi(live, here.guard, login=here.sessions)

            async def adding(scope: Any, receive: Any, send: Any) -> None:
                name, _, value = bearer(token).partition(b":")
                scope["headers"] = [*scope["headers"], (name.lower(), value.strip())]
                await inner(scope, receive, send)

            app = CognitoMiddleware(adding, guard=here.guard, login=here.sessions)
            cookie = cookie_of(here)
            assert run(lambda: http(app, "/inside", [cookie])).status == 200
            (asked,) = server.asked
            assert token.encode() in asked[2]
            live.api.close()


def test_nobody(api: UserApi, server: PoolServer, run: Run) -> None:
    """Is not asked about, and not let in."""
    app = starlette(LiveUsers(api), Guard(server.trust()), required=False)
    for path in ("/inside", "/sync"):
        assert run(lambda path=path: http(app, path)).status == 401
    assert server.requests["api"] == 0


def test_mistakes(api: UserApi, server: PoolServer, run: Run) -> None:
    """Are told."""
    live, guard = LiveUsers(api), Guard(server.trust())
    for wrong in (api, 30, None):
        with pytest.raises(ConfigurationError):
            require_live_user(wrong)  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError):
            fastapi_live_user(CognitoAuth(guard), wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        fastapi_live_user(guard, live)  # type: ignore[arg-type]

    async def generating(request: Request) -> Any:
        yield 1

    for endpoint in (WebSocket, generating):
        with pytest.raises(ConfigurationError):
            require_live_user(live)(endpoint)
    app = starlette(live, guard)
    line = bearer(server.access_token("ada"))
    with pytest.raises(ConfigurationError, match="Request or WebSocket"):
        run(lambda: http(app, "/losing", [line]))
    with pytest.raises(ConfigurationError, match="CognitoMiddleware"):
        run(lambda: http(Starlette(routes=app.routes), "/inside", [line]))
