"""What looks as if it guarded a FastAPI route and does not: an error when the route is declared."""

# No `from __future__ import annotations`: FastAPI could not resolve what is local to a function.

from typing import Annotated, Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

from cognito_guard import ConfigurationError, Guard, Identity
from cognito_guard_asgi.fastapi import CognitoAuth


@pytest.mark.parametrize("kind", ["required", "optional", "with a group"])
@pytest.mark.parametrize("annotated", [Identity, str, Any, str | None])
def test_beside_a_type_without_depends(kind: str, annotated: Any, guard: Guard) -> None:
    """``Annotated[str, auth]``, `Depends` forgotten, would be a parameter of the query: it fails
    when the route is declared."""
    auth = CognitoAuth(guard)
    beside: Any = {
        "required": auth,
        "optional": auth.optional,
        "with a group": auth.require(groups="admins"),
    }[kind]
    with pytest.raises(ConfigurationError, match="guards nothing"):

        @FastAPI().get("/")
        def secret(user: Annotated[annotated, beside]) -> int:
            return 1


def test_as_a_field_of_a_model(guard: Guard) -> None:
    """A model may keep a `CognitoAuth`."""

    class Settings(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        auth: CognitoAuth

    auth = CognitoAuth(guard)
    assert Settings(auth=auth).auth is auth
