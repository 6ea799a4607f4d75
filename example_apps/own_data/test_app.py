"""The API, against a user pool on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from cognito_guard import Guard
from cognito_guard.testing import LocalUser, LocalUserPool, PoolServer, TokenFault

from .app import create_app


@pytest.fixture
def server() -> Iterator[PoolServer]:
    with LocalUserPool(users=[LocalUser("ada", email="ada@example.com")]).listen() as server:
        yield server


@pytest.fixture
def client(server: PoolServer) -> TestClient:
    return TestClient(create_app(Guard(server.trust())))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_new_name(client: TestClient, server: PoolServer) -> None:
    headers = bearer(server.access_token("ada"))
    assert client.get("/me", headers=headers).json()["name"] is None
    answer = client.patch("/me", json={"name": "Ada Lovelace"}, headers=headers)
    assert answer.json() == {"username": "ada", "name": "Ada Lovelace", "email": "ada@example.com"}
    assert client.patch("/me", json={"name": 7}, headers=headers).status_code == 400


@pytest.mark.parametrize(
    "body",
    ["", "x", "[]", "{}", '"x"', "7", "null", "\N{LATIN SMALL LETTER E WITH ACUTE}", 100_000 * "["],
)
def test_no_name(client: TestClient, server: PoolServer, body: str) -> None:
    headers = bearer(server.access_token("ada"))
    answer = client.patch("/me", content=body.encode("latin-1"), headers=headers)
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])


def test_half_a_character(client: TestClient, server: PoolServer) -> None:
    """JSON can hold one, and no text can."""
    headers = bearer(server.access_token("ada"))
    answer = client.patch("/me", content=b'{"name": "\\ud800"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParameterException")
    assert client.get("/me", headers=headers).json()["name"] is None


def test_the_end(client: TestClient, server: PoolServer) -> None:
    headers = bearer(server.access_token("ada"))
    assert client.delete("/me", headers=headers).json() == {"deleted": True}
    assert client.get("/me", headers=headers).json()["reason"] == "revoked"
    assert client.patch("/me", json={"name": "x"}, headers=headers).status_code == 401


def test_refusals(client: TestClient, server: PoolServer) -> None:
    assert client.get("/me").status_code == 401
    bare = bearer(server.access_token("ada", scopes=["openid"]))
    assert client.get("/me", headers=bare).json()["reason"] == "missing_scope"
    headers = bearer(server.access_token("ada"))
    with server.failing(TokenFault.TOO_MANY_REQUESTS, at="api"):
        answer = client.patch("/me", json={"name": "x"}, headers=headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
