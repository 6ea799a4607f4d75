"""CORS: Starlette's own middleware answers preflights, whichever of the two is outside."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cognito_guard import Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi import CognitoMiddleware
from example_apps.serving import serve

from ..raw import ask, bearer

SHOP = "https://shop.example"
ORIGIN = f"Origin: {SHOP}".encode()
PREFLIGHT = [
    ORIGIN,
    b"Access-Control-Request-Method: GET",
    b"Access-Control-Request-Headers: authorization",
]


async def _me(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.user.username)


def app_for(guard: Guard, *, cors_outside: bool) -> Starlette:
    """An app with both middlewares."""
    middleware = [
        Middleware(CORSMiddleware, allow_origins=[SHOP], allow_headers=["Authorization"]),
        Middleware(CognitoMiddleware, guard=guard),
    ]
    return Starlette(
        routes=[Route("/me", _me)], middleware=middleware if cors_outside else middleware[::-1]
    )


@pytest.mark.parametrize("cors_outside", [True, False], ids=["outside", "inside"])
def test_preflight(cors_outside: bool, guard: Guard, pool: LocalUserPool) -> None:
    """The preflight is answered without a credential, and the request after it with one."""
    with serve(app_for(guard, cors_outside=cors_outside)) as origin:
        answer = ask(origin, "/me", PREFLIGHT, method="OPTIONS")
        assert answer.status == 200
        assert answer.all("Access-Control-Allow-Origin") == [SHOP]
        assert answer.all("WWW-Authenticate") == []
        answer = ask(origin, "/me", [ORIGIN, bearer(pool.access_token("alice"))])
        assert (answer.status, answer.body) == (200, b"alice")
        assert answer.all("Access-Control-Allow-Origin") == [SHOP]
        assert ask(origin, "/me", [ORIGIN]).status == 401


def test_a_page_can_read_a_refusal(guard: Guard) -> None:
    """With the CORS middleware outside, a refusal carries its headers beside our own."""
    with serve(app_for(guard, cors_outside=True)) as origin:
        answer = ask(origin, "/me", [ORIGIN])
        assert answer.status == 401
        assert answer.all("Access-Control-Allow-Origin") == [SHOP]
        assert answer.all("WWW-Authenticate") == ["Bearer"]
        assert answer.all("Vary") == ["Authorization, Origin"]
