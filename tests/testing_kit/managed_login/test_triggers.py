"""Triggers at sign-ins, at refreshes, and for machines."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest

from cognito_guard import Guard, require_roles
from cognito_guard.testing import LocalTriggers, LocalUserPool

from .app import CALLBACK, MACHINE, ROTATING, App, answer_of
from .test_sign_up import Heard, fails

ADA = {"USERNAME": "ada", "PASSWORD": "Analytical-1"}
NOT_TODAY = "failed with error Not today."

Version = Literal["V1_0", "V2_0", "V3_0"]


@pytest.fixture(autouse=True)
def no_trigger(desk: LocalUserPool) -> Iterator[None]:
    """Afterwards."""
    yield
    desk.triggers = LocalTriggers()


class Generation(Heard):
    """A pre token generation function that answers in all versions."""

    def __init__(self, **of_access: Any) -> None:
        role = {"claimsToAddOrOverride": {"custom:role": "chief"}}
        details = {"idTokenGeneration": role, "accessTokenGeneration": {**role, **of_access}}
        super().__init__(claimsOverrideDetails=role, claimsAndScopeOverrideDetails=details)

    @property
    def sources(self) -> list[str]:
        """When it was called."""
        return [event["triggerSource"] for event in self.events]


def initiate(app: App, **changes: Any) -> Any:
    """What a sign-in with a password answers."""
    asked = {"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": ADA, "ClientId": "web"}
    return app.api("InitiateAuth", **{**asked, **changes}).json()


def roles(app: App, tokens: Any) -> tuple[Any, Any]:
    """``custom:role`` in the ID token, and in the access token."""
    of_id, of_access = (
        tokens.get(name) or tokens[other]
        for name, other in (("id_token", "IdToken"), ("access_token", "AccessToken"))
    )
    return app.claims(of_id)["custom:role"], app.claims(of_access).get("custom:role")


@pytest.mark.parametrize(
    ("version", "of_access"), [("V1_0", None), ("V2_0", "chief"), ("V3_0", "chief")]
)
def test_users(app: App, desk: LocalUserPool, version: Version, of_access: str | None) -> None:
    """By password, by managed login, and when they refresh: each time it is asked anew."""
    function = Generation()
    desk.triggers = LocalTriggers(pre_token_generation=function, event_version=version)
    by_password = initiate(app)["AuthenticationResult"]
    assert roles(app, by_password) == ("chief", of_access)
    by_browser = app.tokens("ada")
    assert roles(app, by_browser) == ("chief", of_access)
    refreshed = app.refresh(by_browser["refresh_token"]).json()
    assert roles(app, refreshed) == ("chief", of_access)
    parameters = {"REFRESH_TOKEN": by_password["RefreshToken"]}
    again = initiate(app, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)
    assert roles(app, again["AuthenticationResult"]) == ("chief", of_access)
    rotating = app.tokens("ada", ROTATING)
    asked = {"ClientId": "rotating", "RefreshToken": rotating["refresh_token"]}
    got = app.api("GetTokensFromRefreshToken", **asked, ClientMetadata={"a": "b"}).json()
    assert roles(app, got["AuthenticationResult"]) == ("chief", of_access)
    assert function.sources == [
        "TokenGeneration_Authentication",
        "TokenGeneration_HostedAuth",
        "TokenGeneration_RefreshTokens",
        "TokenGeneration_RefreshTokens",
        "TokenGeneration_HostedAuth",
        "TokenGeneration_RefreshTokens",
    ]
    assert function.events[-1]["request"]["clientMetadata"] == {"a": "b"}


def machine(app: App, **fields: str) -> Any:
    """What the token endpoint answers a machine."""
    asked = {"grant_type": "client_credentials", "client_id": "machine", **fields}
    return app.form("/oauth2/token", {**asked, "client_secret": MACHINE.secret})


@pytest.mark.parametrize("version", ["V1_0", "V2_0"])
def test_machines_before_version_3(app: App, desk: LocalUserPool, version: Version) -> None:
    """The function does not hear of them."""
    function = Generation()
    desk.triggers = LocalTriggers(pre_token_generation=function, event_version=version)
    assert "custom:role" not in app.claims(machine(app).json()["access_token"])
    assert function.events == []


def test_machines(app: App, desk: LocalUserPool) -> None:
    """In version 3: claims, scopes, and what the machine tells the function."""
    function = Generation(
        scopesToAdd=["orders/audit"], scopesToSuppress=["orders/write"], claimsToSuppress=["iat"]
    )
    desk.triggers = LocalTriggers(pre_token_generation=function, event_version="V3_0")
    told = {"aws_client_metadata": json.dumps({"tenant": "acme"})}
    claims = app.claims(machine(app, **told).json()["access_token"])
    assert (claims["custom:role"], claims["scope"]) == ("chief", "orders/read orders/audit")
    assert claims["sub"] == claims["client_id"] == "machine"
    (event,) = function.events
    assert event == {
        "version": "3",
        "triggerSource": "TokenGeneration_ClientCredentials",
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_LocalPool",
        "userName": "machine",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "machine"},
        "request": {
            "userAttributes": {},
            "groupConfiguration": {
                "groupsToOverride": [],
                "iamRolesToOverride": [],
                "preferredRole": None,
            },
            "scopes": ["orders/read", "orders/write"],
            "clientMetadata": {"tenant": "acme"},
        },
        "response": {"claimsAndScopeOverrideDetails": None},
    }


@pytest.mark.parametrize("told", ["x", "[]", '{"a": 1}', "[" * 5000])
def test_what_a_machine_cannot_tell(app: App, told: str) -> None:
    """Whatever is no JSON object of texts."""
    answer = machine(app, aws_client_metadata=told)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(("version", "number"), [("V1_0", "1"), ("V2_0", "2")])
def test_what_it_is_told_of_users(
    app: App, desk: LocalUserPool, version: Version, number: str
) -> None:
    """Attributes as texts, groups, and from version 2 on the scopes. InitiateAuth's metadata is for
    other triggers."""
    function = Heard()
    desk.triggers = LocalTriggers(pre_token_generation=function, event_version=version)
    initiate(app, ClientMetadata={"a": "b"})
    (event,) = function.events
    scopes = {"scopes": ["aws.cognito.signin.user.admin"]} if number == "2" else {}
    details = {"1": "claimsOverrideDetails", "2": "claimsAndScopeOverrideDetails"}[number]
    assert (event["version"], event["userName"]) == (number, "ada")
    assert event["response"] == {details: None}
    assert event["request"] == {
        "userAttributes": {
            "sub": desk.subject("ada"),
            "cognito:user_status": "CONFIRMED",
            "email": "ada@lovelace.example",
            "email_verified": "true",
            "custom:role": "editor",
            "name": "Ada Lovelace",
            "phone_number": "+441234",
        },
        "groupConfiguration": {
            "groupsToOverride": ["admins"],
            "iamRolesToOverride": [],
            "preferredRole": None,
        },
        **scopes,
    }


def test_groups(app: App, desk: LocalUserPool) -> None:
    """They are another's in both tokens, in version 1 as well."""
    details = {"groupOverrideDetails": {"groupsToOverride": ["staff"]}}
    desk.triggers = LocalTriggers(pre_token_generation=Heard(claimsOverrideDetails=details))
    tokens = app.tokens("ada")
    for name in ("id_token", "access_token"):
        assert app.claims(tokens[name])["cognito:groups"] == ("staff",)


