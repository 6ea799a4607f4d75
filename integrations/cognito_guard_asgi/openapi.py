"""What an OpenAPI document says of FastAPI routes that are guarded: refusals and schemes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, final

from pydantic import BaseModel, Field

from cognito_guard import ConfigurationError, Guard

from .refusal import CONTENT_TYPE

if TYPE_CHECKING:
    from cognito_guard.login import LoginSessions

__all__ = ["Refusal", "RefusalDetail", "SchemeName", "responses"]


class RefusalDetail(BaseModel):
    """Why a request was refused."""

    detail: str = Field(description="One sentence for a developer.")
    reason: str = Field(description="A permanent code, such as `token_expired`.")
    error: str | None = Field(description="The error code of RFC 6750, where there is one.")
    type: str | None = Field(None, description="The page about the reason, where there is one.")


class Refusal(BaseModel):
    """The body of a refusal, in the shape of FastAPI's `HTTPException`."""

    detail: RefusalDetail


@final
class SchemeName(str):
    """The name of an OpenAPI scheme, which two guards cannot share.

    FastAPI gathers the schemes in a ``dict``. Two of one name would be one, with the tokens of
    either pool as good for the routes of both.
    """

    __slots__ = ("guard", "login")

    guard: Guard
    login: LoginSessions | None

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SchemeName) and str.__eq__(self, other) is True:
            if self.guard is not other.guard or self.login is not other.login:
                raise ConfigurationError(
                    f"two CognitoAuth of different guards have the scheme_name {str(self)!r}: "
                    "give one of them another"
                )
            return True
        return str.__eq__(self, other) is True

    __hash__ = str.__hash__


class Problem(BaseModel):
    """The body of a refusal as problem details (RFC 9457)."""

    status: int
    title: str = Field(description="The name of the status.")
    detail: str = Field(description="One sentence for a developer.")
    error: str | None = Field(description="The error code of RFC 6750, where there is one.")
    reason: str = Field(description="A permanent code, such as `token_expired`.")
    type: str | None = Field(None, description="The page about the reason, where there is one.")


def responses(*, problem_details: bool = False) -> dict[int | str, dict[str, Any]]:
    """The refusals."""
    body: dict[str, Any] = {"model": Refusal}
    if problem_details:
        body = {"content": {CONTENT_TYPE: {"schema": Problem.model_json_schema()}}}
    challenge = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    retry = {"Retry-After": {"schema": {"type": "integer"}}}
    return {
        400: {**body, "description": "Malformed credential", "headers": challenge},
        401: {**body, "description": "No valid token", "headers": challenge},
        403: {**body, "description": "Not allowed", "headers": challenge},
        503: {**body, "description": "Keys unavailable", "headers": retry},
    }
