"""The OpenAPI document says which routes need a token, which scopes, and how they refuse."""

from __future__ import annotations

from typing import Any

import fastapi
import pytest
from openapi_spec_validator import validate
from pydantic import BaseModel, ValidationError

from cognito_guard import ConfigurationError, Guard, Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_asgi.fastapi import CognitoAuth, Refusal
from example_apps.fastapi_app.app import create_app

from ..raw import bearer
from .conftest import Run
from .drive import http

# FastAPI 0.123 was the first to name scopes with a scheme that is not OAuth 2.0.
SCOPES_ARE_NAMED = tuple(map(int, fastapi.__version__.split(".")[:2])) >= (0, 123)


@pytest.fixture
def document(guard: Guard) -> dict[str, Any]:
    """The document of the example app."""
    found: dict[str, Any] = create_app(guard).openapi()
    return found


def test_valid(document: dict[str, Any]) -> None:
    """The document is a valid one."""
    validate(document)


def test_scheme(document: dict[str, Any]) -> None:
    """There is one scheme, the bearer token, however many requirements the app has."""
    assert document["components"]["securitySchemes"] == {
        "Cognito": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }


@pytest.mark.parametrize(
    ("path", "security"),
    [
        ("/", None),
        ("/me", [{"Cognito": []}]),
        ("/orders", [{"Cognito": ["orders/read"] if SCOPES_ARE_NAMED else []}]),
        ("/admin", [{"Cognito": []}]),
        ("/editor", [{"Cognito": []}]),
        ("/refunds", [{"Cognito": []}]),
        ("/payouts", [{"Cognito": []}]),
    ],
)
def test_security(path: str, security: Any, document: dict[str, Any]) -> None:
    """Each operation names the scheme and the scopes it needs; an open one names none."""
    assert document["paths"][path]["get"].get("security") == security


@pytest.mark.parametrize(
    ("status", "header"),
    [
        ("400", "WWW-Authenticate"),
        ("401", "WWW-Authenticate"),
        ("403", "WWW-Authenticate"),
        ("503", "Retry-After"),
    ],
)
def test_refusals(status: str, header: str, document: dict[str, Any]) -> None:
    """Every refusal is there with its header and its shape."""
    answer = document["paths"]["/orders"]["get"]["responses"][status]
    assert set(answer["headers"]) == {header}
    schema = answer["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Refusal"}
    assert set(document["components"]["schemas"]["RefusalDetail"]["properties"]) == {
        "detail",
        "reason",
        "error",
        "type",
    }


@pytest.mark.parametrize("lines", [[], [b"Authorization: Bearer"], [b"Authorization: Bearer x"]])
def test_refusals_are_as_documented(lines: list[bytes], guard: Guard, run: Run) -> None:
    """The body of a refusal has the documented shape and nothing else."""
    body = run(lambda: http(create_app(guard), "/me", lines)).body
    assert Refusal.model_validate_json(body, extra="forbid")


def test_own_name_and_description(guard: Guard) -> None:
    """The scheme's name and description can be chosen; what is made from it keeps both."""
    auth = CognitoAuth(guard, scheme_name="Shop", description="A token of the shop's pool.")
    app = fastapi.FastAPI()
    for path, dependency in (
        ("/plain", auth),
        ("/group", auth.require(groups="x")),
        ("/optional", auth.optional),
    ):
        app.get(path, dependencies=[fastapi.Depends(dependency)])(lambda: None)
    document = app.openapi()
    assert document["components"]["securitySchemes"] == {
        "Shop": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A token of the shop's pool.",
        }
    }
    for path in ("/plain", "/group"):
        assert document["paths"][path]["get"]["security"] == [{"Shop": []}]
    assert document["paths"]["/optional"]["get"]["security"] == [{}, {"Shop": []}]


