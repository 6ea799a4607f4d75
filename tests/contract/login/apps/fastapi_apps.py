"""The contract's app in FastAPI: with dependencies alone, and behind the middleware."""

# No `from __future__ import annotations`: FastAPI could not resolve what is local to a function.

from typing import Annotated, Any

from fastapi import Depends, FastAPI, WebSocket
from starlette.requests import Request

from cognito_guard import Identity
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth
from cognito_guard_asgi.login import login_router

from ..site import Adapter, Running
from .asgi_apps import JUST_NOW, described, told, uvicorn


def fastapi_app(running: Running) -> FastAPI:
    """The app, with dependencies alone."""
    auth = CognitoAuth(running.guard, login=running.sessions)
    app = FastAPI()
    app.include_router(login_router(running.sessions), prefix="/auth")
    caller = Depends(auth)

    @app.get("/")
    async def home(user: Annotated[Any, Depends(auth.optional)]) -> Any:
        return {"user": user.username if user else None}

    @app.get("/health")
    async def health() -> Any:
        return {"user": None}

    @app.get("/me")
    async def me(user: Annotated[Any, caller]) -> Any:
        return {"subject": user.subject, "username": user.username}

    @app.post("/change")
    def change(user: Annotated[Any, caller]) -> Any:
        return {"changed": user.username}

    @app.post("/leave", dependencies=[caller])
    async def leave(request: Request) -> Any:
        return told(await auth.sign_out(request), None)

    @app.post("/everywhere", dependencies=[caller])
    async def leave_everywhere(request: Request) -> Any:
        done = await auth.sign_out(request, everywhere=True, user_api=running.user_api)
        return told(done, None)

    @app.api_route("/page", methods=["GET", "POST"])
    async def page(user: Annotated[Any, Depends(auth.pages)]) -> Any:
        return {"user": user.username}

    @app.get("/admin")
    async def admin(user: Annotated[Any, Depends(auth.pages.require(groups="admins"))]) -> Any:
        return {"user": user.username}

    @app.get("/refunds")
    async def refunds(user: Annotated[Any, Depends(auth.pages.require(mfa=True))]) -> Any:
        return {"user": user.username}

    strong = auth.pages.require(acr="urn:cognito:loa:3", max_age=300)

    @app.get("/payouts")
    async def payouts(user: Annotated[Any, Depends(strong)]) -> Any:
        return {"user": user.username}

    @app.api_route("/transfers", methods=["GET", "POST"])
    async def transfers(user: Annotated[Any, Depends(auth.pages)]) -> Any:
        auth.enforce(JUST_NOW, user)
        return {"user": user.username}

    @app.get("/profile", dependencies=[caller])
    async def profile(request: Request) -> Any:
        return described(request)

    @app.websocket("/ws")
    async def say(websocket: WebSocket, user: Annotated[Any, caller]) -> None:
        assert isinstance(user, Identity)
        await websocket.accept()
        await websocket.send_text(str(user.username))
        await websocket.close()

    return app


def behind_middleware(running: Running) -> FastAPI:
    """The same app, every request of which is looked at before."""
    app = fastapi_app(running)
    app.add_middleware(
        CognitoMiddleware,
        guard=running.guard,
        login=running.sessions,
        required=False,
        exempt=["/health"],
    )
    return app


ADAPTERS = [
    Adapter("fastapi", uvicorn(fastapi_app, http="httptools"), websockets=True),
    Adapter("fastapi-middleware", uvicorn(behind_middleware, http="h11"), websockets=True),
]
