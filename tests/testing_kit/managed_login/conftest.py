"""A pool whose time stands still, its door, and an app with a browser before it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from cognito_guard.testing import LocalTriggers, LocalUser, LocalUserPool, PoolServer
from cognito_guard.testing.triggers import running

from .app import MACHINE, ROTATING, SHOP, WEB, App, Clock

ADA = LocalUser(
    "ada",
    groups=["admins"],
    role="editor",
    email="ada@lovelace.example",
    claims={"name": "Ada Lovelace", "phone_number": "+441234"},
    password="Analytical-1",
)


@pytest.fixture(autouse=True)
def patient_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Triggers have a minute instead of Cognito's five seconds, after which they are called again:
    so long may a busy machine take."""
    default, in_time = LocalTriggers().seconds, running.in_time

    def patient(done: threading.Event, seconds: float) -> bool:
        return in_time(done, 60.0 if seconds == default else seconds)

    monkeypatch.setattr(running, "in_time", patient)


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
