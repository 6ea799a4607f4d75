"""A list in the memory of one process."""

from __future__ import annotations

import asyncio
import os
import pickle

import pytest

from cognito_guard import ConfigurationError, RevocationsUnavailable
from cognito_guard.revocation import MemoryRevocationList

from .shared import ISSUER, Clocks, caller, sign_in


def test_revoked_at_once(clocks: Clocks) -> None:
    """Never late, in threads and in tasks."""
    here = MemoryRevocationList(clock=clocks.calendar)
    assert here.is_revoked(caller(origin_jti="one"), ISSUER) is False
    here.revoke(sign_in("one"))
    assert here.is_revoked(caller(origin_jti="one"), ISSUER) is True

    async def tasks() -> bool:
        await here.arevoke(sign_in("two"))
        return await here.ais_revoked(caller(origin_jti="two"), ISSUER)

    assert asyncio.run(tasks()) is True
    assert here.health()[:3] == ("memory", None, 2)


def test_a_calendar_that_gives_nothing(clocks: Clocks) -> None:
    """A sign-out works all the same."""
    clocks.calendar.now = float("nan")
    here = MemoryRevocationList(clock=clocks.calendar)
    here.revoke(sign_in("one"))
    assert here.is_revoked(caller(origin_jti="one"), ISSUER) is True


def test_one_process_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several would each know a part."""
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    with pytest.raises(ConfigurationError, match="works in one process only"):
        MemoryRevocationList()
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    here = MemoryRevocationList()
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(here)
    assert repr(here) == "<MemoryRevocationList>"


def test_a_fork_knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so, with a 503, instead of letting pass whom the other process refuses."""
    here = MemoryRevocationList()
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(RevocationsUnavailable, match="was forked from"):
        here.is_revoked(caller(), ISSUER)
    with pytest.raises(RevocationsUnavailable, match="was forked from"):
        here.revoke(sign_in("one"))


@pytest.mark.parametrize("seconds", [0, 3599, float("nan"), True, "1", 10**10])
def test_how_long_refresh_tokens_last(seconds: float) -> None:
    """An hour to ten years, as at Cognito."""
    with pytest.raises(ConfigurationError, match="refresh_seconds"):
        MemoryRevocationList(refresh_seconds=seconds)
    assert MemoryRevocationList(refresh_seconds=3600).refresh_seconds == 3600.0
