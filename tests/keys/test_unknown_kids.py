"""RemoteKeySet and kids that are not held: rotations are noticed, floods are not passed on."""

from __future__ import annotations

from contextlib import suppress

import pytest

from cognito_guard import InvalidToken, KeysUnavailable, Pending
from cognito_guard.keys import REFRESH_SECONDS, UNKNOWN_KEY_SECONDS

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


def test_new_key_is_found_at_the_first_token_that_names_it(source: Source, clock: Clock) -> None:
    """A rotation is noticed by its first token, without waiting for the refresh."""
    keys = remote(source, clock)
    resolve(keys, "a")
    source.publish(jwk("a"), jwk("new", "b"))
    clock.now += UNKNOWN_KEY_SECONDS
    assert checks(resolve(keys, "new"), "b")
    assert source.calls == 2


def test_rotation_right_after_a_refresh_is_noticed_at_once(source: Source, clock: Clock) -> None:
    """The 30 s count from attempts that a missing key caused; a refresh is none of them."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += REFRESH_SECONDS
    assert checks(keys.key("a"), "a")
    settle()
    source.publish(jwk("a"), jwk("new", "b"))
    clock.now += 1
    assert checks(resolve(keys, "new"), "b")
    assert source.calls == 3


def test_after_a_failure_only_who_tries_again_waits(source: Source, clock: Clock) -> None:
    """An endpoint that hangs again ties up one thread, and the others are told at once."""
    keys = remote(source, clock)
    source.answer = DOWN
    clock.now += unavailable(keys).retry_after
    with source.held_up():
        first = keys.key("a")
        assert isinstance(first, Pending)
        for _ in range(3):
            with pytest.raises(KeysUnavailable):
                keys.key("a")
    assert first.wait(PATIENCE)
    assert source.calls == 2


def test_unknown_kid_causes_one_attempt_in_thirty_seconds(source: Source, clock: Clock) -> None:
    """A kid that is nowhere is refused; the set is asked again 30 s after it was last asked."""
    keys = remote(source, clock)
    resolve(keys, "a")
    for calls in (1, 2, 3):
        unknown(keys)
        clock.now += UNKNOWN_KEY_SECONDS - 0.001
        unknown(keys)
        assert source.calls == calls
        clock.now += 0.001
        unknown(keys)
        assert source.calls == calls + 1


def test_flood_of_unknown_kids_causes_no_flood_of_requests(source: Source, clock: Clock) -> None:
    """100,000 unknown kids in a minute are three requests, and known keys answer throughout."""
    keys = remote(source, clock)
    resolve(keys, "a")
    for number in range(100_000):
        clock.now += 60 / 100_000
        with suppress(InvalidToken):  # and nothing else
            assert isinstance(keys.key(f"unknown-{number}"), Pending)
            settle()
        if number % 1000 == 0:
            assert checks(keys.key("a"), "a")
    assert source.calls <= 3


def test_flood_while_the_endpoint_fails_counts_attempts(source: Source, clock: Clock) -> None:
    """A failed attempt counts as much as a good one: the same flood, the same three requests."""
    keys = remote(source, clock)
    resolve(keys, "a")
    source.answer = DOWN
    for number in range(10_000):
        clock.now += 60 / 10_000
        with suppress(InvalidToken, KeysUnavailable):
            keys.key(f"unknown-{number}")
            settle()
    assert source.calls <= 3
    assert checks(keys.key("a"), "a")


def test_flood_with_no_keys_held_backs_off(source: Source, clock: Clock) -> None:
    """With nothing held and the endpoint down, a minute of requests is a handful of attempts."""
    source.answer = DOWN
    keys = remote(source, clock)
    for number in range(10_000):
        clock.now += 60 / 10_000
        with suppress(KeysUnavailable):
            keys.key(f"unknown-{number}")
            settle()
    # At about 0, 1, 3, 7, 15, 31 s, each a quarter earlier at most.
    assert source.calls <= 7


def test_unknown_kid_after_a_failed_attempt_is_nobodys_fault(source: Source, clock: Clock) -> None:
    """Where the set could not be asked, a kid may be new: 503, and when to come back."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += UNKNOWN_KEY_SECONDS
    source.answer = DOWN
    error = unavailable(keys, "new")
    assert error.retry_after == UNKNOWN_KEY_SECONDS
    clock.now += error.retry_after - 0.001
    unavailable(keys, "new")
    assert source.calls == 2
    source.publish(jwk("a"), jwk("new", "b"))
    clock.now += 0.001
    assert checks(resolve(keys, "new"), "b")
    assert source.calls == 3


def test_unknown_kid_is_unknown_again_once_the_set_was_asked(source: Source, clock: Clock) -> None:
    """A success after failures turns 503 back into unknown_key."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += UNKNOWN_KEY_SECONDS
    source.answer = DOWN
    unavailable(keys, "unknown")
    source.publish(jwk("a"))
    clock.now += UNKNOWN_KEY_SECONDS
    unknown(keys)
