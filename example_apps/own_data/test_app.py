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
