"""A FastAPI app whose callers come from a user pool. Its OpenAPI document says so.

The settings come from the environment:

    COGNITO_USER_POOL_ID=eu-west-1_AbC123xyz COGNITO_CLIENT_IDS=1example23456789 \
        uvicorn --factory example_apps.fastapi_app.app:create_app
"""

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Security, WebSocket

from cognito_guard import Guard, Identity
from cognito_guard_asgi.fastapi import CognitoAuth


def create_app(guard: Guard | None = None) -> FastAPI:
    """Return the app, for your own guard or for the one that the environment describes."""
    auth = CognitoAuth(guard or Guard.from_env())
    app = FastAPI(title="Orders", responses=auth.responses)
    auth.install(app)

    @app.get("/")
    async def home() -> dict[str, str]:
        """Open to everybody: without a dependency, no token is checked."""
        return {"hello": "world"}

    @app.get("/me")
    async def me(user: Annotated[Identity, Depends(auth)]) -> dict[str, Any]:
        """Any caller with a valid token."""
        return {
            "subject": user.subject,
            "username": user.username,
            "groups": user.groups,
            "scopes": user.scopes,
            "roles": user.roles,
            "machine": user.is_machine,
        }

    @app.get("/orders")
    async def orders(
        user: Annotated[Identity, Security(auth, scopes=["orders/read"])],
    ) -> dict[str, list[str]]:
        """A scope: what the client was allowed to do."""
        return {"orders": []}

    @app.get("/admin")
    def admin(user: Annotated[Identity, Depends(auth.require(groups="admins"))]) -> dict[str, str]:
        """A user pool group: who the user is. Functions without async work as well."""
        return {"admin": user.subject}

    @app.get("/editor")
    async def editor(
        user: Annotated[Identity, Depends(auth.require(roles="editor"))],
    ) -> dict[str, str]:
        """A role in `custom:role`. Make sure that users cannot write this attribute."""
        return {"editor": user.subject}

    @app.get("/refunds")
    async def refunds(
        user: Annotated[Identity, Depends(auth.require(mfa=True))],
    ) -> dict[str, list[str]]:
        """Several factors: how the user signed in."""
        return {"refunds": []}

    @app.get("/payouts")
    async def payouts(
        user: Annotated[Identity, Depends(auth.require(acr="urn:cognito:loa:3", max_age=300))],
    ) -> dict[str, list[str]]:
        """A sign-in of this level or a higher one, in the last five minutes."""
        return {"payouts": []}

    @app.websocket("/ws")
    async def echo(
        websocket: WebSocket,
        user: Annotated[Identity, Depends(auth.require(groups="admins"))],
    ) -> None:
        """A WebSocket for admins. Others are refused before it is accepted."""
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(f"{user.username}: {text}")

    return app
