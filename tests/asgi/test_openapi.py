"""The OpenAPI document says which routes need a token, which scopes, and how they refuse."""

from __future__ import annotations

from typing import Any

import fastapi
import pytest
from openapi_spec_validator import validate

from cognito_guard import Guard
from cognito_guard_asgi.fastapi import CognitoAuth, Refusal
from example_apps.fastapi_app.app import create_app

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
    for path in ("/plain", "/group", "/optional"):
        assert document["paths"][path]["get"]["security"] == [{"Shop": []}]
