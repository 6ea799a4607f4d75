"""``CognitoAuth`` for FastAPI: a dependency that is also the OpenAPI security scheme."""

# No `from __future__ import annotations`: FastAPI reads the annotations of `__call__` on instances,
# where text could not be resolved.

from collections.abc import Iterable
from typing import Any, Self, final

from fastapi import HTTPException, WebSocketException
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from cognito_guard import (
    AuthError,
    Challenge,
    ConfigurationError,
    Guard,
    Identity,
    KeysUnavailable,
    MissingCredentials,
    Policy,
    PolicyLike,
    build_policy,
    enforce,
    require_scopes,
)

from .middleware import header_values
from .refusal import POLICY_VIOLATION, can_deny

__all__ = ["CognitoAuth", "OptionalCognitoAuth", "Refusal", "RefusalDetail"]


class RefusalDetail(BaseModel):
    """Why a request was refused."""

    detail: str = Field(description="One sentence for a developer.")
    reason: str = Field(description="A permanent code, such as `token_expired`.")
    error: str | None = Field(description="The error code of RFC 6750, where there is one.")


class Refusal(BaseModel):
    """The body of a refusal, in the shape of FastAPI's `HTTPException`."""

    detail: RefusalDetail


class _Scheme(SecurityBase):
    """What the dependencies share: the guard, the requirement and the OpenAPI scheme."""

    def __init__(
        self,
        guard: Guard,
        *,
        scheme_name: str = "Cognito",
        description: str | None = None,
        policy: Policy | None = None,
    ) -> None:
        if not isinstance(guard, Guard):
            raise ConfigurationError("guard must be a cognito_guard.Guard")
        self.model = HTTPBearerModel(bearerFormat="JWT", description=description)
        self.scheme_name = scheme_name
        self.guard = guard
        self._policy = policy

    def require(
        self,
        *,
        groups: str | Iterable[str] | None = None,
        scopes: str | Iterable[str] | None = None,
        roles: str | Iterable[str] | None = None,
        # `Policy` is a `PolicyLike`. Named, it makes FastAPI refuse `Depends(auth.require)`:
        # without the call, it would take the arguments from the query and let everybody in.
        policy: Policy | PolicyLike | None = None,
    ) -> Self:
        """The same dependency, for callers who have all that is named as well.

        Raises ``ConfigurationError`` for an empty or wrong requirement.
        """
        more = build_policy(groups=groups, scopes=scopes, roles=roles, policy=policy)
        return type(self)(
            self.guard,
            scheme_name=self.scheme_name,
            description=self.model.description,
            policy=more if self._policy is None else self._policy & more,
        )

    async def _identify(self, connection: HTTPConnection, scopes: list[str]) -> Identity:
        identity = await self.guard.aauthenticate(header_values(connection.scope))
        if scopes:
            enforce(require_scopes(*scopes), identity)
        if self._policy is not None:
            enforce(self._policy, identity)
        return identity

    def _refuse(self, connection: HTTPConnection, error: AuthError | KeysUnavailable) -> Exception:
        answer = self.guard.challenge(error)
        if connection.scope["type"] == "websocket" and not can_deny(connection.scope):
            return WebSocketException(POLICY_VIOLATION, str(error.reason))
        return HTTPException(answer.status, _detail(answer), dict(answer.headers))


@final
class CognitoAuth(_Scheme):
    """Who is calling: ``user: Annotated[Identity, Depends(CognitoAuth(guard))]``.

    Works for HTTP and WebSocket routes, with or without
    :class:`~cognito_guard_asgi.CognitoMiddleware`, and honours ``Security(auth, scopes=[...])``. A
    refusal is an ``HTTPException`` with the challenge's status and headers, whose ``detail`` has
    ``detail``, ``reason`` and ``error``; the ``AuthError`` is its cause. ``scheme_name`` and
    ``description`` appear in the OpenAPI document, and with FastAPI 0.123 or later the scopes do.

    Raises ``ConfigurationError`` if ``guard`` is none.
    """

    async def __call__(self, connection: HTTPConnection, scopes: SecurityScopes) -> Identity:
        """The caller. Raises ``HTTPException``, or ``WebSocketException`` where a server cannot
        answer a WebSocket with an HTTP response."""
        try:
            return await self._identify(connection, scopes.scopes)
        except (AuthError, KeysUnavailable) as error:
            raise self._refuse(connection, error) from error

    @property
    def optional(self) -> "OptionalCognitoAuth":
        """The dependency for routes that anybody may call: ``None`` for a request without a
        credential. A credential that is there and bad is refused all the same."""
        return OptionalCognitoAuth(
            self.guard,
            scheme_name=self.scheme_name,
            description=self.model.description,
            policy=self._policy,
        )

    @property
    def responses(self) -> dict[int | str, dict[str, Any]]:
        """The refusals for the OpenAPI document: ``FastAPI(responses=auth.responses)``."""
        challenge = {"WWW-Authenticate": {"schema": {"type": "string"}}}
        retry = {"Retry-After": {"schema": {"type": "integer"}}}
        return {
            400: {"model": Refusal, "description": "Malformed credential", "headers": challenge},
            401: {"model": Refusal, "description": "No valid token", "headers": challenge},
            403: {"model": Refusal, "description": "Not allowed", "headers": challenge},
            503: {"model": Refusal, "description": "Keys unavailable", "headers": retry},
        }


@final
class OptionalCognitoAuth(_Scheme):
    """See :attr:`CognitoAuth.optional`."""

    async def __call__(self, connection: HTTPConnection, scopes: SecurityScopes) -> Identity | None:
        """The caller, or ``None`` for a request without a credential. Raises as `CognitoAuth`."""
        try:
            return await self._identify(connection, scopes.scopes)
        except MissingCredentials:
            return None
        except (AuthError, KeysUnavailable) as error:
            raise self._refuse(connection, error) from error


def _detail(answer: Challenge) -> dict[str, Any]:
    return {name: answer.problem[name] for name in ("detail", "reason", "error")}
