"""recheck.py: when a caller is asked about again, and what comes of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    CognitoGuardError,
    ConfigurationError,
    Identity,
    InvalidToken,
    KeysUnavailable,
    Recheck,
)


class Asked:
    """A guard that says what it is told to."""

    def __init__(self, expires_at: float | None = None) -> None:
        self.times = 0
        self.error: Exception | None = None
        self.expires_at = expires_at

    async def __call__(self) -> Identity:
        self.times += 1
        if self.error is not None:
            raise self.error
        claims = {"sub": "alice", "iss": "x", "exp": self.expires_at}
        return Identity(claims, "access", "client")


NOW = 2e9


@pytest.fixture(autouse=True)
def clocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """They stand still."""
    monkeypatch.setattr("cognito_guard.http.recheck.calendar", lambda: NOW)
    monkeypatch.setattr("cognito_guard.http.recheck.steady_clock", lambda: 5000.0)


@pytest.mark.parametrize(
    ("left", "every", "wait"),
    [
        (100, 30, 30),
        (100, 300, 100),
        (0, 30, 30),
        (-100, 30, 30),
        (None, 30, 30),
        (1e9, 3600, 3600),
    ],
)
def test_when(left: float | None, every: float, wait: float) -> None:
    """At once, and then at the token's end or after so many seconds; what is over by the clock
    here is asked about in steps, as the guard may have a leeway."""
    asked = Asked(None if left is None else NOW + left)
    recheck = Recheck(asked, every=every)
    assert recheck.wait == 0

    assert asyncio.run(recheck.again())

    assert recheck.wait == wait


def test_until_refused() -> None:
    """Nobody is asked once more after a refusal, which stays."""
    asked = Asked()
    recheck = Recheck(asked, every=7)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            asked.error = InvalidToken("token_expired", "Over.")

    asyncio.run(recheck.until_refused(sleep))

    assert asked.times == 3
    assert slept == [0, 7, 7]
    assert recheck.refusal is asked.error
    assert not asyncio.run(recheck.again())
    assert asked.times == 3


class Forbidden(CognitoGuardError):
    """As sign-in has them."""

    status = 403


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidToken("revoked", "Out."), 1008),
        (AccessDenied("missing_group", "No."), 1008),
        (Forbidden(), 1008),
        (KeysUnavailable(), 1013),
        (CognitoGuardError(), 1013),
    ],
)
def test_close_code(error: Exception, code: int) -> None:
    """A refusal for good, or for now."""
    asked = Asked()
    asked.error = error
    recheck = Recheck(asked)

    assert not asyncio.run(recheck.again())
    assert recheck.close_code == code


@pytest.mark.parametrize("error", [ConfigurationError("a guard is lost"), ZeroDivisionError()])
def test_mistakes(error: Exception) -> None:
    """What is no refusal comes out."""
    asked = Asked()
    asked.error = error
    recheck = Recheck(asked)

    with pytest.raises(type(error)):
        asyncio.run(recheck.again())
    assert recheck.refusal is None


@pytest.mark.parametrize("every", [0, -1, 3600.1, True, "30", None, float("nan")], ids=repr)
def test_wrong_times(every: Any) -> None:
    """How often is a number of seconds."""
    with pytest.raises(ConfigurationError, match="every must be a number of seconds"):
        Recheck(Asked(), every=every)