def test_what_stays(app: App, desk: LocalUserPool) -> None:
    """A token that the function spoils is none that it could make."""
    kept = ("sub", "iss", "exp", "token_use", "client_id", "username", "scope", "origin_jti")
    desk.triggers = LocalTriggers(
        pre_token_generation=Generation(
            claimsToAddOrOverride={**dict.fromkeys(kept, "x"), "aud": "other"},
            claimsToSuppress=list(kept),
        ),
        event_version="V2_0",
    )
    resource = "https://api.example.com"
    claims = app.claims(app.tokens("ada", resource=resource)["access_token"])
    assert (claims["sub"], claims["client_id"]) == (desk.subject("ada"), "web")
    assert claims["aud"] == resource


def test_an_audience(app: App, desk: LocalUserPool) -> None:
    """The client's own id may be one, but not in place of a resource."""
    added = Generation(claimsToAddOrOverride={"aud": "web"})
    desk.triggers = LocalTriggers(pre_token_generation=added, event_version="V2_0")
    assert app.claims(app.tokens("ada")["access_token"])["aud"] == "web"
    resource = "https://api.example.com"
    assert app.claims(app.tokens("ada", resource=resource)["access_token"])["aud"] == resource


def test_after_a_sign_in(app: App, desk: LocalUserPool) -> None:
    """Once for each, before the tokens; not for a refresh, nor for a session that lasts."""
    function = Heard()
    desk.triggers = LocalTriggers(post_authentication=function)
    initiate(app)
    tokens = app.tokens("ada")
    app.refresh(tokens["refresh_token"])
    assert "code" in answer_of(app.authorize())
    assert [event["triggerSource"] for event in function.events] == 2 * [
        "PostAuthentication_Authentication"
    ]
    request = function.events[0]["request"]
    assert request["newDeviceUsed"] is False
    assert request["userAttributes"]["sub"] == desk.subject("ada")


