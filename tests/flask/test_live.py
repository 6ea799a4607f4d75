"""``require_live_user`` for Flask: a sign-out is noticed, where it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView

from cognito_guard import ConfigurationError, Guard
from cognito_guard.aws import LiveUsers, UserApi
from cognito_guard.login import LoginSessions
from cognito_guard.testing import LocalUserPool, PoolServer, TokenFault
from cognito_guard_flask import CognitoGuard, current_identity
from cognito_guard_flask.live import live_user, require_live_user

from ..aws.kept_server import KeptServer, says
from ..aws.test_kept import user_of
from ..login.site import site
from .conftest import bearer


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


def app_of(live: LiveUsers, guard: Guard, login: LoginSessions | None = None) -> Flask:
    """An app whose views ask."""
    app = Flask(__name__)
    cognito = CognitoGuard(app, guard=guard, login=login)

    @app.get("/admin")
    @cognito.required(groups="admins")
    @require_live_user(cognito, live)
    def admin() -> str:
        return str(current_identity.username)

    @app.get("/alone")
    @require_live_user(cognito, live)
    async def alone() -> str:
        return str(current_identity.username)

    @app.route("/options", methods=["GET", "OPTIONS"])
    @require_live_user(cognito, live)
    def options() -> str:
        raise AssertionError

    @app.get("/inside")
    def inside() -> str:
        return live_user(cognito, live).username

    class Class(MethodView):
        def get(self) -> str:
            return "class"

    Class.decorators = [require_live_user(cognito, live)]
    app.add_url_rule("/class", view_func=Class.as_view("class"))
    return app


def test_a_sign_out(api: UserApi, server: PoolServer) -> None:
    """Then 401; without the scope 403, and 503 where Cognito says nothing."""
    client = app_of(LiveUsers(api), Guard(server.trust())).test_client()
    token = server.access_token("ada", groups=["admins"])
    paths = ["/admin", "/alone", "/inside", "/class"]
    for path in paths:
        assert client.get(path, headers=bearer(token)).status_code == 200
    assert server.requests["api"] == 1
    stranger = server.access_token("ada")
    assert client.get("/admin", headers=bearer(stranger)).status_code == 403
    assert client.get("/alone").status_code == 401
    assert server.requests["api"] == 1
    out = server.access_token("ada", groups=["admins"])
    api.global_sign_out(out)
    bare = server.access_token("ada", groups=["admins"], scopes=["openid"])
    for path in paths:
        answer = client.get(path, headers=bearer(out))
        assert (answer.status_code, answer.json["reason"]) == (401, "revoked")
        answer = client.get(path, headers=bearer(bare))
        assert (answer.status_code, answer.json["reason"]) == (403, "missing_scope")
        wanted = answer.headers["WWW-Authenticate"]
        assert 'scope="aws.cognito.signin.user.admin"' in wanted
    with server.failing(TokenFault.TOO_MANY_REQUESTS, at="api"):
        answer = client.get("/alone", headers=bearer(stranger))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_preflight(api: UserApi, server: PoolServer) -> None:
    """Has no credential, and asks nobody."""
    client = app_of(LiveUsers(api), Guard(server.trust())).test_client()
    headers = {"Origin": "https://x.example", "Access-Control-Request-Method": "GET"}
    for path in ("/alone", "/options"):
        assert client.options(path, headers=headers).status_code < 300
    assert server.requests["api"] == 0


def test_sessions() -> None:
    """Whoever is signed in is asked about by the session's own token."""
    with site(login={"scopes": ["openid", "aws.cognito.signin.user.admin"]}) as here:
        pool = here.endpoint.pool
        browser = here.browser()
        browser.sign_in()
        (pairs,) = browser.headers("cookie")
        with KeptServer(says(200, user_of(pool, "alice"))) as server:
            live = LiveUsers(UserApi(pool.trust(), url=server.url))
            client = app_of(live, here.guard, here.sessions).test_client(use_cookies=False)
            answer = client.get("/alone", headers={"Cookie": str(pairs)})
            assert (answer.status_code, answer.text) == (200, "alice")
            assert len(server.asked) == 1
            live.api.close()


def test_mistakes(api: UserApi, server: PoolServer) -> None:
    """Are told."""
    cognito = CognitoGuard(guard=Guard(server.trust()))
    wrong: Any
    for wrong in (api, 30, None):
        with pytest.raises(ConfigurationError):
            require_live_user(cognito, wrong)
    with pytest.raises(ConfigurationError):
        require_live_user(Guard(server.trust()), LiveUsers(api))  # type: ignore[arg-type]
    guard = Guard(server.trust(token_use="id"))
    client = app_of(LiveUsers(api), guard).test_client()
    client.application.testing = True
    with pytest.raises(ConfigurationError, match="only ID tokens"):
        client.get("/alone", headers=bearer(server.id_token("ada")))
