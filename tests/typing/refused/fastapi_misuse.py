"""Mistakes with FastAPI, each on a line that must not compile."""

from typing import Annotated

from fastapi import Depends

from cognito_guard import Guard, Identity, UserPool
from cognito_guard_asgi.fastapi import CognitoAuth


def dependencies(guard: Guard, pool: UserPool) -> None:
    """The dependency's arguments."""
    CognitoAuth()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CognitoAuth(pool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CognitoAuth(guard, "Orders")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    CognitoAuth(guard, auto_error=False)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def requirements(auth: CognitoAuth) -> None:
    """The requirement's arguments."""
    auth.require("admins")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    auth.require(group="admins")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    auth.require(groups=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    auth.require(policy="admins")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def anonymous(user: Annotated[Identity | None, Depends(Guard)]) -> str:
    """Where a token is optional, there may be nobody."""
    return user.subject  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
