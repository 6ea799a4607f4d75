"""A Starlette app whose callers come from a user pool.

The settings come from the environment:

    COGNITO_USER_POOL_ID=eu-west-1_AbC123xyz COGNITO_CLIENT_IDS=1example23456789 \
        uvicorn --factory example_apps.starlette_app.app:create_app
"""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.endpoints import WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from cognito_guard import Guard
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.starlette import requires


async def home(request: Request) -> JSONResponse:
    """Open to everybody: `/` is exempt below, so no token is checked."""
    return JSONResponse({"hello": "world"})


async def me(request: Request) -> JSONResponse:
    """Any caller with a valid token: the middleware requires it. `request.user` is the caller."""
    user = request.user
    return JSONResponse(
        {
            "subject": user.subject,
            "username": user.username,
            "groups": user.groups,
            "scopes": user.scopes,
            "roles": user.roles,
            "machine": user.is_machine,
        }
    )


@requires(scopes="orders/read")
async def orders(request: Request) -> JSONResponse:
    """A scope: what the client was allowed to do."""
    return JSONResponse({"orders": []})


@requires(groups="admins")
def admin(request: Request) -> JSONResponse:
    """A user pool group: who the user is. Functions without async work as well."""
    return JSONResponse({"admin": request.user.subject})


@requires(roles="editor")
async def editor(request: Request) -> JSONResponse:
    """A role in `custom:role`. Make sure that users cannot write this attribute."""
    return JSONResponse({"editor": request.user.subject})


@requires(mfa=True)
async def refunds(request: Request) -> JSONResponse:
    """Several factors: how the user signed in."""
    return JSONResponse({"refunds": []})


@requires(acr="urn:cognito:loa:3", max_age=300)
async def payouts(request: Request) -> JSONResponse:
    """A sign-in of this level or a higher one, in the last five minutes."""
    return JSONResponse({"payouts": []})


@requires(groups="admins")
class Echo(WebSocketEndpoint):
    """A WebSocket for admins. Others are refused before it is accepted."""

    encoding = "text"

    async def on_receive(self, websocket: WebSocket, data: str) -> None:
        """Say it back."""
        await websocket.send_text(f"{websocket.user.username}: {data}")


def create_app(guard: Guard | None = None) -> Starlette:
    """Return the app, for your own guard or for the one that the environment describes."""
    return Starlette(
        routes=[
            Route("/", home),
            Route("/me", me),
            Route("/orders", orders),
            Route("/admin", admin),
            Route("/editor", editor),
            Route("/refunds", refunds),
            Route("/payouts", payouts),
            WebSocketRoute("/ws", Echo),
        ],
        middleware=[
            Middleware(CognitoMiddleware, guard=guard or Guard.from_env(), exempt=["/"]),
        ],
    )