def test_optional(guard: Guard, pool: LocalUserPool, run: Run) -> None:
    """What ``auth.optional`` makes says that no token will do, and that a token is looked at."""
    auth = CognitoAuth(guard)
    app = fastapi.FastAPI()
    for path, dependency in (
        ("/optional", auth.optional),
        ("/group", auth.optional.require(groups="x")),
        ("/of-group", auth.require(groups="x").optional),
    ):

        @app.get(path)
        def view(user: Any = fastapi.Security(dependency)) -> str:  # noqa: B008
            return "nobody" if user is None else user.display_name

    document = app.openapi()
    validate(document)
    assert [*document["components"]["securitySchemes"]] == ["Cognito"]
    for path in ("/optional", "/group", "/of-group"):
        assert document["paths"][path]["get"]["security"] == [{}, {"Cognito": []}]
        assert run(lambda path=path: http(app, path)).json == "nobody"
        answer = run(lambda path=path: http(app, path, [bearer(pool.access_token("bob"))]))
        assert answer.status == (200 if path == "/optional" else 403)


def _two(
    guard: Guard, *, name: str = "Cognito", together: bool = False, **more: Any
) -> fastapi.FastAPI:
    other = Guard(LocalUserPool(user_pool_id="eu-west-1_Other").trust())
    one, two = CognitoAuth(guard, **more), CognitoAuth(other, scheme_name=name)
    app = fastapi.FastAPI()
    app.get("/1", dependencies=[fastapi.Depends(one)])(lambda: None)
    both = [fastapi.Depends(one)] if together else []
    app.get("/2", dependencies=[*both, fastapi.Depends(two.require(groups="x"))])(lambda: None)
    return app


@pytest.mark.parametrize("together", [True, False])
def test_two_guards_under_one_name(together: bool, guard: Guard) -> None:
    """Two pools cannot hide behind one scheme: the document is not made, and says why."""
    with pytest.raises(ConfigurationError, match="different guards have the scheme_name 'Cognito'"):
        _two(guard, together=together).openapi()


def test_two_guards_under_two_names(guard: Guard) -> None:
    """With a name for each, there are two schemes, and each route has its own."""
    document = _two(guard, name="Staff").openapi()
    validate(document)
    assert {*document["components"]["securitySchemes"]} == {"Cognito", "Staff"}
    assert document["paths"]["/1"]["get"]["security"] == [{"Cognito": []}]
    assert document["paths"]["/2"]["get"]["security"] == [{"Staff": []}]


def test_two_dependencies_of_one_guard(guard: Guard) -> None:
    """Dependencies of one guard are one scheme, also where they were not made from each other."""
    app = fastapi.FastAPI()
    for path in ("/1", "/2"):
        auth = CognitoAuth(guard)
        app.get(path, dependencies=[fastapi.Depends(auth)])(lambda: None)
    assert [*app.openapi()["components"]["securitySchemes"]] == ["Cognito"]


def test_a_name_is_a_text(guard: Guard) -> None:
    """A scheme's name compares as the text that it is."""
    name = CognitoAuth(guard).scheme_name
    assert (name == "Cognito", name == "cognito", name == 1) == (True, False, False)
    assert name != CognitoAuth(guard, scheme_name="Other").scheme_name


@pytest.mark.parametrize("annotation", [Identity, Identity | None, list[Identity]], ids=str)
def test_identity_is_no_response_model(annotation: Any) -> None:
    """``-> Identity`` fails when the route is declared, and leads to ``as_dict``."""
    with pytest.raises(TypeError, match=r"identity\.as_dict\(\)"):
        fastapi.FastAPI().get("/", response_model=annotation)(lambda: None)


def test_identity_is_no_body() -> None:
    """``Depends`` forgotten: nobody can send an identity. It fails when the route is declared."""
    with pytest.raises(TypeError, match="Depends"):

        @fastapi.FastAPI().post("/")
        def view(user: Identity) -> None:
            """Never called."""


def test_identity_in_a_model(guard: Guard, pool: LocalUserPool) -> None:
    """A model that takes any type of object takes an identity, and nothing else for one."""

    class Context(BaseModel, arbitrary_types_allowed=True):
        user: Identity

    identity = guard.verify(pool.access_token())
    assert Context(user=identity).user is identity
    with pytest.raises(ValidationError):
        Context(user={"sub": "x"})  # type: ignore[arg-type]
