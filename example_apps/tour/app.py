"""The guarded app of the tour."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cognito_guard import Guard
from cognito_guard.aws import UserApi
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.sign_out import sign_out
from cognito_guard_asgi.starlette import requires

__all__ = ["create_app"]


def create_app(guard: Guard, user_api: UserApi | None = None) -> Starlette:
    """The app. With ``user_api``, a sign-out reaches Cognito as well."""

    async def me(request: Request) -> JSONResponse:
        """For every good access token."""
        return JSONResponse({"username": request.user.username})

    @requires(groups="admins")
    async def admin(request: Request) -> JSONResponse:
        """For a group of the pool."""
        return JSONResponse({"groups": request.user.groups})

    @requires(roles="editor")
    async def editor(request: Request) -> JSONResponse:
        """For a role in ``custom:role``."""
        return JSONResponse({"roles": request.user.roles})

    async def leave(request: Request) -> JSONResponse:
        """Signs the caller out, wherever they have signed in."""
        done = await sign_out(request, everywhere=True, user_api=user_api)
        return JSONResponse({"at_cognito": done.at_cognito})

    return Starlette(
        routes=[
            Route("/me", me),
            Route("/admin", admin),
            Route("/editor", editor),
            Route("/sign-out", leave, methods=["POST"]),
        ],
        middleware=[Middleware(CognitoMiddleware, guard=guard)],
    )
