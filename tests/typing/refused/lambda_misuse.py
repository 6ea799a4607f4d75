"""Mistakes with AWS Lambda, each on a line that must not compile."""

from typing import Any

from cognito_guard import Guard, UserPool
from cognito_guard_lambda import Authorizer, authenticate, guarded, trust_authorizer


def two_arguments(event: Any, context: Any) -> None:
    """A handler that takes no caller."""


def calls(guard: Guard, pool: UserPool) -> None:
    """Arguments."""
    guarded(pool)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    guarded(guard, "admins")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    guarded(guard, group="admins")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    guarded(guard)(two_arguments)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    guarded(guard, trust_authorizer=True)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    authenticate({}, guard)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Authorizer(guard, covers="all")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Authorizer(guard, cache_seconds="60")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    trust_authorizer(guard, {}, "rest")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    trust_authorizer(guard, {})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
