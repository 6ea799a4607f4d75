"""What reports of errors show of sign-in's frames: no cookie, no code, no token, whatever fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from cognito_guard import ConfigurationError, Guard
from cognito_guard.login import LoginSessions, MemorySessionStore
from cognito_guard.testing import LocalClient, LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.login import login_required, login_router, login_routes
from example_apps.with_login.fastapi_app import create_app

from ..engine.reports import assert_nothing_shown, shown_by, shown_now
from ..keys.conftest import no_fetch_outlives_its_test
from ..login.site import Site, site

__all__ = ["no_fetch_outlives_its_test"]

App = Callable[[Site, Callable[[], object]], Any]
NAVIGATE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}


class Accident(Exception):
    """What goes wrong in other people's code."""


@pytest.fixture
def here() -> Iterator[Site]:
    """A site."""
    with site() as one:
        yield one


def starlette_app(here: Site, fails: Callable[[], object]) -> Any:
    """Pages that fail, behind the middleware."""

    @login_required()
    async def page(request: Request) -> None:
        fails()

    return Starlette(
        routes=[Mount("/auth", routes=login_routes(here.sessions)), Route("/page", page)],
        middleware=[Middleware(CognitoMiddleware, guard=here.guard, login=here.sessions)],
    )


def fastapi_app(here: Site, fails: Callable[[], object]) -> Any:
    """A page that fails, behind a dependency."""
    auth = CognitoAuth(here.guard, login=here.sessions)
    app = FastAPI()
    app.include_router(login_router(here.sessions), prefix="/auth")
    app.get("/page", dependencies=[Depends(auth.pages)])(fails)
    return app


@pytest.mark.parametrize("make", [starlette_app, fastapi_app])
@pytest.mark.parametrize("what", ["/page", "/auth/login", "/auth/callback", "/auth/logout", "view"])
def test_an_accident(make: App, what: str, here: Site) -> None:
    """Neither the frames that are under way while the store or a view runs, nor the traceback."""
    live: list[tuple[str, str]] = []

    def look(*_: object) -> None:
        live.extend(shown_now())

    def fail() -> None:
        look()
        raise Accident

    browser = here.browser()
    query = here.endpoint.authorize(browser.start().url)
    browser.sign_in()
    headers = {**NAVIGATE, "Cookie": browser.headers("cookie")[0]}
    client = TestClient(make(here, fail), follow_redirects=False)
    if what == "view":
        with pytest.raises(Accident) as caught:
            client.get("/page", headers=headers)
        live.extend(shown_by(caught.value))
    else:
        here.store.before = look
        path = f"{what}?{query}" if what == "/auth/callback" else what
        if what == "/page":
            with pytest.raises(Accident):
                client.get(path, headers=headers)
        else:
            client.request("POST" if what == "/auth/logout" else "GET", path, headers=headers)
    assert live or (what, make) == ("view", fastapi_app)  # where no frame of ours is on the way
    secrets = [*browser.cookies.values(), *(pair.partition("=")[2] for pair in query.split("&"))]
    for where, said in live:
        for secret in secrets:
            assert secret not in said, where


@pytest.mark.parametrize("make", [starlette_app, fastapi_app])
def test_a_clock_that_fails(make: App, here: Site) -> None:
    """A user's clock runs below frames of ours, and what it raises comes through them."""
    browser = here.browser()
    query = here.endpoint.authorize(browser.start().url)
    browser.sign_in()
    failing: list[bool] = []
    live: list[tuple[str, str]] = []

    def clock() -> float:
        if failing:
            live.extend(shown_now())
            raise Accident
        return here.clock()

    here.sessions = here.worker(clock=clock)
    client = TestClient(make(here, lambda: None), follow_redirects=False)
    headers = {**NAVIGATE, "Cookie": browser.headers("cookie")[0]}
    failing.append(True)
    for path in ("/page", "/auth/login", "/auth/login?prompt=login", f"/auth/callback?{query}"):
        with pytest.raises(Accident) as caught:
            client.get(path, headers=headers)
        live.extend(shown_by(caught.value))
    assert live
    secrets = [*browser.cookies.values(), *(pair.partition("=")[2] for pair in query.split("&"))]
    for where, said in live:
        for secret in secrets:
            assert secret not in said, where


@pytest.mark.parametrize("path", ["/account/login", "/account/callback?code=a"])
def test_routes_in_the_wrong_place(path: str, here: Site) -> None:
    """The error about them shows no cookie."""
    routes = [Mount("/account", routes=login_routes(here.sessions))]
    guarded = Middleware(CognitoMiddleware, guard=here.guard, login=here.sessions, required=False)
    browser = here.browser()
    browser.sign_in()
    client = TestClient(Starlette(routes=routes, middleware=[guarded]))
    with pytest.raises(ConfigurationError, match="redirect_uri leads to") as caught:
        client.get(path, headers={**NAVIGATE, "Cookie": browser.headers("cookie")[0]})
    for where, said in shown_by(caught.value):
        for secret in browser.cookies.values():
            assert secret not in said, where


@pytest.mark.parametrize("path", ["/", "/profile"], ids=["middleware", "login_required"])
def test_a_listener(path: str) -> None:
    """While a listener is told of a refusal, no frame shows the token of the request."""
    pool = LocalUserPool()
    home = "http://localhost/"
    there = {"callback_urls": [f"{home}auth/callback"], "logout_urls": [home]}
    live: list[tuple[str, str]] = []
    with pool.listen(LocalClient(pool.client_id, **there)) as server:
        guard = Guard.from_env(server.environment())
        sessions = LoginSessions.from_env(
            server.environment(), guard=guard, store=MemorySessionStore()
        )
        guard.add_listener(lambda event: live.extend(shown_now()))
        token = pool.id_token("alice")
        client = TestClient(create_app(guard, sessions))
        page = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
        answer = client.get(path, headers=page)
    assert answer.status_code == 401
    assert assert_nothing_shown(iter(live), {token})
