"""An API that goes by the role that a trigger has put into access tokens.

The settings come from the environment, as for every guard.

    uvicorn --factory example_apps.triggers.app:create_app
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cognito_guard import Guard
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.starlette import requires


@requires(roles="editor")
async def publish(request: Request) -> JSONResponse:
    """For people and machines who have this role."""
    return JSONResponse({"published_by": request.user.subject})


@requires(groups="members")
async def library(request: Request) -> JSONResponse:
    """For whoever has signed up and confirmed it."""
    return JSONResponse({"member": request.user.username})


def create_app(guard: Guard | None = None) -> Starlette:
    """The API."""
    return Starlette(
        routes=[Route("/publish", publish), Route("/library", library)],
        middleware=[Middleware(CognitoMiddleware, guard=guard or Guard.from_env())],
    )
