"""Starlette's ``request.session`` beside the session of sign-in: one user never gets what another
one left, in Starlette and in FastAPI.
"""

# No `from __future__ import annotations`: FastAPI could not resolve what is local to a function.

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.login import login_router, login_routes, login_session
from cognito_guard_asgi.sign_out import sign_out

from ..keys.conftest import no_fetch_outlives_its_test
from ..login.site import SECRET, Site, site

__all__ = ["no_fetch_outlives_its_test"]

Make = Callable[[Site], Any]
ORIGIN = {"Origin": "https://app.example"}


@pytest.fixture
def here() -> Iterator[Site]:
    """A site."""
    with site() as one:
        yield one


async def cart(request: Request) -> JSONResponse:
    """What is in it. Anybody may fill it."""
    if "add" in request.query_params:
        request.session["cart"] = request.query_params["add"]
    return JSONResponse(request.session.get("cart"))


async def leave(request: Request) -> JSONResponse:
    """Signs the caller out, and looks at what is left."""
    await sign_out(request)
    return JSONResponse([login_session(request), request.user.is_authenticated])


def starlette_app(here: Site, *, inside: bool = False) -> Starlette:
    """The data around the guard, where each request is looked at; or ``inside``."""
    data = Middleware(SessionMiddleware, secret_key=SECRET)
    guard = Middleware(
        CognitoMiddleware, guard=here.guard, login=here.sessions, required=False, exempt=["/open"]
    )
    return Starlette(
        routes=[
            Mount("/auth", routes=login_routes(here.sessions)),
            Route("/", cart),
            Route("/open", cart),
            Route("/leave", leave, methods=["POST"]),
        ],
        middleware=[guard, data] if inside else [data, guard],
    )


def inside_app(here: Site) -> Starlette:
    """The data inside of the guard: the three routes alone see it."""
    return starlette_app(here, inside=True)


def fastapi_app(here: Site) -> FastAPI:
    """Dependencies alone."""
    auth = CognitoAuth(here.guard, login=here.sessions)
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.include_router(login_router(here.sessions), prefix="/auth")
    app.get("/", dependencies=[Depends(auth.optional)])(cart)
    app.get("/open")(cart)

    @app.post("/leave")
    async def leave(request: Request) -> JSONResponse:
        await auth.sign_out(request)
        return JSONResponse([login_session(request), False])

    return app


def client_of(app: Any) -> TestClient:
    """A browser."""
    return TestClient(app, base_url="https://app.example", follow_redirects=False)


def sign_in(client: TestClient, here: Site, username: str = "alice") -> None:
    """As a user, whoever is signed in."""
    here.endpoint.username = username
    started = client.get("/auth/login?prompt=login")
    query = here.endpoint.authorize(started.headers["location"])
    assert client.get(f"/auth/callback?{query}").headers["location"] == "/"


everywhere = pytest.mark.parametrize("make", [starlette_app, inside_app, fastapi_app])
where_each_request_is_looked_at = pytest.mark.parametrize("make", [starlette_app, fastapi_app])


@everywhere
def test_sign_out_leaves_nothing(make: Make, here: Site) -> None:
    """Who comes next to this browser finds an empty one."""
    client = client_of(make(here))
    sign_in(client, here)
    assert client.get("/?add=book").json() == "book"
    assert client.post("/auth/logout", headers=ORIGIN).status_code == 303
    assert client.get("/").json() is None


@where_each_request_is_looked_at
def test_apps_own_sign_out_leaves_nothing(make: Make, here: Site) -> None:
    """Nor for the rest of the request."""
    client = client_of(make(here))
    sign_in(client, here)
    assert client.get("/?add=book").json() == "book"
    assert client.post("/leave", headers=ORIGIN).json() == [None, False]
    assert client.get("/").json() is None


@everywhere
def test_another_user_signs_in(make: Make, here: Site) -> None:
    """Without a sign-out. Who signs in again keeps what is hers."""
    client = client_of(make(here))
    client.get("/?add=pen")
    sign_in(client, here)
    assert client.get("/").json() == "pen"
    sign_in(client, here)
    assert client.get("/").json() == "pen"
    sign_in(client, here, "ada")
    assert client.get("/").json() is None


@where_each_request_is_looked_at
def test_session_that_is_over(make: Make, here: Site) -> None:
    """Its user has left; the next one at this browser sees nothing."""
    client = client_of(make(here))
    sign_in(client, here)
    client.get("/?add=book")
    here.clock.now += 8 * 3600
    assert client.get("/").json() is None
    assert client.get("/open").json() is None


@where_each_request_is_looked_at
def test_cookie_that_is_gone(make: Make, here: Site) -> None:
    """The browser kept it for so long, and Starlette's longer. Only a page of another site may
    cause requests that lack it."""
    client = client_of(make(here))
    sign_in(client, here)
    client.get("/?add=book")
    for name in [name for name in client.cookies if "session_token" in name]:
        client.cookies.delete(name)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Authorization": "Basic YTpi"}):
        assert client.get("/", headers=headers).json() == "book"
    assert client.get("/").json() is None
    client.get("/?add=pen")
    assert client.get("/").json() == "pen"


@where_each_request_is_looked_at
def test_answer_that_comes_late(make: Make, here: Site) -> None:
    """A request of alice's that ends after ada has signed in puts the old cookie back."""
    client = client_of(make(here))
    sign_in(client, here)
    client.get("/?add=book")
    late = client.cookies["session"]
    sign_in(client, here, "ada")
    client.cookies.delete("session")
    client.cookies.set("session", late)
    assert client.get("/").json() is None


@everywhere
def test_store_that_is_down_takes_nothing_away(make: Make, here: Site) -> None:
    """Nobody was signed out."""

    def fail(name: str, key: str) -> None:
        raise ConnectionError

    client = client_of(make(here))
    sign_in(client, here)
    client.get("/?add=book")
    here.store.before = fail
    assert client.get("/").status_code == 503
    assert client.post("/auth/logout", headers=ORIGIN).status_code == 503
    here.store.before = lambda name, key: None
    assert client.get("/").json() == "book"


@everywhere
@pytest.mark.parametrize("credential", ["Basic YTpi", "Bearer x.y.z"])
def test_sign_out_beside_another_credential(make: Make, credential: str, here: Site) -> None:
    """That says who is calling, and not that the browser is to stay signed in. So it is for the
    session that a callback finds."""
    client = client_of(make(here))
    authorization = {"Authorization": credential}
    sign_in(client, here)
    left = client.post("/auth/logout", headers={**ORIGIN, **authorization})
    assert left.status_code == 303
    assert len(here.store.memory) == 1  # the note of the attempt
    assert len(here.endpoint.revoked) == 1

    sign_in(client, here)
    started = client.get("/auth/login?prompt=login")
    query = here.endpoint.authorize(started.headers["location"])
    assert client.get(f"/auth/callback?{query}", headers=authorization).status_code == 303
    assert len(here.endpoint.revoked) == 2
