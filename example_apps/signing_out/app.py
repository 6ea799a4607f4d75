"""The API: who am I, and sign me out."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cognito_guard import Guard
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.starlette import requires

__all__ = ["create_app"]


def create_app(guard: Guard) -> Starlette:
    """An app behind ``guard``, which has a list of what was revoked."""

    @requires()
    async def me(request: Request) -> JSONResponse:
        return JSONResponse({"username": request.user.username})

    @requires()
    async def sign_out(request: Request) -> Response:
        everywhere = request.query_params.get("everywhere") == "yes"
        await guard.asign_out(request.user, everywhere=everywhere)
        return Response(status_code=204)

    routes = [Route("/me", me), Route("/sign-out", sign_out, methods=["POST"])]
    return Starlette(routes=routes, middleware=[Middleware(CognitoMiddleware, guard=guard)])
