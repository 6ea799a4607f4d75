"""Users who sign up, with and without triggers."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest

from cognito_guard.testing import LocalClient, LocalTriggers, LocalUser, LocalUserPool

from .app import SHOP, App, answer_of

NEW = {"ClientId": "web", "Username": "eve", "Password": "Evening-1"}
EMAIL = {"Name": "email", "Value": "eve@example.com"}


@pytest.fixture(autouse=True)
def as_before(desk: LocalUserPool) -> Iterator[None]:
    """Nobody stays, and no trigger."""
    users, triggers = dict(desk.users), desk.triggers
    yield
    desk.users, desk.triggers = users, triggers


class Heard:
    """A trigger that hears, and answers what it is told to."""

    def __init__(self, **response: Any) -> None:
        self.events: list[dict[str, Any]] = []
        self.response = response

    def __call__(self, event: dict[str, Any], context: object) -> dict[str, Any]:
        self.events.append(event)
        return {**event, "response": {**event["response"], **self.response}}


def fails(event: object, context: object) -> dict[str, Any]:
    """A trigger that refuses."""
    raise ValueError("Not today")


def sign_up(app: App, *attributes: dict[str, Any], **changes: Any) -> Any:
    """What SignUp answers."""
    return app.api("SignUp", **NEW, UserAttributes=[EMAIL, *attributes], **changes)


def initiate(app: App) -> Any:
    """What a sign-in answers."""
    parameters = {"USERNAME": "eve", "PASSWORD": "Evening-1"}
    asked = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
    return app.api("InitiateAuth", ClientId="web", **asked).json()


def test_from_sign_up_to_sign_in(app: App, desk: LocalUserPool) -> None:
    """Nobody signs in before the code that was sent by e-mail has come back."""
    answer = sign_up(app, {"Name": "custom:theme", "Value": "dark"}).json()
    assert answer == {
        "UserConfirmed": False,
        "UserSub": desk.subject("eve"),
        "CodeDeliveryDetails": {
            "AttributeName": "email",
            "DeliveryMedium": "EMAIL",
            "Destination": "e***@e***",
        },
    }
    assert initiate(app)["__type"] == "UserNotConfirmedException"
    page = app.get(f"{app.server.domain}/login?{app.query()}")
    refused = app.choose(page, "eve")
    assert (refused.status_code, refused.text) == (403, "User is not confirmed.")

    confirmation = {"ClientId": "web", "Username": "eve"}
    wrong = app.api("ConfirmSignUp", **confirmation, ConfirmationCode="wrong!").json()
    assert wrong["__type"] == "CodeMismatchException"
    code = app.server.verification_code("eve")
    assert app.api("ConfirmSignUp", **confirmation, ConfirmationCode=code).json() == {}
    claims = app.claims(initiate(app)["AuthenticationResult"]["IdToken"])
    assert (claims["email"], claims["email_verified"]) == ("eve@example.com", True)
    assert claims["custom:theme"] == "dark"
    assert "code" in answer_of(app.choose(page, "eve"))

    again = app.api("ConfirmSignUp", **confirmation, ConfirmationCode=code).json()
    assert again["__type"] == "NotAuthorizedException"
    assert sign_up(app).json()["__type"] == "UsernameExistsException"


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("InvalidParameterException", {"UserAttributes": []}),
    ("InvalidParameterException", {"UserAttributes": None}),
    ("InvalidParameterException", {"UserAttributes": [{"Name": "email", "Value": "eve"}]}),
    ("InvalidParameterException", {"UserAttributes": [EMAIL, {"Name": "shoe_size"}]}),
    ("NotAuthorizedException", {"UserAttributes": [EMAIL, {"Name": "email_verified"}]}),
    ("InvalidPasswordException", {"Password": "evening-1"}),
    ("InvalidParameterException", {"Password": ""}),
    ("InvalidParameterException", {"Username": None}),
    ("ResourceNotFoundException", {"ClientId": "machine"}),
    ("NotAuthorizedException", {"ClientId": "shop"}),
    ("NotAuthorizedException", {"ClientId": "shop", "SecretHash": "wrong"}),
    ("UsernameExistsException", {"Username": "alice"}),
    ("InvalidParameterException", {"ClientMetadata": "x"}),
    ("InvalidParameterException", {"ClientMetadata": {"x": 1}}),
    ("InvalidParameterException", {"ValidationData": "x"}),
    ("InvalidParameterException", {"ValidationData": ["x"]}),
    ("InvalidParameterException", {"ValidationData": [{"Name": "x", "Value": 7}]}),
]


@pytest.mark.parametrize(("name", "changes"), REFUSED)
def test_refused(app: App, desk: LocalUserPool, name: str, changes: dict[str, Any]) -> None:
    """As Cognito says it, and nobody is new."""
    before = dict(desk.users)
    answer = app.api("SignUp", **{**NEW, "UserAttributes": [EMAIL], **changes})
    assert (answer.status_code, answer.json()["__type"]) == (400, name)
    assert desk.users == before


@pytest.mark.parametrize("username", ["eve", "alice"])
def test_confirmations_that_nobody_waits_for(app: App, username: str) -> None:
    """A user who is unknown is not said to be."""
    asked = {"ClientId": "web", "Username": username, "ConfirmationCode": "123456"}
    name = {"eve": "ExpiredCodeException", "alice": "NotAuthorizedException"}[username]
    assert app.api("ConfirmSignUp", **asked).json()["__type"] == name


def test_what_a_client_may_not_write(app: App) -> None:
    """Its list is for new users, too."""
    app.server.register(LocalClient("narrow", write_attributes=["email"]))
    role = {"Name": "custom:role", "Value": "admin"}
    asked = {**NEW, "ClientId": "narrow", "UserAttributes": [EMAIL, role]}
    assert app.api("SignUp", **asked).json()["__type"] == "NotAuthorizedException"


def test_a_confidential_client(app: App) -> None:
    """It shows its secret, as at the sign-in."""
    assert SHOP.secret is not None
    digest = hmac.digest(SHOP.secret.encode(), b"eveshop", "sha256")
    asked = {**NEW, "ClientId": "shop", "SecretHash": b64encode(digest).decode()}
    assert app.api("SignUp", **asked, UserAttributes=[EMAIL]).status_code == 200


def test_a_user_who_comes_back(app: App, desk: LocalUserPool) -> None:
    """Under the name of one who was deleted; the old tokens stay revoked."""
    desk.triggers = LocalTriggers(pre_sign_up=Heard(autoConfirmUser=True))
    sign_up(app)
    old = initiate(app)["AuthenticationResult"]["AccessToken"]
    app.api("DeleteUser", AccessToken=old)
    assert sign_up(app).status_code == 200
    new = initiate(app)["AuthenticationResult"]["AccessToken"]
    assert app.api("GetUser", AccessToken=new).status_code == 200
    assert app.api("GetUser", AccessToken=old).json()["message"] == "Access Token has been revoked"


def test_what_triggers_are_told(app: App, desk: LocalUserPool) -> None:
    """As the guide's events have it."""
    before, after = Heard(), Heard()
    desk.triggers = LocalTriggers(pre_sign_up=before, post_confirmation=after)
    validation = [{"Name": "invitation", "Value": "42"}]
    sign_up(app, ValidationData=validation, ClientMetadata={"from": "ad"})
    common = {
        "version": "1",
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_LocalPool",
        "userName": "eve",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "web"},
    }
    assert before.events == [
        {
            **common,
            "triggerSource": "PreSignUp_SignUp",
            "request": {
                "userAttributes": {"email": "eve@example.com"},
                "validationData": {"invitation": "42"},
                "clientMetadata": {"from": "ad"},
            },
            "response": {
                "autoConfirmUser": False,
                "autoVerifyEmail": False,
                "autoVerifyPhone": False,
            },
        }
    ]
    assert after.events == []
    code = app.server.verification_code("eve")
    app.api("ConfirmSignUp", ClientId="web", Username="eve", ConfirmationCode=code)
    assert after.events == [
        {
            **common,
            "triggerSource": "PostConfirmation_ConfirmSignUp",
            "request": {
                "userAttributes": {
                    "sub": desk.subject("eve"),
                    "cognito:user_status": "CONFIRMED",
                    "email": "eve@example.com",
                    "email_verified": "true",
                }
            },
            "response": {},
        }
    ]


