"""A Starlette app with a JSON endpoint."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cognito_guard import Guard
from cognito_guard_asgi import CognitoMiddleware

from . import GUARDED


async def hello(request: Request) -> JSONResponse:
    """Answer."""
    return JSONResponse({"hello": "world"})


app = Starlette(
    routes=[Route("/", hello)],
    middleware=[Middleware(CognitoMiddleware, guard=Guard.from_env())] if GUARDED else [],
)
