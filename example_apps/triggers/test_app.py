"""The API on a real server, with tokens of a pool on this machine that runs the triggers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from aws_lambda_powertools.utilities.data_classes.cognito_user_pool_event import (
    BaseTriggerEvent,
    PostAuthenticationTriggerEvent,
    PostConfirmationTriggerEvent,
    PreSignUpTriggerEvent,
    PreTokenGenerationTriggerEvent,
    PreTokenGenerationV2TriggerEvent,
)

from cognito_guard import Guard
from cognito_guard.testing import LocalClient, LocalTriggers, LocalUserPool, PoolServer

from ..serving import serve
from . import functions
from .app import create_app

CALLBACK = "http://localhost:8000/auth/callback"
WEB = LocalClient("web", callback_urls=[CALLBACK])
MACHINE = LocalClient("importer", "5ecret", scopes=["books/import"], machine=True)
EMAIL = {"Name": "email", "Value": "ada@example.com"}


@dataclass
class Office:
    """What the triggers work with: roles, letters, a book of visitors."""

    pool: LocalUserPool
    roles: dict[str, str] = field(default_factory=dict)
    letters: list[str] = field(default_factory=list)
    visitors: list[tuple[str, str]] = field(default_factory=list)

    def join(self, username: str, group: str) -> None:
        user = self.pool.users[username]
        self.pool.users[username] = replace(user, groups=[*user.groups, group])

    def triggers(self) -> LocalTriggers:
        return LocalTriggers(
            pre_sign_up=lambda event, context: run(
                PreSignUpTriggerEvent(event), functions.admit, ["example.com"]
            ),
            post_confirmation=lambda event, context: run(
                PostConfirmationTriggerEvent(event),
                functions.welcome,
                self.join,
                self.letters.append,
            ),
            post_authentication=lambda event, context: run(
                PostAuthenticationTriggerEvent(event),
                functions.note_sign_in,
                lambda *who: self.visitors.append(who),
            ),
            pre_token_generation=lambda event, context: run(
                PreTokenGenerationV2TriggerEvent(event), functions.add_role, self.roles.get
            ),
            event_version="V3_0",
        )


def run(event: BaseTriggerEvent, function: Callable[..., None], *tools: object) -> dict[str, Any]:
    """Let a function fill in an event."""
    function(event, *tools)
    return event.raw_event


@pytest.fixture(scope="module")
def keys() -> LocalUserPool:
    return LocalUserPool()


@pytest.fixture
def office(keys: LocalUserPool) -> Office:
    keys.users = {}
    office = Office(keys)
    keys.triggers = office.triggers()
    return office


@pytest.fixture
def server(office: Office) -> Iterator[PoolServer]:
    with office.pool.listen(WEB, MACHINE) as server:
        yield server


@pytest.fixture
def get(server: PoolServer) -> Iterator[Callable[[str, str], httpx.Response]]:
    """Ask the API, with an access token."""
    with (
        serve(create_app(Guard(server.trust()))) as origin,
        httpx.Client(base_url=origin, trust_env=False, timeout=60) as client,
    ):
        yield lambda path, token: client.get(path, headers={"Authorization": f"Bearer {token}"})


def api(server: PoolServer, operation: str, **asked: Any) -> Any:
    """Call the user pool API."""
    target = {"X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}"}
    answer = httpx.post(server.origin, json=asked, headers=target, trust_env=False, timeout=60)
    return answer.json()


def sign_up(server: PoolServer, email: dict[str, str] = EMAIL) -> Any:
    asked = {"ClientId": "web", "Username": "ada", "Password": "Analytical-1"}
    return api(server, "SignUp", **asked, UserAttributes=[email])


def confirm(server: PoolServer) -> None:
    code = server.verification_code("ada")
    asked = {"ClientId": "web", "Username": "ada", "ConfirmationCode": code}
    assert api(server, "ConfirmSignUp", **asked) == {}


def sign_in(server: PoolServer, flow: str = "USER_PASSWORD_AUTH", **parameters: str) -> Any:
    parameters = parameters or {"USERNAME": "ada", "PASSWORD": "Analytical-1"}
    asked = {"ClientId": "web", "AuthFlow": flow, "AuthParameters": parameters}
    return api(server, "InitiateAuth", **asked)["AuthenticationResult"]


def token(server: PoolServer, **form: str) -> Any:
    """Ask the token endpoint."""
    url = f"{server.domain}/oauth2/token"
    return httpx.post(url, data=form, trust_env=False, timeout=60).json()


def managed_login(server: PoolServer) -> Any:
    query = {"response_type": "code", "client_id": "web", "redirect_uri": CALLBACK}
    scope = {"scope": "openid aws.cognito.signin.user.admin"}
    url = f"{server.domain}/oauth2/authorize?{urlencode({**query, **scope})}"
    (code,) = parse_qs(urlsplit(server.sign_in(url, "ada")).query)["code"]
    form = {"grant_type": "authorization_code", "client_id": "web", "redirect_uri": CALLBACK}
    return token(server, **form, code=code)


def test_only_some_may_sign_up(server: PoolServer, office: Office) -> None:
    answer = sign_up(server, {"Name": "email", "Value": "eve@evil.example"})
    assert answer == {
        "__type": "UserLambdaValidationException",
        "message": "PreSignUp failed with error Sign up with the address that you have at work.",
    }
    assert office.pool.users == {}


def test_from_the_sign_up_to_the_library(server: PoolServer, office: Office, get: Any) -> None:
    assert sign_up(server)["UserConfirmed"] is False
    assert office.letters == []
    confirm(server)
    assert office.letters == ["ada@example.com"]
    access = sign_in(server)["AccessToken"]
    assert get("/library", access).json() == {"member": "ada"}
    assert office.visitors == [(office.pool.subject("ada"), "web")]


def test_a_role_from_the_next_token_on(server: PoolServer, office: Office, get: Any) -> None:
    """Through sign-in, refresh and managed login."""
    sign_up(server)
    confirm(server)
    subject = office.pool.subject("ada")
    tokens = sign_in(server)
    assert get("/publish", tokens["AccessToken"]).json()["reason"] == "missing_role"

    office.roles[f"user#{subject}"] = "editor"
    refresh = {"REFRESH_TOKEN": tokens["RefreshToken"]}
    refreshed = sign_in(server, "REFRESH_TOKEN_AUTH", **refresh)
    assert get("/publish", refreshed["AccessToken"]).json() == {"published_by": subject}
    assert get("/publish", sign_in(server)["AccessToken"]).status_code == 200
    by_browser = managed_login(server)
    assert get("/publish", by_browser["access_token"]).status_code == 200

    del office.roles[f"user#{subject}"]
    form = {"grant_type": "refresh_token", "client_id": "web"}
    again = token(server, **form, refresh_token=by_browser["refresh_token"])
    assert get("/publish", again["access_token"]).json()["reason"] == "missing_role"


def test_a_role_of_a_machine(server: PoolServer, office: Office, get: Any) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": MACHINE.client_id,
        "client_secret": str(MACHINE.secret),
    }
    assert get("/publish", token(server, **form)["access_token"]).status_code == 403
    office.roles["client#importer"] = "editor"
    answer = get("/publish", token(server, **form)["access_token"])
    assert answer.json() == {"published_by": "importer"}


def test_a_role_that_a_user_takes(server: PoolServer, get: Any) -> None:
    """She can write the attribute, as the client may; it gets into no token."""
    sign_up(server)
    confirm(server)
    wanted = [{"Name": "custom:role", "Value": "editor"}]
    access = sign_in(server)["AccessToken"]
    assert "__type" not in api(
        server, "UpdateUserAttributes", AccessToken=access, UserAttributes=wanted
    )
    tokens = sign_in(server)
    assert get("/publish", tokens["AccessToken"]).status_code == 403
    guard = Guard(server.trust(token_use="id"))
    assert guard.verify(tokens["IdToken"]).roles == ()


def test_version_1(office: Office, server: PoolServer, get: Any) -> None:
    """The role is in the ID token; an API that takes access tokens does not see it."""
    office.pool.triggers = replace(
        office.pool.triggers,
        pre_token_generation=lambda event, context: run(
            PreTokenGenerationTriggerEvent(event), functions.add_role_to_id_token, office.roles.get
        ),
        event_version="V1_0",
    )
    sign_up(server)
    confirm(server)
    office.roles[f"user#{office.pool.subject('ada')}"] = "editor"
    tokens = sign_in(server)
    assert Guard(server.trust(token_use="id")).verify(tokens["IdToken"]).roles == ("editor",)
    assert get("/publish", tokens["AccessToken"]).status_code == 403
