"""The functions, each with an event and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes.cognito_user_pool_event import (
    PostAuthenticationTriggerEvent,
    PostConfirmationTriggerEvent,
    PreSignUpTriggerEvent,
    PreTokenGenerationTriggerEvent,
    PreTokenGenerationV2TriggerEvent,
)

from .functions import NotAdmitted, add_role, add_role_to_id_token, admit, note_sign_in, welcome


def event(source: str, **attributes: str) -> dict[str, Any]:
    """An event of a user."""
    return {
        "triggerSource": source,
        "userName": "ada",
        "callerContext": {"awsSdkVersion": "1", "clientId": "web"},
        "request": {"userAttributes": attributes},
        "response": {},
    }


@pytest.mark.parametrize("email", ["ada@example.com", "ada@EXAMPLE.com", '"a@b"@example.com'])
def test_addresses_of_the_company(email: str) -> None:
    admit(PreSignUpTriggerEvent(event("PreSignUp_SignUp", email=email)), ["example.com"])


@pytest.mark.parametrize(
    "email",
    [
        "ada@example.org",
        "ada@sub.example.com",
        "ada@example.com.evil.example",
        "example.com@x",
        "example.com",
        "@example.com",
        "",
    ],
)
def test_other_addresses(email: str) -> None:
    with pytest.raises(NotAdmitted):
        admit(PreSignUpTriggerEvent(event("PreSignUp_SignUp", email=email)), ["example.com"])


def test_no_address() -> None:
    with pytest.raises(NotAdmitted):
        admit(PreSignUpTriggerEvent(event("PreSignUp_SignUp")), ["example.com"])


def test_a_welcome_is_for_new_users() -> None:
    done: list[object] = []
    for source in ("PostConfirmation_ConfirmSignUp", "PostConfirmation_ConfirmForgotPassword"):
        confirmed = PostConfirmationTriggerEvent(event(source, email="ada@example.com"))
        welcome(confirmed, lambda *joined: done.append(joined), done.append)
    assert done == [("ada", "members"), "ada@example.com"]


def test_who_signs_in_is_noted() -> None:
    noted: list[object] = []
    signed_in = PostAuthenticationTriggerEvent(event("PostAuthentication_Authentication", sub="1"))
    note_sign_in(signed_in, lambda *who: noted.append(who))
    assert noted == [("1", "web")]


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("TokenGeneration_Authentication", "user#1"),
        ("TokenGeneration_RefreshTokens", "user#1"),
        ("TokenGeneration_HostedAuth", "user#1"),
        ("TokenGeneration_ClientCredentials", "client#web"),
    ],
)
def test_the_role_in_both_tokens(source: str, key: str) -> None:
    asked = event(source, sub="1")
    add_role(PreTokenGenerationV2TriggerEvent(asked), {key: "editor"}.get)
    change = {"claimsToAddOrOverride": {"custom:role": "editor"}}
    details = {"accessTokenGeneration": change, "idTokenGeneration": change}
    assert asked["response"] == {"claimsAndScopeOverrideDetails": details}


def test_no_role_in_either_token() -> None:
    """Not the one that a user gave to herself, either."""
    asked = event("TokenGeneration_Authentication", **{"sub": "1", "custom:role": "editor"})
    add_role(PreTokenGenerationV2TriggerEvent(asked), lambda key: None)
    change = {"claimsToSuppress": ["custom:role"]}
    details = {"accessTokenGeneration": change, "idTokenGeneration": change}
    assert asked["response"] == {"claimsAndScopeOverrideDetails": details}


@pytest.mark.parametrize(
    ("roles", "change"),
    [
        ({"user#1": "editor"}, {"claimsToAddOrOverride": {"custom:role": "editor"}}),
        ({}, {"claimsToSuppress": ["custom:role"]}),
    ],
)
def test_version_1(roles: dict[str, str], change: object) -> None:
    asked = event("TokenGeneration_Authentication", sub="1")
    add_role_to_id_token(PreTokenGenerationTriggerEvent(asked), roles.get)
    assert asked["response"] == {"claimsOverrideDetails": change}
