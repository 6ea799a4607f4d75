"""What an application writes with FastAPI, and the types that it gets."""

# pyright: strict

from typing import Annotated, assert_type

from fastapi import Depends, FastAPI, Security, WebSocket
from fastapi.requests import HTTPConnection
from fastapi.security import SecurityScopes

from cognito_guard import Guard, Identity, require_groups, require_roles
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth, OptionalCognitoAuth

guard = Guard.from_env()
auth = CognitoAuth(guard)
described = CognitoAuth(guard, scheme_name="Orders", description="A token of the user pool.")
app = FastAPI(responses=auth.responses)
app.add_middleware(CognitoMiddleware, guard=guard, required=False)

User = Annotated[Identity, Depends(auth)]


@app.get("/me")
async def me(user: User) -> dict[str, str | None]:
    """Any caller."""
    return {"sub": user.subject, "name": user.username}


@app.get("/orders")
async def orders(user: Annotated[Identity, Security(auth, scopes=["orders/read"])]) -> list[str]:
    """A scope, in FastAPI's own words."""
    return [user.subject]


@app.get("/admin")
def admin(user: Annotated[Identity, Depends(auth.require(groups="admins"))]) -> str:
    """A group."""
    return user.subject


@app.get("/report", dependencies=[Depends(auth.require(roles=["editor"], scopes="report/read"))])
async def report() -> str:
    """A requirement, and no interest in who it is."""
    return "report"


@app.get("/either")
async def either(
    user: Annotated[
        Identity, Depends(auth.require(policy=require_groups("a") | require_roles("b")))
    ],
) -> str:
    """A policy."""
    return user.subject


@app.get("/news")
async def news(user: Annotated[Identity | None, Depends(auth.optional)]) -> str:
    """Anybody; who sends a token is known."""
    return "welcome" if user is None else user.display_name


@app.websocket("/live")
async def live(
    websocket: WebSocket, user: Annotated[Identity, Depends(auth.require(groups="admins"))]
) -> None:
    """A WebSocket."""
    await websocket.accept(user.subject)


async def types(connection: HTTPConnection, scopes: SecurityScopes) -> None:
    """What the dependencies are, and what they give."""
    assert_type(auth.require(groups="admins").require(scopes=("a", "b")), CognitoAuth)
    assert_type(auth.require(acr="urn:cognito:loa:2", mfa=True, max_age=60), CognitoAuth)
    assert_type(auth.optional, OptionalCognitoAuth)
    assert_type(auth.require(groups="admins").optional, OptionalCognitoAuth)
    assert_type(await auth(connection, scopes), Identity)
    assert_type(await auth.optional(connection, scopes), Identity | None)