def test_no_validation_data(app: App, desk: LocalUserPool) -> None:
    """It is null then, and there is no metadata."""
    before = Heard()
    desk.triggers = LocalTriggers(pre_sign_up=before)
    sign_up(app)
    assert before.events[0]["request"] == {
        "userAttributes": {"email": "eve@example.com"},
        "validationData": None,
    }


def test_confirmed_at_once(app: App, desk: LocalUserPool) -> None:
    """And what is verified needs no code; what is not stays so."""
    after = Heard()
    before = Heard(autoConfirmUser=True, autoVerifyPhone=True)
    desk.triggers = LocalTriggers(pre_sign_up=before, post_confirmation=after)
    phone = {"Name": "phone_number", "Value": "+441234567"}
    answer = sign_up(app, phone, ClientMetadata={"from": "ad"}).json()
    assert answer == {"UserConfirmed": True, "UserSub": desk.subject("eve")}
    assert after.events[0]["request"]["clientMetadata"] == {"from": "ad"}
    claims = app.claims(initiate(app)["AuthenticationResult"]["IdToken"])
    assert (claims["email_verified"], claims["phone_number_verified"]) == (False, True)


def test_verified_and_not_confirmed(app: App, desk: LocalUserPool) -> None:
    """The code is still asked for."""
    desk.triggers = LocalTriggers(pre_sign_up=Heard(autoVerifyEmail=True))
    assert sign_up(app).json()["UserConfirmed"] is False
    assert desk.users["eve"].claims["email_verified"] is True


