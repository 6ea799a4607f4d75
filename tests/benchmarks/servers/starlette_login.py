"""A Starlette app with a page for those who have signed in."""

from __future__ import annotations

from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.login import login_required
from cognito_guard_redis import AsyncRedisSessionStore

from . import ENTRY
from .signing_in import GUARD, PAGE, REDIS_PORT, sessions


@login_required()
async def page(request: Request) -> HTMLResponse:
    """Answer."""
    return HTMLResponse(PAGE.format(request.user.username))


@login_required()
async def read(request: Request) -> HTMLResponse:
    """Read, and answer."""
    await REDIS.get(ENTRY)
    return HTMLResponse(PAGE.format(request.user.username))


REDIS = Redis(port=REDIS_PORT)
LOGIN = sessions(AsyncRedisSessionStore(REDIS))

app = Starlette(
    routes=[Route("/", page), Route("/read", read)],
    middleware=[Middleware(CognitoMiddleware, guard=GUARD, login=LOGIN, required=False)],
)
