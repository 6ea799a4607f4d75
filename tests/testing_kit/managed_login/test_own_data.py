"""What the local pool refuses of users who see and change their own data, and how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cognito_guard.testing import LocalClient, LocalUserPool

from .app import WEB, App, Clock
from .conftest import ADA

SCHEMA = "InvalidParameterException"
NOT = "NotAuthorizedException"


@pytest.fixture(autouse=True)
def ada(desk: LocalUserPool) -> Any:
    """As she was before."""
    yield
    desk.users["ada"] = ADA


def attribute(name: object, value: object = "x") -> dict[str, Any]:
    """What UpdateUserAttributes takes."""
    return {"UserAttributes": [{"Name": name, "Value": value}]}


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    (SCHEMA, "UpdateUserAttributes", {}),
    (SCHEMA, "UpdateUserAttributes", {"UserAttributes": []}),
    (SCHEMA, "UpdateUserAttributes", {"UserAttributes": ["name"]}),
    (SCHEMA, "UpdateUserAttributes", attribute("")),
    (SCHEMA, "UpdateUserAttributes", attribute("shoe_size")),
    (SCHEMA, "UpdateUserAttributes", attribute("sub")),
    (SCHEMA, "UpdateUserAttributes", attribute("custom:" + 21 * "x")),
    (SCHEMA, "UpdateUserAttributes", attribute("name", 7)),
    (SCHEMA, "UpdateUserAttributes", attribute("name", 2049 * "x")),
    (SCHEMA, "UpdateUserAttributes", attribute("name", "half a character: \ud800")),
    (SCHEMA, "UpdateUserAttributes", attribute("email", "ada")),
    (SCHEMA, "UpdateUserAttributes", attribute("phone_number", "0123")),
    (NOT, "UpdateUserAttributes", attribute("email_verified", "true")),
    (NOT, "UpdateUserAttributes", attribute("nickname")),
    (SCHEMA, "DeleteUserAttributes", {}),
    (SCHEMA, "DeleteUserAttributes", {"UserAttributeNames": [7]}),
    (SCHEMA, "DeleteUserAttributes", {"UserAttributeNames": []}),
    (SCHEMA, "DeleteUserAttributes", {"UserAttributeNames": ["email"]}),
    (NOT, "DeleteUserAttributes", {"UserAttributeNames": ["nickname"]}),
    (SCHEMA, "GetUserAttributeVerificationCode", {"AttributeName": "name"}),
    (SCHEMA, "GetUserAttributeVerificationCode", {}),
    ("ExpiredCodeException", "VerifyUserAttribute", {"AttributeName": "email", "Code": "123456"}),
    (SCHEMA, "VerifyUserAttribute", {"AttributeName": "email", "Code": ""}),
    (SCHEMA, "ChangePassword", {"PreviousPassword": "Analytical-1"}),
    (NOT, "ChangePassword", {"PreviousPassword": "wrong", "ProposedPassword": "Difference-1"}),
    *(
        (
            "InvalidPasswordException",
            "ChangePassword",
            {"PreviousPassword": "Analytical-1", "ProposedPassword": weak},
        )
        for weak in ("Short-1", "DIFFERENCE-1", "difference-1", "Difference-x", "Difference1")
    ),
    (SCHEMA, "ListDevices", {"Limit": 61}),
    (SCHEMA, "ListDevices", {"Limit": True}),
    ("ResourceNotFoundException", "RevokeUserSession", {"SessionId": "tkn" + 25 * "0"}),
    (SCHEMA, "RevokeUserSession", {}),
    (SCHEMA, "RevokeUserSession", {"SessionId": "x", "RevokeAssociatedSessions": "ALL"}),
]


@pytest.mark.parametrize(("name", "operation", "asked"), REFUSED)
def test_refused(
    app: App, desk: LocalUserPool, name: str, operation: str, asked: dict[str, Any]
) -> None:
    """As Cognito says it, and nothing is changed."""
    listed = ["name", "email", "phone_number", "shoe_size", "sub", "email_verified"]
    client = replace(WEB, write_attributes=[*listed, "custom:theme", "custom:" + 21 * "x"])
    app.server.register(client)
    token = app.server.access_token("ada", client_id="web")
    answer = app.api(operation, AccessToken=token, **asked)
    assert (answer.status_code, answer.json()["__type"]) == (400, name)
    assert desk.users["ada"] == ADA


@pytest.mark.parametrize("operation", sorted({one for _, one, _ in REFUSED}))
def test_scope(app: App, operation: str) -> None:
    """None is for a token without it, or for none at all."""
    token = app.server.access_token("ada", client_id="web", scopes=["openid"])
    asked = {"UserAttributes": [], "UserAttributeNames": [], "AttributeName": "email"}
    for bad in (token, "made-up"):
        answer = app.api(operation, AccessToken=bad, **asked)
        assert answer.json()["__type"] == NOT


def test_codes(app: App, clock: Clock) -> None:
    """One at a time, for a day, and not for ever guessed at."""
    server = app.server
    token = server.access_token("ada", client_id="web", expires_in=10**6)
    with pytest.raises(LookupError):
        server.verification_code("ada")
    asked = {"AccessToken": token, "AttributeName": "phone_number"}
    sent = app.api("GetUserAttributeVerificationCode", **asked).json()["CodeDeliveryDetails"]
    assert sent == {
        "AttributeName": "phone_number",
        "DeliveryMedium": "SMS",
        "Destination": "+*******1234",
    }
    code = server.verification_code("ada", "phone_number")
    wrong = "111111" if code == "000000" else "000000"
    names = [
        app.api("VerifyUserAttribute", Code=one, **asked).json().get("__type")
        for one in (*(wrong,) * 5, code)
    ]
    assert names == [*("CodeMismatchException",) * 5, "LimitExceededException"]
    app.api("GetUserAttributeVerificationCode", **asked)
    clock.now += 24 * 3600
    code = server.verification_code("ada", "phone_number")
    answer = app.api("VerifyUserAttribute", Code=code, **asked)
    assert answer.json()["__type"] == "ExpiredCodeException"


def test_disabled(app: App, desk: LocalUserPool) -> None:
    """Neither signs in, nor refreshes, nor asks."""
    parameters = {"USERNAME": "ada", "PASSWORD": ADA.password}
    asked: dict[str, Any] = {
        "ClientId": "web",
        "AuthFlow": "USER_PASSWORD_AUTH",
        "AuthParameters": parameters,
    }
    result = app.api("InitiateAuth", **asked).json()["AuthenticationResult"]
    by_browser = app.tokens("ada")
    desk.users["ada"] = replace(ADA, enabled=False)
    answers = [
        app.api("InitiateAuth", **asked),
        app.api("GetUser", AccessToken=result["AccessToken"]),
        app.api("GetTokensFromRefreshToken", ClientId="web", RefreshToken=result["RefreshToken"]),
    ]
    assert [one.json()["__type"] for one in answers] == [NOT] * 3
    assert app.refresh(by_browser["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.user_info(by_browser["access_token"]).status_code == 401
    assert app.sign_in_as("ada").status_code == 403


def test_client_attributes() -> None:
    """Are a list."""
    with pytest.raises(ValueError, match="lists"):
        LocalClient("web", write_attributes="name")


def test_deleted(app: App, desk: LocalUserPool) -> None:
    """All of the sign-ins end with the user."""
    tokens = app.tokens("ada")
    assert app.api("DeleteUser", AccessToken=tokens["access_token"]).json() == {}
    assert "ada" not in desk.users
    answer = app.api("GetUser", AccessToken=tokens["access_token"])
    assert answer.json()["__type"] == "UserNotFoundException"
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
