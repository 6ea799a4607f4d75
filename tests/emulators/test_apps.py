"""The example apps on uvicorn, called with tokens that an emulator issued."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from .apps import APPS
from .emulator import Emulator

Api = Callable[[Emulator, str, str], str]


class Case(NamedTuple):
    """What an app accepts, who asks for what with which token, and the documented answer."""

    accepts: str
    path: str
    token: str | None
    status: int
    reason: str | None = None


CASES = {
    "open to anybody": Case("access", "/", None, 200),
    "no token": Case("access", "/me", None, 401, "missing_credentials"),
    "a good access token": Case("access", "/me", "alice, access", 200),
    "not the scope": Case("access", "/orders", "ada, access", 403, "missing_scope"),
    "the group": Case("access", "/admin", "ada, access", 200),
    "not the group": Case("access", "/admin", "alice, access", 403, "missing_group"),
    "roles are not in access tokens": Case("access", "/editor", "ada, access", 403, "missing_role"),
    "an ID token by mistake": Case("access", "/me", "ada, id", 401, "wrong_token_use"),
    "another client": Case("access", "/me", "another client, access", 401, "wrong_client"),
    "another pool": Case("access", "/me", "another pool, access", 401, "unknown_issuer"),
    "tampered": Case("access", "/admin", "tampered, access", 401, "bad_signature"),
    "expired": Case("later", "/me", "alice, access", 401, "token_expired"),
    "a good ID token": Case("id", "/me", "alice, id", 200),
    "the role": Case("id", "/editor", "ada, id", 200),
    "not the role": Case("id", "/editor", "alice, id", 403, "missing_role"),
    "the group in an ID token": Case("id", "/admin", "ada, id", 200),
    "an access token by mistake": Case("id", "/me", "ada, access", 401, "wrong_token_use"),
    "another client's ID token": Case("id", "/me", "another client, id", 401, "wrong_client"),
    "another pool's ID token": Case("id", "/me", "another pool, id", 401, "unknown_issuer"),
    "a tampered ID token": Case("id", "/admin", "tampered, id", 401, "bad_signature"),
}


@pytest.fixture(params=APPS)
def framework(request: pytest.FixtureRequest) -> str:
    """Each framework that has an example app."""
    name: str = request.param
    return name


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_answer_is_the_contracts(
    emulator: Emulator, framework: str, api: Api, case: Case
) -> None:
    """Status, challenge and reason are those of the contract, for an emulator's tokens too."""
    answer = _get(api(emulator, framework, case.accepts) + case.path, emulator, case.token)

    problem = _problem(answer)
    assert (answer.status_code, problem.get("reason")) == (case.status, case.reason)
    assert answer.headers.get("WWW-Authenticate") == _challenge(case.reason, problem)
    assert (answer.headers.get("Cache-Control") == "no-store") is (case.status != 200)


@pytest.mark.parametrize("use", ["access", "id"])
def test_the_app_knows_who_signed_in(
    emulator: Emulator, framework: str, api: Api, use: str
) -> None:
    """What an app reads off the identity is what the user pool says about the user."""
    user = emulator.pool.aws.get_user(AccessToken=emulator.tokens["ada, access"])
    attributes = {each["Name"]: each["Value"] for each in user["UserAttributes"]}

    answer = _get(api(emulator, framework, use) + "/me", emulator, f"ada, {use}")

    assert answer.json() == {
        "subject": attributes["sub"],
        "username": user["Username"],
        "groups": ["admins"],
        "scopes": ["aws.cognito.signin.user.admin"] if use == "access" else [],
        "roles": [attributes["custom:role"]] if use == "id" else [],
        "machine": False,
    }


def test_a_websocket_opens_for_the_group(emulator: Emulator, framework: str, api: Api) -> None:
    """A WebSocket carries the identity of the token in its handshake."""
    token = emulator.tokens["ada, access"]
    user = emulator.pool.aws.get_user(AccessToken=token)

    with _websocket(api(emulator, framework, "access"), token) as websocket:
        websocket.send("hello")
        assert websocket.recv(timeout=60) == f"{user['Username']}: hello"


def test_a_websocket_stays_shut_for_others(emulator: Emulator, framework: str, api: Api) -> None:
    """A WebSocket is refused before it is accepted, with the status of the contract."""
    origin = api(emulator, framework, "access")

    with (
        pytest.raises(InvalidStatus) as refusal,
        _websocket(origin, emulator.tokens["alice, access"]),
    ):
        pass

    assert refusal.value.response.status_code == 403


def _get(url: str, emulator: Emulator, token: str | None) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {emulator.tokens[token]}"}
    return httpx.get(url, headers=headers, trust_env=False, timeout=60)


def _websocket(origin: str, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{origin.replace('http', 'ws', 1)}/ws"
    return connect(url, additional_headers=headers, proxy=None, open_timeout=60)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    """The refusal. FastAPI renders errors itself, and puts ours under ``detail``."""
    if answer.is_success:
        return {}
    body: dict[str, Any] = answer.json()
    inner = body["detail"]
    return inner if isinstance(inner, dict) else body


def _challenge(reason: str | None, problem: dict[str, Any]) -> str | None:
    """The documented ``WWW-Authenticate`` of a refusal."""
    match reason:
        case None:
            return None
        case "missing_credentials":
            return "Bearer"
        case "missing_scope":
            return 'Bearer error="insufficient_scope", scope="orders/read"'
        case "missing_group" | "missing_role":
            return 'Bearer error="insufficient_scope"'
        case _:
            return f'Bearer error="invalid_token", error_description="{problem["detail"]}"'
