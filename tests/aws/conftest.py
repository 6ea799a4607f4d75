"""A pool of one's own, its door, and an API client before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cognito_guard.aws import UserApi, user_info
from cognito_guard.aws.identity_pools import sts
from cognito_guard.network import call
from cognito_guard.testing import LocalClient, LocalUser, LocalUserPool, PoolServer

ADA = LocalUser(
    "ada",
    email="ada@lovelace.example",
    role="editor",
    claims={"name": "Ada Lovelace", "phone_number": "+441234567"},
    password="Analytical-1",
)
CLIENT = LocalClient("1example23456789")
WRITABLE = ["name", "email", "phone_number", "custom:theme"]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is slow because the machine is busy has answered all the same."""
    for module in (call, user_info, sts):
        monkeypatch.setattr(module, "_SECONDS", (60.0, 60.0))


@pytest.fixture(scope="package")
def keys() -> LocalUserPool:
    """A pool whose keys all of these tests use."""
    return LocalUserPool()


@pytest.fixture
def desk(keys: LocalUserPool) -> LocalUserPool:
    """A pool whose users a test may change."""
    keys.users = {"alice": LocalUser("alice"), "ada": ADA}
    return keys


@pytest.fixture
def server(desk: LocalUserPool) -> Iterator[PoolServer]:
    """Its door."""
    with desk.listen(CLIENT) as server:
        yield server


@pytest.fixture
def api(server: PoolServer) -> Iterator[UserApi]:
    """What asks it."""
    api = UserApi(server.trust(), writable=WRITABLE, domain=server.domain)
    yield api
    api.close()
