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
    """The app, for a guard of your own or for the one that the environment describes."""
    auth = CognitoAuth(guard or Guard.from_env())
    app = FastAPI(title="Orders", responses=auth.responses)

    @app.get("/")
    async def home() -> dict[str, str]:
        """Anybody may come here: no dependency, no token."""
        return {"hello": "world"}

    @app.get("/me")
    async def me(user: Annotated[Identity, Depends(auth)]) -> dict[str, Any]:
        """Any caller with a good token."""
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
        """A user pool group: who the user is. Functions that are not async work as well."""
        return {"admin": user.subject}

    @app.get("/editor")
    async def editor(
        user: Annotated[Identity, Depends(auth.require(roles="editor"))],
    ) -> dict[str, str]:
        """A role in `custom:role`. Make sure that users cannot write that attribute."""
        return {"editor": user.subject}

    @app.websocket("/ws")
    async def echo(
        websocket: WebSocket,
        user: Annotated[Identity, Depends(auth.require(groups="admins"))],
    ) -> None:
        """A WebSocket for admins: others are refused before it is accepted."""
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(f"{user.username}: {text}")

    return app
