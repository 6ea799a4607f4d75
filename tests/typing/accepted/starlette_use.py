"""What an application writes with Starlette, and the types that it gets."""

# pyright: strict

from typing import Any, assert_type

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint, WebSocketEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from cognito_guard import Guard, Identity, require_groups, require_scopes
from cognito_guard_asgi import AnonymousUser, Auth, CognitoMiddleware
from cognito_guard_asgi.starlette import requires


def vip(identity: Identity) -> bool:
    """A policy of one's own."""
    return "vip" in identity.groups


@requires()
async def profile(request: Request) -> Response:
    """Any caller."""
    return JSONResponse({"sub": request.user.subject})


@requires
async def bare(request: Request) -> Response:
    """Any caller, without parentheses."""
    return JSONResponse({"sub": request.user.subject})


@requires(groups="admins")
async def admin(request: Request) -> JSONResponse:
    """A group."""
    return JSONResponse({"sub": request.user.subject})


@requires(groups=["admins", "auditors"], scopes=("orders/read",), roles="editor", mfa=True)
def several(request: Request) -> int:
    """A function that is not async, and all of everything."""
    return len(request.headers)


@requires(policy=require_groups("admins") | require_scopes("orders/write"))
class Orders(HTTPEndpoint):
    """A class, and a policy."""

    async def get(self, request: Request) -> Response:
        """One method."""
        return Response()


@requires(policy=vip)
class Live(WebSocketEndpoint):
    """A WebSocket class."""


@requires(scopes="orders/read")
async def live(websocket: WebSocket) -> None:
    """A WebSocket function."""
    await websocket.close()


async def endpoints(request: Request) -> None:
    """A decorated endpoint has the type that it had."""
    assert_type(await admin(request), JSONResponse)
    assert_type(several(request), int)
    assert_type(Orders, type[Orders])


def apps(guard: Guard) -> list[Any]:
    """Every way to add the middleware."""
    routes = [Route("/admin", admin), Route("/orders", Orders), WebSocketRoute("/live", Live)]
    app = Starlette(routes=routes, middleware=[Middleware(CognitoMiddleware, guard=guard)])
    app.add_middleware(CognitoMiddleware, guard=guard, required=False, exempt=["/health"])
    return [app, CognitoMiddleware(app, guard=guard, exempt=("/", "/static/*"))]


def user(request: Request) -> str:
    """What the middleware leaves in the request."""
    found: Identity | AnonymousUser = request.user
    auth: Auth = request.auth
    return found.display_name if "authenticated" in auth.scopes else "nobody"
