"""Clocks that jump: keys age by one that never goes back, tokens by the calendar's."""

from __future__ import annotations

import importlib
import time
from math import nan
from typing import Any

import pytest

from cognito_guard import Guard, InvalidToken, KeysUnavailable, Pending, Reason, RemoteKeySet
from cognito_guard._support import clock as clock_module
from cognito_guard.keys import remote as remote_module
from cognito_guard.keys.remote import HARD_LIMIT_SECONDS, UNKNOWN_KEY_SECONDS
from cognito_guard.testing import JwksServer, LocalUserPool

from .material import checks, jwk
from .source import (
    DOWN,
    PATIENCE,
    Clock,
    Source,
    remote,
    resolve,
    settle,
    unavailable,
    unknown,
)

YEAR = 365 * 24 * 3600.0


# The clock of the keys.


def test_machine_that_wakes_up_trusts_no_keys_from_before(source: Source, clock: Clock) -> None:
    """The clock jumps by days: old keys count no more, whoever comes first waits for new ones."""
    keys = remote(source, clock)
    resolve(keys, "a")
    source.publish(jwk("a", "b"))
    clock.now += 3 * HARD_LIMIT_SECONDS
    assert isinstance(keys.key("a"), Pending)
    assert checks(resolve(keys, "a"), "b")
    assert source.calls == 2


def test_jump_past_the_limit_in_an_outage_is_503_and_heals(source: Source, clock: Clock) -> None:
    """Old keys and an endpoint that is down: 503 with the time of the next attempt, then 200."""
    keys = remote(source, clock)
    resolve(keys, "a")
    source.answer = DOWN
    clock.now += YEAR
    error = unavailable(keys)
    assert error.retry_after == 1
    source.publish(jwk("a"))
    clock.now += error.retry_after
    assert checks(resolve(keys, "a"), "a")


def test_jump_during_a_fetch_gives_it_up_and_starts_again(source: Source, clock: Clock) -> None:
    """A machine that slept in the midst of a fetch does not wait for what will never come."""
    keys = remote(source, clock)
    with source.held_up():
        asleep = keys.key("a")
        assert isinstance(asleep, Pending)
        assert source.begun.wait(PATIENCE)
        clock.now += YEAR
        source.publish(jwk("a", "b"))
        awake = keys.key("a")
        assert isinstance(awake, Pending)
        assert asleep.wait(0)
    assert awake.wait(PATIENCE)
    settle()
    # What the sleeper brought home is as old as its request: it counts for nothing.
    assert checks(keys.key("a"), "b")
    assert source.calls == 2


def test_answer_from_before_a_sleep_is_as_old_as_its_request(source: Source, clock: Clock) -> None:
    """The machine slept in the midst of a fetch, and nobody asked for a key before it ended: what
    was withdrawn meanwhile is not trusted for another whole day."""
    keys = remote(source, clock)
    with source.held_up():
        asleep = keys.key("a")
        assert isinstance(asleep, Pending)
        assert source.begun.wait(PATIENCE)
        clock.now += HARD_LIMIT_SECONDS - 60
    assert asleep.wait(PATIENCE)
    settle()
    age = keys.health().age
    assert age is not None
    assert age > HARD_LIMIT_SECONDS - 120
    source.publish(jwk("a", "b"))
    clock.now += 120
    assert isinstance(keys.key("a"), Pending)
    assert checks(resolve(keys, "a"), "b")


def test_clock_that_gives_no_number_trusts_no_keys(source: Source, clock: Clock) -> None:
    """Nobody can say how old the keys are, so they are not used: 503, until the clock is mended."""
    keys = remote(source, clock)
    resolve(keys, "a")
    good, clock.now = clock.now, nan
    assert unavailable(keys).retry_after == 1
    clock.now = good
    assert checks(resolve(keys, "a"), "a")


def test_jump_ends_every_pause(source: Source, clock: Clock) -> None:
    """No cool-down outlives a jump."""
    keys = remote(source, clock)
    resolve(keys, "a")
    unknown(keys)
    source.answer = DOWN
    clock.now += UNKNOWN_KEY_SECONDS
    for _ in range(8):
        clock.now += unavailable(keys, "unknown").retry_after
    clock.now += YEAR
    source.publish(jwk("a"))
    assert checks(resolve(keys, "a"), "a")


# Which clock that is.


def test_keys_age_while_a_linux_machine_sleeps(
    monkeypatch: pytest.MonkeyPatch, source: Source
) -> None:
    """Where the system counts the time it was suspended, that clock is the one."""
    asked: list[Any] = []

    def clock_gettime(which: Any) -> float:
        asked.append(which)
        return 12345.0

    with monkeypatch.context() as patch:
        patch.setattr(time, "CLOCK_BOOTTIME", "boot", raising=False)
        patch.setattr(time, "clock_gettime", clock_gettime, raising=False)
        clock = importlib.reload(clock_module).steady_clock
        assert clock() == 12345.0
    assert set(asked) == {"boot"}


def test_other_systems_have_the_clock_they_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that clock, or where a sandbox forbids it, it is a monotonic one."""

    def forbid(which: Any) -> float:
        raise OSError(22, "Invalid argument")

    with monkeypatch.context() as patch:
        patch.setattr(time, "CLOCK_BOOTTIME", 7, raising=False)
        patch.setattr(time, "clock_gettime", forbid, raising=False)
        assert importlib.reload(clock_module).steady_clock.func is time.monotonic  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.delattr(time, "CLOCK_BOOTTIME", raising=False)
        clock = importlib.reload(clock_module).steady_clock
        assert clock.args == (time.CLOCK_MONOTONIC,)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def clock_of_this_machine() -> Any:
    """What the tests above load anew is put back."""
    yield
    importlib.reload(clock_module)


def test_key_set_ages_by_that_clock() -> None:
    """Nobody has to name it: a key set with no clock of its own goes by it."""
    assert RemoteKeySet("https://keys.example/")._clock is remote_module.steady_clock


# The clock of the tokens.


class Calendar:
    """Seconds since 1970, which an administrator sets as he likes."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def test_calendar_that_is_set_changes_nothing_about_keys(pool: LocalUserPool, clock: Clock) -> None:
    """Back a year, ahead a year: no key is fetched or dropped for it; only `exp` goes by it."""
    calendar = Calendar()
    with JwksServer(pool.jwks, "/") as server:
        keys = RemoteKeySet(server.url, clock=clock)
        guard = Guard(pool.trust(jwks=keys), clock=calendar)
        token = pool.access_token(exp=calendar.now + 60)
        guard.verify(token)
        calendar.now -= YEAR
        assert guard.verify(token).subject == pool.subject("alice")
        calendar.now += 2 * YEAR
        with pytest.raises(InvalidToken) as caught:
            guard.verify(token)
        assert caught.value.reason is Reason.TOKEN_EXPIRED
        assert keys.health().age == 0.0
        settle()
        assert server.requests == 1


def test_calendar_set_back_brings_no_key_back(pool: LocalUserPool, clock: Clock) -> None:
    """Keys past their limit stay past it, and so does a cool-down, whatever the calendar says."""
    calendar = Calendar()
    source = Source(*pool.jwks()["keys"])
    keys = remote(source, clock)
    guard = Guard(pool.trust(jwks=keys), clock=calendar)
    token = pool.access_token(exp=calendar.now + 60)
    guard.verify(token)
    source.answer = DOWN
    clock.now += HARD_LIMIT_SECONDS
    calendar.now -= YEAR
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            guard.verify(token)
        settle()
    assert source.calls == 2
