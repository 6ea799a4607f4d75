"""A FastAPI app with a JSON endpoint."""

# No `from __future__ import annotations`: FastAPI reads the annotations of a view that is made
# within `if`, where text could not be resolved.

from typing import Annotated, Any

from fastapi import Depends, FastAPI

from . import CLIENT_ID, FORM, JWKS_URL, REGION, USER_POOL_ID

app = FastAPI()

if FORM == "fastapi-cognito":
    from fastapi_cognito import CognitoAuth as PeerAuth
    from fastapi_cognito import CognitoSettings

    one = {"region": REGION, "userpool_id": USER_POOL_ID, "app_client_id": CLIENT_ID}
    peer = PeerAuth(
        settings=CognitoSettings(
            check_expiration=True,
            jwt_header_name="Authorization",
            jwt_header_prefix="Bearer",
            userpools={"pool": {**one, "jwks_url": JWKS_URL}},
        )
    )
    dependency: Any = peer.auth_required
elif FORM == "cognito_guard, dependency":
    from cognito_guard import Guard
    from cognito_guard_asgi.fastapi import CognitoAuth

    dependency = CognitoAuth(Guard.from_env())
else:
    dependency = None

if dependency is None:

    @app.get("/")
    async def hello() -> dict[str, str]:
        """Answer."""
        return {"hello": "world"}
else:

    @app.get("/")
    async def guarded(user: Annotated[Any, Depends(dependency)]) -> dict[str, str]:
        """Answer."""
        return {"hello": "world"}


if FORM == "cognito_guard, middleware":
    from cognito_guard import Guard
    from cognito_guard_asgi import CognitoMiddleware

    app.add_middleware(CognitoMiddleware, guard=Guard.from_env())
