"""RemoteKeySet while the endpoint is down: what stays in use, for how long, and who is told."""

from __future__ import annotations

import os

import pytest

from cognito_guard import KeysUnavailable, Pending
from cognito_guard.keys.remote import HARD_LIMIT_SECONDS, REFRESH_SECONDS, UNKNOWN_KEY_SECONDS

from .material import checks, jwk
from .source import (
    DOWN,
    URL,
    Clock,
    Source,
    remote,
    resolve,
    settle,
    unavailable,
)


def test_nothing_held_is_unavailable_at_once_and_then_heals(source: Source, clock: Clock) -> None:
    """Down at the start: 503 without waiting, then, at the time it named, the key."""
    source.answer = DOWN
    keys = remote(source, clock)
    error = unavailable(keys)
    assert error.retry_after == 1
    with pytest.raises(KeysUnavailable):  # not something to wait for
        keys.key("a")
    assert source.calls == 1
    source.publish(jwk("a"))
    clock.now += error.retry_after
    assert checks(resolve(keys, "a"), "a")


@pytest.mark.parametrize(
    ("random", "factor"), [(b"\x00\x00", 0.75), (b"\xff\xff", 1.0)], ids=["least", "most"]
)
def test_failures_back_off_from_one_second_to_sixty(
    random: bytes, factor: float, source: Source, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each failure doubles the pause, of which up to a quarter is drawn off; 60 s is the most."""
    monkeypatch.setattr(os, "urandom", lambda _: random)
    source.answer = DOWN
    keys = remote(source, clock)
    pauses = [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]
    for calls, pause in enumerate(pauses, start=1):
        error = unavailable(keys)
        assert source.calls == calls
        assert error.retry_after == -(-pause * factor // 1)  # rounded up: never too early
        clock.now += pause * factor - 0.001
        unavailable(keys)
        assert source.calls == calls
        clock.now += 0.001
    source.publish(jwk("a"))
    resolve(keys, "a")
    source.answer = DOWN
    clock.now += UNKNOWN_KEY_SECONDS
    unavailable(keys, "unknown")
    clock.now += REFRESH_SECONDS
    keys.key("a")
    settle()
    assert source.calls == len(pauses) + 3


def test_jitter_differs_from_process_to_process(source: Source, clock: Clock) -> None:
    """What is drawn is drawn, so that a fleet does not fetch in step."""
    ages = set()
    for _ in range(8):
        keys = remote(source, clock)
        resolve(keys, "a")
        ages.add(keys._held.refresh_at - clock.now)
    assert len(ages) > 1
    assert all(0.9 * REFRESH_SECONDS <= age <= REFRESH_SECONDS for age in ages)


def test_keys_held_stay_in_use_through_an_outage(
    source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The endpoint may be down for hours: held keys answer, and an operator reads why."""
    keys = remote(source, clock)
    resolve(keys, "a")
    source.answer = DOWN
    start = clock.now
    while clock.now < start + HARD_LIMIT_SECONDS - 600:
        clock.now += 600
        assert checks(keys.key("a"), "a")
        settle()
    assert source.calls > 100
    assert set(caplog.messages) == {
        f"keys of {URL} were not fetched: status 500; the known keys stay in use"
    }
    source.publish(jwk("a"), jwk("b", "b"))
    clock.now += 60
    keys.key("a")
    settle()
    assert checks(keys.key("b"), "b")


def test_keys_are_trusted_for_a_day_at_most(
    source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Keys that could not be refreshed for 24 h verify nothing any more: 503 until they can."""
    keys = remote(source, clock)
    resolve(keys, "a")
    source.answer = DOWN
    clock.now += HARD_LIMIT_SECONDS - 0.001
    assert checks(keys.key("a"), "a")
    settle()
    clock.now += 0.001
    assert unavailable(keys).retry_after == 1
    clock.now += 2
    unavailable(keys)
    assert caplog.messages[-1].endswith("no keys are known")
    source.publish(jwk("a", "b"))
    clock.now += 60
    assert checks(resolve(keys, "a"), "b")


def test_log_says_when_it_is_over(
    source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The first fetch that works again is logged, with the number of those that did not."""
    keys = remote(source, clock)
    source.answer = DOWN
    clock.now += unavailable(keys).retry_after
    clock.now += unavailable(keys).retry_after
    source.publish(jwk("a"))
    resolve(keys, "a")
    settle()
    assert caplog.messages[-1] == f"keys of {URL} were fetched again, after 2 failed attempts"


def test_expired_keys_are_fetched_while_the_caller_waits(source: Source, clock: Clock) -> None:
    """After a quiet day the next caller waits for one fetch, as the first one did."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += HARD_LIMIT_SECONDS
    with source.held_up():
        assert isinstance(keys.key("a"), Pending)
    assert checks(resolve(keys, "a"), "a")
    assert source.calls == 2


def test_prefetch_replaces_expired_keys(source: Source, clock: Clock) -> None:
    """Keys too old to be used do not count as held."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += HARD_LIMIT_SECONDS
    keys.prefetch()
    settle()
    assert source.calls == 2
