"""A middleware for the event handlers of Powertools for AWS Lambda, which must be installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver

from cognito_guard import (
    AuthError,
    Guard,
    KeysUnavailable,
    PolicyLike,
    build_policy,
    enforce,
)

from .guarded import checked_guard
from .outcome import Outcome
from .request import Request

__all__ = ["IDENTITY", "Middleware", "requires"]

Names: TypeAlias = str | Iterable[str]
Middleware: TypeAlias = Callable[[ApiGatewayResolver, Callable[..., Any]], Any]

IDENTITY = "identity"
"""Where who is calling is in ``app.context``."""


def requires(
    guard: Guard,
    *,
    groups: Names | None = None,
    scopes: Names | None = None,
    roles: Names | None = None,
    acr: str | None = None,
    mfa: bool = False,
    max_age: int | None = None,
    policy: PolicyLike | None = None,
) -> Middleware:
    """A middleware that lets only callers who meet all requirements reach a route. Without a
    requirement, every authenticated caller may.

    Use ``@app.get("/admin", middlewares=[requires(guard, groups="admins")])`` for one route, and
    ``app.use([requires(guard)])`` for all routes. The caller is in ``app.context["identity"]``, an
    :class:`~cognito_guard.Identity`.

    For ``APIGatewayRestResolver``, ``APIGatewayHttpResolver``, ``LambdaFunctionUrlResolver`` and
    ``ALBResolver``. Raises :class:`~cognito_guard.ConfigurationError` as
    :func:`~cognito_guard_lambda.guarded` does.
    """
    checked_guard(guard)
    needed = build_policy(
        groups=groups,
        scopes=scopes,
        roles=roles,
        acr=acr,
        mfa=mfa,
        max_age=max_age,
        policy=policy,
    )

    def refuse(error: AuthError | KeysUnavailable) -> Response[str]:
        challenge = guard.challenge(error)
        return Response(
            status_code=challenge.status,
            content_type="application/problem+json",
            body=challenge.body.decode("utf-8"),
            headers=dict(challenge.headers),
        )

    def cognito_guard_requires(app: ApiGatewayResolver, next_middleware: Callable[..., Any]) -> Any:
        request = Outcome(Request, app.current_event.raw_event).get()
        if request.is_preflight:
            return Response(status_code=204)
        try:
            identity = guard.authenticate(request.headers())
            enforce(needed, identity)
        except (AuthError, KeysUnavailable) as error:
            return refuse(error)
        app.append_context(**{IDENTITY: identity})  # type: ignore[no-untyped-call]
        try:
            return next_middleware(app)
        except (AuthError, KeysUnavailable) as error:
            return refuse(error)

    return cognito_guard_requires
