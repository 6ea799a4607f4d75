"""What looks as if it guarded a FastAPI route and does not: an error when the route is declared."""

# No `from __future__ import annotations`: FastAPI could not resolve what is local to a function.

import asyncio
from typing import Annotated, Any
from unittest.mock import Mock, patch

import pytest
from fastapi import Depends, FastAPI, Security
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict
from pydantic.errors import PydanticUserError

from cognito_guard import (
    ConfigurationError,
    Guard,
    Identity,
    require_actor,
    require_mfa,
)
from cognito_guard.testing import LocalUserPool
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


@pytest.mark.parametrize("kind", ["required", "optional", "with a group"])
@pytest.mark.parametrize("below", [True, False])
def test_as_a_decorator(kind: str, below: bool, guard: Guard) -> None:
    """``@auth.require(groups="admins")``, as in Flask, would leave the route open: it fails there,
    on whichever side of the route's own decorator."""
    auth = CognitoAuth(guard)
    decorate: Any = {
        "required": auth,
        "optional": auth.optional,
        "with a group": auth.require(groups="admins"),
    }[kind]
    route: Any = FastAPI().get("/")

    def secret() -> int:
        return 1

    with pytest.raises(ConfigurationError, match="no decorator"):
        route(decorate(secret)) if below else decorate(route(secret))


def test_a_mock_in_its_place(guard: Guard) -> None:
    """A test of an app may put a mock in its place, which is awaited."""
    auth: Any = CognitoAuth(guard)
    with patch.object(CognitoAuth, "__call__", return_value="alice"):
        assert asyncio.run(auth()) == "alice"


def test_with_a_connection_of_a_test(guard: Guard, pool: LocalUserPool) -> None:
    """Anything with a scope will do."""
    token = pool.access_token(username="alice").encode()
    connection = Mock(scope={"type": "http", "headers": [(b"authorization", b"Bearer " + token)]})
    identity: Any = asyncio.run(CognitoAuth(guard)(connection))
    assert identity.username == "alice"


def test_as_a_field_of_a_model(guard: Guard) -> None:
    """A model may keep a `CognitoAuth`."""

    class Settings(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        auth: CognitoAuth

    auth = CognitoAuth(guard)
    assert Settings(auth=auth).auth is auth


@pytest.mark.parametrize(
    "annotated",
    [
        Annotated[Identity, Depends()],
        Annotated[Identity, Security(scopes=["orders/read"])],
        Annotated[Any, Depends(Identity)],
        Annotated[Any, Depends(require_mfa)],
        Annotated[Any, Depends(require_actor)],
    ],
)
def test_what_is_no_dependency(annotated: Any) -> None:
    """FastAPI would make the caller of the query and the body, or make a policy and ask nobody: it
    fails when the route is declared, or with an old FastAPI, when the route is asked."""
    app = FastAPI()

    def ask() -> None:
        @app.get("/")
        def secret(user: annotated) -> int:
            return 1

        TestClient(app).request(
            "GET",
            "/?claims=x&token_use=access&client_id=x",
            json={"claims": {"sub": "root"}, "groups": ["admins"], "scopes": [], "roles": []},
        )

    with pytest.raises((TypeError, PydanticUserError), match=r"CognitoAuth|not fully defined"):
        ask()
