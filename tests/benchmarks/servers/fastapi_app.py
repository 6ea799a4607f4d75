"""FastAPI apps with a JSON endpoint: one for the middleware, one for the dependency."""

# No `from __future__ import annotations`: FastAPI reads the annotations of a view that is made
# within `if`, where text could not be resolved.

from typing import Annotated

from fastapi import Depends, FastAPI

from cognito_guard import Guard, Identity
from cognito_guard_asgi import CognitoMiddleware
from cognito_guard_asgi.fastapi import CognitoAuth

from . import GUARDED

with_middleware = FastAPI()
with_dependency = FastAPI()


@with_middleware.get("/")
async def hello() -> dict[str, str]:
    """Answer."""
    return {"hello": "world"}


if GUARDED:
    with_middleware.add_middleware(CognitoMiddleware, guard=Guard.from_env())
    auth = CognitoAuth(Guard.from_env())

    @with_dependency.get("/")
    async def guarded(user: Annotated[Identity, Depends(auth)]) -> dict[str, str]:
        """Answer."""
        return {"hello": "world"}
else:
    with_dependency.get("/")(hello)
