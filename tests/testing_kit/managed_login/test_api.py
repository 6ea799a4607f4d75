"""What the user pool API refuses, and how. What it does is called with boto3, in clients/."""

from __future__ import annotations

from typing import Any

import pytest

from .app import App

ADA = {"USERNAME": "ada", "PASSWORD": "Analytical-1"}


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("NotAuthorizedException", "InitiateAuth", {"PASSWORD": "analytical-1"}),
    ("NotAuthorizedException", "InitiateAuth", {"PASSWORD": "Local-Pass-1"}),
    ("NotAuthorizedException", "InitiateAuth", {"USERNAME": "nobody"}),
    ("NotAuthorizedException", "InitiateAuth", {"ClientId": "shop"}),
    ("NotAuthorizedException", "InitiateAuth", {"ClientId": "shop", "SECRET_HASH": "wrong"}),
    ("NotAuthorizedException", "InitiateAuth", {"ClientId": "shop", "SECRET_HASH": 1}),
    ("InvalidParameterException", "InitiateAuth", {"PASSWORD": ""}),
    ("InvalidParameterException", "InitiateAuth", {"USERNAME": None}),
    ("InvalidParameterException", "InitiateAuth", {"USERNAME": ["ada"]}),
    ("InvalidParameterException", "InitiateAuth", {"USERNAME": "\ud800"}),
    ("InvalidParameterException", "InitiateAuth", {"AuthParameters": "none"}),
    ("InvalidParameterException", "InitiateAuth", {"AuthFlow": "USER_SRP_AUTH"}),
    ("InvalidParameterException", "InitiateAuth", {"AuthFlow": None}),
    ("ResourceNotFoundException", "InitiateAuth", {"ClientId": "unknown"}),
    ("ResourceNotFoundException", "InitiateAuth", {"ClientId": "machine"}),
    ("InvalidParameterException", "InitiateAuth", {"ClientId": None}),
    (
        "NotAuthorizedException",
        "InitiateAuth",
        {"AuthFlow": "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN": "made-up"},
    ),
    (
        "NotAuthorizedException",
        "InitiateAuth",
        {"AuthFlow": "REFRESH_TOKEN", "ClientId": "shop", "REFRESH_TOKEN": "made-up"},
    ),
    ("NotAuthorizedException", "GetTokensFromRefreshToken", {"RefreshToken": "made-up"}),
    (
        "NotAuthorizedException",
        "GetTokensFromRefreshToken",
        {"RefreshToken": "made-up", "ClientSecret": "public"},
    ),
    (
        "InvalidParameterException",
        "GetTokensFromRefreshToken",
        {"RefreshToken": "made-up", "ClientId": "shop", "ClientSecret": "\ud800"},
    ),
    (
        "InvalidParameterException",
        "GetTokensFromRefreshToken",
        {"RefreshToken": "made-up", "ClientMetadata": {"\udfff": "x"}},
    ),
    (
        "NotAuthorizedException",
        "GetTokensFromRefreshToken",
        {"RefreshToken": "made-up", "ClientId": "shop", "ClientSecret": 1},
    ),
    ("NotAuthorizedException", "GetUser", {"AccessToken": "made-up"}),
    ("InvalidParameterException", "GetUser", {}),
    ("NotAuthorizedException", "GlobalSignOut", {"AccessToken": "made-up"}),
    ("UnsupportedTokenTypeException", "RevokeToken", {"Token": "a.b.c"}),
    ("InvalidParameterException", "RevokeToken", {}),
    ("UnknownOperationException", "ForgotPassword", {}),
]
_PARAMETERS = ("USERNAME", "PASSWORD", "SECRET_HASH", "REFRESH_TOKEN")


@pytest.mark.parametrize(("name", "operation", "changes"), REFUSED)
def test_refused(app: App, name: str, operation: str, changes: dict[str, Any]) -> None:
    """As Cognito says it, with status 400."""
    parameters = {**ADA, **{k: v for k, v in changes.items() if k in _PARAMETERS}}
    asked: dict[str, Any] = {"ClientId": "web"}
    if operation == "InitiateAuth":
        asked |= {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
    asked |= {k: v for k, v in changes.items() if k not in _PARAMETERS}
    answer = app.api(operation, **asked)
    assert (answer.status_code, answer.json()["__type"]) == (400, name)
    assert answer.json()["message"]
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert answer.headers["x-amzn-ErrorType"] == f"{name}:"


def test_scope(app: App) -> None:
    """A token of managed login without the scope is not for the API."""
    token = app.tokens(scope="openid")["access_token"]
    for operation in ("GetUser", "GlobalSignOut"):
        answer = app.api(operation, AccessToken=token)
        assert answer.json()["__type"] == "NotAuthorizedException"
    assert app.user_info(token).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"1" * 5000, b"[" * 30_000])
def test_bodies(app: App, body: bytes) -> None:
    """A JSON object, or nothing is read of it."""
    headers = {"X-Amz-Target": "AWSCognitoIdentityProviderService.GetUser"}
    answer = app.post(f"{app.server.origin}/", content=body, headers=headers)
    assert (answer.status_code, answer.json()["__type"]) == (400, "SerializationException")


@pytest.mark.parametrize("target", ["GetUser", "AWSCognitoIdentityService.GetUser", ""])
def test_targets(app: App, target: str) -> None:
    """The operation of this service, with its whole name."""
    answer = app.post(f"{app.server.origin}/", json={}, headers={"X-Amz-Target": target})
    assert answer.json()["__type"] == "UnknownOperationException"