def test_a_sign_in_that_ends(app: App, desk: LocalUserPool) -> None:
    """With the function's words, at the callback too, where no session stays at the pool."""
    for trigger, name in (
        ("post_authentication", "PostAuthentication"),
        ("pre_token_generation", "PreTokenGeneration"),
    ):
        settings: dict[str, Any] = {trigger: fails}
        desk.triggers = LocalTriggers(**settings)
        assert initiate(app) == {
            "__type": "UserLambdaValidationException",
            "message": f"{name} {NOT_TODAY}",
        }
        told = app.sign_in_as("ada")
        assert told.headers["Location"].startswith(f"{CALLBACK}?error=invalid_request&")
        assert answer_of(told) == {
            "error": "invalid_request",
            "error_description": f"{name} {NOT_TODAY}",
            "state": "a-state",
        }
        assert (
            app.authorize(prompt="none")
            .headers["Location"]
            .startswith(f"{CALLBACK}?error=login_required")
        )


def test_a_refresh_that_ends(app: App, desk: LocalUserPool) -> None:
    """At the token endpoint, for machines as well."""
    tokens = app.tokens("ada")
    desk.triggers = LocalTriggers(pre_token_generation=fails, event_version="V3_0")
    for answer in (app.refresh(tokens["refresh_token"]), machine(app)):
        assert answer.status_code == 400
        assert answer.json() == {
            "error": "invalid_request",
            "error_description": f"PreTokenGeneration {NOT_TODAY}",
        }
    desk.triggers = LocalTriggers()
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_the_code_keeps_what_was_said(app: App, desk: LocalUserPool) -> None:
    """Cognito asks at the sign-in, and not when the code comes back."""
    desk.triggers = LocalTriggers(pre_token_generation=Generation(), event_version="V2_0")
    code = app.code("ada")
    desk.triggers = LocalTriggers(pre_token_generation=fails)
    assert roles(app, app.token(code=code).json()) == ("chief", "chief")


def test_others_go_on(app: App, desk: LocalUserPool) -> None:
    """While a function hangs for one, the pool answers the next; and the one gets an answer."""
    asked, released = threading.Event(), threading.Event()

    def function(event: dict[str, Any], context: object) -> dict[str, Any]:
        if event["userName"] == "ada":
            asked.set()
            released.wait()
        return event

    desk.triggers = LocalTriggers(post_authentication=function, seconds=600)
    with ThreadPoolExecutor() as others:
        waiting = others.submit(initiate, app)
        asked.wait()
        alice = {"USERNAME": "alice", "PASSWORD": "Local-Pass-1"}
        assert "AuthenticationResult" in initiate(app, AuthParameters=alice)
        assert not waiting.done()
        released.set()
        assert "AuthenticationResult" in waiting.result()


def test_a_function_that_hangs(app: App, desk: LocalUserPool) -> None:
    """The user is told so, and the pool does not wait."""
    released = threading.Event()

    def function(event: dict[str, Any], context: object) -> dict[str, Any]:
        released.wait()
        return event

    desk.triggers = LocalTriggers(pre_token_generation=function, seconds=0.01)
    try:
        assert initiate(app)["__type"] == "UnexpectedLambdaException"
        assert "Socket timeout" in answer_of(app.sign_in_as("ada"))["error_description"]
    finally:
        released.set()


def test_require_roles(app: App, desk: LocalUserPool) -> None:
    """What all of it is for."""
    desk.triggers = LocalTriggers(pre_token_generation=Generation(), event_version="V3_0")
    guard = Guard(app.server.trust(), clock=app.clock)
    chief = require_roles("chief")
    for token in (app.tokens("ada")["access_token"], machine(app).json()["access_token"]):
        chief(guard.verify(token))


@pytest.mark.parametrize("version", ["V2_0", "V3_0"])
def test_the_lite_tier(desk: LocalUserPool, version: Version) -> None:
    """It has the first version only."""
    desk.triggers = LocalTriggers(pre_token_generation=fails, event_version=version)
    with desk.listen() as server, pytest.raises(ValueError, match="V1_0 only"):
        server.lite = True
    with pytest.raises(ValueError, match="V1_0 only"):
        desk.listen(lite=True)
    desk.triggers = LocalTriggers(pre_token_generation=fails)
    with desk.listen(lite=True) as server:
        assert server.lite
