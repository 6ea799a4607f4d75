"""An API for users to see and change their own data in the pool, with their own tokens.

The settings come from the environment, as for every guard. No AWS credentials are needed.

    uvicorn --factory example_apps.own_data.app:create_app
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from cognito_guard import Guard
from cognito_guard.aws import (
    LiveUsers,
    TokenRefused,
    UserApi,
    UserApiError,
    UserApiUnavailable,
    UserGone,
)
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.live import live_user, require_live_user


def create_app(guard: Guard | None = None) -> Starlette:
    """Create the API, for the guard's first user pool."""
    guard = guard or Guard.from_env()
    api = UserApi(guard.user_pools[0], writable=["name"])  # users cannot change anything else
    live = LiveUsers(api, max_age=30)

    async def show(request: Request) -> JSONResponse:
        """Return the current data of the pool. The token may be older."""
        user = await live_user(request, live)
        return JSONResponse({"username": user.username, "name": user.name, "email": user.email})

    async def rename(request: Request) -> JSONResponse:
        """The body is {"name": "..."}."""
        try:
            name = (await request.json())["name"]
        except (ValueError, RecursionError, TypeError, KeyError):  # no JSON, or no such object
            return JSONResponse({"detail": 'The body must be {"name": "..."}.'}, 400)
        await api.aupdate_attributes(token_of(request), {"name": name})
        live.forget(token_of(request))  # what it remembers is older
        return await show(request)

    @require_live_user(live)
    async def delete(request: Request) -> JSONResponse:
        """Only for users who are still signed in at Cognito: a sign-out stops stolen tokens too."""
        await api.adelete_user(token_of(request))
        live.forget(token_of(request))
        return JSONResponse({"deleted": True})

    return Starlette(
        routes=[
            Route("/me", show),
            Route("/me", rename, methods=["PATCH"]),
            Route("/me", delete, methods=["DELETE"]),
        ],
        middleware=[Middleware(CognitoMiddleware, guard=guard)],
        exception_handlers={UserApiError: refused},
    )


def token_of(request: Request) -> str:
    """Return the token that the middleware has verified."""
    return request.headers["Authorization"].partition(" ")[2].strip()


async def refused(request: Request, error: Exception) -> JSONResponse:
    """Answer errors of Cognito. The texts are for users, and contain no personal data."""
    assert isinstance(error, UserApiError)
    body = {"detail": error.detail, "code": error.code}
    if isinstance(error, UserApiUnavailable):
        return JSONResponse(body, 503, {"Retry-After": str(error.retry_after)})
    return JSONResponse(body, 401 if isinstance(error, TokenRefused | UserGone) else 400)