@pytest.mark.parametrize(
    "response",
    [{"autoConfirmUser": "yes"}, {"autoVerifyEmail": 1}, {"autoVerifyPhone": True}],
)
def test_answers_that_do_not_fit(app: App, desk: LocalUserPool, response: dict[str, Any]) -> None:
    """No truth, or a phone that the user does not have."""
    desk.triggers = LocalTriggers(pre_sign_up=Heard(**response))
    assert sign_up(app).json() == {
        "__type": "InvalidLambdaResponseException",
        "message": "Unrecognizable lambda output",
    }
    assert "eve" not in desk.users


def test_a_sign_up_that_is_refused(app: App, desk: LocalUserPool) -> None:
    """Nobody is new, and the function's words are shown."""
    desk.triggers = LocalTriggers(pre_sign_up=fails)
    answer = sign_up(app)
    assert answer.status_code == 400
    assert answer.json() == {
        "__type": "UserLambdaValidationException",
        "message": "PreSignUp failed with error Not today.",
    }
    assert "eve" not in desk.users


def test_a_welcome_that_fails(app: App, desk: LocalUserPool) -> None:
    """The user is confirmed all the same."""
    desk.triggers = LocalTriggers(post_confirmation=fails)
    sign_up(app)
    code = app.server.verification_code("eve")
    asked = {"ClientId": "web", "Username": "eve", "ConfirmationCode": code}
    answer = app.api("ConfirmSignUp", **asked).json()
    assert answer["message"] == "PostConfirmation failed with error Not today."
    assert desk.users["eve"] == LocalUser(
        "eve",
        email="eve@example.com",
        claims={"email_verified": True},
        password="Evening-1",
    )
    assert "AuthenticationResult" in initiate(app)
