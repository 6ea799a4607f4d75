"""A pool whose time stands still, its door, and an app with a browser before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cognito_guard.testing import LocalUser, LocalUserPool, PoolServer

from .app import MACHINE, ROTATING, SHOP, WEB, App, Clock

ADA = LocalUser(
    "ada",
    groups=["admins"],
    role="editor",
    email="ada@lovelace.example",
    claims={"name": "Ada Lovelace", "phone_number": "+441234"},
    password="Analytical-1",
)


@pytest.fixture(scope="package")
def desk() -> LocalUserPool:
    """A pool with two users."""
    return LocalUserPool(users=[LocalUser("alice"), ADA], clock=Clock())


@pytest.fixture
def clock(desk: LocalUserPool) -> Clock:
    """The pool's."""
    assert isinstance(desk.clock, Clock)
    return desk.clock


@pytest.fixture
def server(desk: LocalUserPool) -> Iterator[PoolServer]:
    """The pool's door, with a client of each kind."""
    with desk.listen(WEB, SHOP, ROTATING, MACHINE) as server:
        yield server


@pytest.fixture
def app(server: PoolServer, clock: Clock) -> Iterator[App]:
    """An app before it."""
    with App(server, clock) as app:
        yield app
