"""The contract's app in Starlette, with each kind of store."""

from __future__ import annotations

from contextlib import AbstractContextManager
from socket import socket
from typing import Any

from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from cognito_guard import require_acr, require_recent_login
from cognito_guard.aws import UserApi
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.login import login_required, login_routes, login_session
from cognito_guard_asgi.sign_out import SignedOut, sign_out
from cognito_guard_asgi.starlette import enforce, requires
from example_apps.serving import serve

from ....login.stores import BlockingStore
from ..site import Adapter, Running


class ThreadedStore:
    """An async store: another one's operations, each in a thread, so that it may be slow."""

    def __init__(self, store: BlockingStore) -> None:
        self._store = store

    async def read(self, key: str) -> bytes | None:
        """As of a store."""
        return await run_sync(self._store.read, key)

    async def add(self, key: str, value: bytes, seconds: float) -> bool:
        """As of a store."""
        return await run_sync(self._store.add, key, value, seconds)

    async def replace(self, key: str, old: bytes, new: bytes, seconds: float) -> bool:
        """As of a store."""
        return await run_sync(self._store.replace, key, old, new, seconds)

    async def remove(self, key: str, value: bytes | None = None) -> bool:
        """As of a store."""
        return await run_sync(self._store.remove, key, value)


def _user(connection: HTTPConnection) -> dict[str, Any]:
    return {"user": getattr(connection.user, "username", None)}


async def home(request: Request) -> JSONResponse:
    """For anybody."""
    return JSONResponse(_user(request))


@requires()
async def me(request: Request) -> JSONResponse:
    """For any caller."""
    return JSONResponse({"subject": request.user.subject, "username": request.user.username})


@requires()
def change(request: Request) -> JSONResponse:
    """Changes something."""
    return JSONResponse({"changed": request.user.username})


@login_required()
async def page(request: Request) -> JSONResponse:
    """For whoever is signed in."""
    return JSONResponse(_user(request))


@login_required(groups="admins")
def admin(request: Request) -> JSONResponse:
    """For admins."""
    return JSONResponse(_user(request))


@login_required(mfa=True)
async def refunds(request: Request) -> JSONResponse:
    """For who has signed in with several factors."""
    return JSONResponse(_user(request))


@login_required(acr="urn:cognito:loa:3", max_age=300)
def payouts(request: Request) -> JSONResponse:
    """For who has just signed in at this level."""
    return JSONResponse(_user(request))


JUST_NOW = require_acr("urn:cognito:loa:3") & require_recent_login(300)


@login_required()
def transfers(request: Request) -> JSONResponse:
    """The same, as the view finds out by itself."""
    enforce(request, JUST_NOW)
    return JSONResponse(_user(request))


def told(done: SignedOut, user: object) -> dict[str, Any]:
    """What came of a sign-out, and who is calling since."""
    problem = None if done.problem is None else type(done.problem).__name__
    return {"url": done.url, "at_cognito": done.at_cognito, "problem": problem, "user": user}


@requires()
async def leave(request: Request) -> JSONResponse:
    """Signs the caller out."""
    done = await sign_out(request)
    return JSONResponse(told(done, _user(request)["user"]))


def leave_everywhere(user_api: UserApi) -> Any:
    """Signs the caller out everywhere."""

    @requires()
    async def leave(request: Request) -> JSONResponse:
        done = await sign_out(request, everywhere=True, user_api=user_api)
        return JSONResponse(told(done, _user(request)["user"]))

    return leave


def described(connection: HTTPConnection) -> dict[str, Any]:
    """What is known of a session."""
    session = login_session(connection)
    if session is None:
        return {"session": None}
    return {
        "email": session.profile["email"],
        "started_at": session.started_at,
        "token": session.access_token.count(".") == 2,
    }


@requires()
async def profile(request: Request) -> JSONResponse:
    """What is known of the session."""
    return JSONResponse(described(request))


@requires()
async def socket_of_a_page(websocket: WebSocket) -> None:
    """Says who opened it."""
    await websocket.accept()
    await websocket.send_text(str(websocket.user.username))
    await websocket.close()


def starlette_app(running: Running) -> Starlette:
    """The app in Starlette."""
    return Starlette(
        routes=[
            Mount("/auth", routes=login_routes(running.sessions)),
            Route("/", home),
            Route("/me", me),
            Route("/change", change, methods=["POST"]),
            Route("/leave", leave, methods=["POST"]),
            Route("/everywhere", leave_everywhere(running.user_api), methods=["POST"]),
            Route("/page", page, methods=["GET", "POST"]),
            Route("/admin", admin),
            Route("/refunds", refunds),
            Route("/payouts", payouts),
            Route("/transfers", transfers, methods=["GET", "POST"]),
            Route("/profile", profile),
            Route("/health", home),
            WebSocketRoute("/ws", socket_of_a_page),
        ],
        middleware=[
            Middleware(
                CognitoMiddleware,
                guard=running.guard,
                login=running.sessions,
                required=False,
                exempt=["/health"],
            )
        ],
    )


def uvicorn(create_app: Any, **settings: Any) -> Any:
    """Serves what a function makes on uvicorn."""

    def start(running: Running, listener: socket) -> AbstractContextManager[object]:
        return serve(create_app(running), listener, log_level="critical", **settings)

    return start


ADAPTERS = [
    Adapter("starlette", uvicorn(starlette_app, http="h11"), websockets=True),
    Adapter(
        "starlette-async-store",
        uvicorn(starlette_app, http="httptools"),
        store=ThreadedStore,
        websockets=True,
    ),
]
