"""The three routes of sign-in, for Starlette and for FastAPI."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cognito_guard.login import LoginSessions

from ..held import Exchange
from ..place import MARK, require_place
from ..signed_in import SignedIn
from ..starlette import response_of
from .pages import LoginPages

if TYPE_CHECKING:
    from fastapi import APIRouter

__all__ = ["login_router", "login_routes"]


def login_routes(sessions: LoginSessions) -> list[Route]:
    """The routes ``login``, ``callback`` and ``logout``:
    ``Mount("/auth", routes=login_routes(sessions))``.

    Mount them where the login's ``redirect_uri`` leads: its path is that of ``callback``. Link to
    ``/auth/login?next=/page``. To sign out, post a form to ``/auth/logout``. Raises
    ``ConfigurationError``.
    """
    signed_in = SignedIn(sessions)
    pages = LoginPages(signed_in)

    async def login(request: Request) -> Response:
        held = _held(request)
        del request
        return response_of(await pages.login(held))

    async def callback(request: Request) -> Response:
        held = _held(request)
        del request
        return response_of(await pages.callback(held))

    async def logout(request: Request) -> Response:
        held = _held(request)
        del request
        return response_of(await pages.logout(held))

    for endpoint in (login, callback, logout):
        setattr(endpoint, MARK, signed_in)
    return [
        Route("/login", login, methods=["GET"], name="cognito_login"),
        Route("/callback", callback, methods=["GET"], name="cognito_callback"),
        Route("/logout", logout, methods=["POST"], name="cognito_logout"),
    ]


def _held(request: Request) -> Exchange:
    return Exchange(request.scope, request.receive, request._send)


def login_router(sessions: LoginSessions) -> APIRouter:
    """The same for FastAPI: ``app.include_router(login_router(sessions), prefix="/auth")``.

    The routes are not in the OpenAPI document, and dependencies of the app do not apply to them. An
    app that includes the router at another path than that of ``redirect_uri`` does not start.
    """
    from fastapi import APIRouter

    signed_in = SignedIn(sessions)

    @asynccontextmanager
    async def look(app: Any) -> AsyncIterator[None]:
        require_place(signed_in, app)
        yield
        await sessions.asettle()

    router = APIRouter(lifespan=look)
    for route in login_routes(sessions):
        router.add_route(
            route.path,
            route.endpoint,
            methods=sorted(route.methods or ()),
            name=route.name,
            include_in_schema=False,
        )
    return router
