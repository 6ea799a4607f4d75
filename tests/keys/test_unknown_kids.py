"""RemoteKeySet and kids that are not held: rotations are noticed, floods are not passed on."""

from __future__ import annotations

import threading
import tracemalloc
from contextlib import suppress

import pytest

from cognito_guard import Guard, InvalidToken, KeysUnavailable, Pending
from cognito_guard.keys.remote import JOIN_SECONDS, MAX_WANTED, REFRESH_SECONDS, UNKNOWN_KEY_SECONDS
from cognito_guard.testing import LocalUserPool

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


def test_others_wait_a_moment_for_an_attempt_while_keys_are_held(
    source: Source, clock: Clock
) -> None:
    """In a rotation, who comes second waits with the first; if the endpoint hangs, not for long."""
    keys = remote(source, clock)
    resolve(keys, "a")
    source.publish(jwk("a"), jwk("new", "b"))
    clock.now += UNKNOWN_KEY_SECONDS
    with source.held_up():
        first = keys.key("new")
        assert isinstance(first, Pending)
        second = keys.key("new")
        assert isinstance(second, Pending)
        clock.now += JOIN_SECONDS - 0.01
        third = keys.key("new")
        assert isinstance(third, Pending)
        assert not third.wait(PATIENCE)  # it waits for 10 ms, whatever it is told
        clock.now += 0.01
        with pytest.raises(KeysUnavailable) as caught:
            keys.key("new")
        assert caught.value.retry_after == UNKNOWN_KEY_SECONDS  # for the next attempt, at worst
        assert checks(keys.key("a"), "a")
    assert all(pending.wait(PATIENCE) for pending in (first, second, third))
    assert checks(keys.key("new"), "b")
    assert source.calls == 2


def test_everybody_waits_for_the_first_keys(source: Source, clock: Clock) -> None:
    """With nothing held there is no known key to protect: the first fetch is waited for by all."""
    keys = remote(source, clock)
    with source.held_up():
        first = keys.key("a")
        clock.now += JOIN_SECONDS
        assert keys.key("a") is first


def test_unknown_kid_causes_one_attempt_in_thirty_seconds(source: Source, clock: Clock) -> None:
    """A kid that is nowhere is refused; the set is asked again 30 s after it was last asked."""
    keys = remote(source, clock)
    resolve(keys, "a")
    for calls in (2, 3, 4):
        unknown(keys)
        clock.now += UNKNOWN_KEY_SECONDS - 0.001
        unknown(keys)
        assert source.calls == calls
        clock.now += 0.001
        unknown(keys)
        assert source.calls == calls + 1


def test_flood_of_unknown_kids_causes_no_flood_of_requests(source: Source, clock: Clock) -> None:
    """100,000 unknown kids in a minute are four requests, and known keys answer throughout."""
    keys = remote(source, clock)
    resolve(keys, "a")
    for number in range(100_000):
        clock.now += 60 / 100_000
        with suppress(InvalidToken, KeysUnavailable):  # and nothing else
            assert isinstance(keys.key(f"unknown-{number}"), Pending)
            settle()
        if number % 1000 == 0:
            assert checks(keys.key("a"), "a")
    assert source.calls <= 4


def test_flood_while_the_endpoint_hangs_leaves_no_trace(
    source: Source, clock: Clock, pool: LocalUserPool
) -> None:
    """100,000 unknown kids: one attempt, one thread, no byte that stays for a kid."""
    source.publish(*pool.jwks()["keys"])
    keys = remote(source, clock)
    guard = Guard(pool.trust(jwks=keys))
    good = pool.access_token()
    guard.verify(good)
    clock.now += UNKNOWN_KEY_SECONDS

    def flood(kids: range) -> None:
        for number in kids:
            with suppress(KeysUnavailable):  # and nothing else
                keys.key(f"unknown-{number}")

    with source.held_up():
        waiting = keys.key("unknown")
        assert isinstance(waiting, Pending)
        clock.now += JOIN_SECONDS
        tracemalloc.start()
        try:
            flood(range(1000))
            threads, before = threading.active_count(), tracemalloc.get_traced_memory()[0]
            flood(range(1000, 100_000))
            after = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
        assert threading.active_count() <= threads  # those of other tests may end meanwhile
        assert after - before < 50_000  # half a byte for each
        assert not waiting._wakers
        assert guard.verify(good).subject == pool.subject("alice")
    assert waiting.wait(PATIENCE)
    assert source.calls == 2


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
    for _ in range(2):
        assert "cannot be fetched" in unavailable(keys, "unknown").detail
    source.publish(jwk("a"))
    clock.now += UNKNOWN_KEY_SECONDS
    unknown(keys)


def test_kid_that_nobody_has_looked_for_is_not_unknown(source: Source, clock: Clock) -> None:
    """One junk token every 30 s uses up the attempts. A rotation right after one: the new key's
    tokens get 503 with the rest of the pause, never 401, and then they are verified.
    """
    keys = remote(source, clock)
    resolve(keys, "a")
    for number in range(4):
        clock.now += UNKNOWN_KEY_SECONDS
        unknown(keys, f"junk-{number}")
    source.publish(jwk("a"), jwk("new", "b"))
    clock.now += 1
    error = unavailable(keys, "new")
    assert error.retry_after == UNKNOWN_KEY_SECONDS - 1
    assert error.detail.startswith("The key that the token names is not known yet")
    unknown(keys, "junk-3")  # that one was looked for
    clock.now += error.retry_after
    unknown(keys, "junk-4")
    assert checks(resolve(keys, "new"), "b")


def test_attempt_that_was_under_way_before_says_nothing(source: Source, clock: Clock) -> None:
    """The answer of a fetch may be older than the rotation: who joins it and is not in it gets
    503, and who began it gets unknown_key.
    """
    keys = remote(source, clock)
    resolve(keys, "a")
    with source.held_up():
        assert isinstance(keys.key("junk"), Pending)
        assert source.begun.wait(PATIENCE)
        assert isinstance(keys.key("new"), Pending)
    settle()
    unknown(keys, "junk")
    unavailable(keys, "new")
    clock.now += UNKNOWN_KEY_SECONDS
    unknown(keys, "new")


def test_wanted_kids_are_forgotten_and_then_nobody_can_say(source: Source, clock: Clock) -> None:
    """A flood pushes a kid out that was looked for: it is asked for again, and meanwhile 503."""
    keys = remote(source, clock)
    resolve(keys, "a")
    unknown(keys, "junk")
    for number in range(2 * MAX_WANTED):
        unavailable(keys, f"flood-{number}")
    clock.now += UNKNOWN_KEY_SECONDS
    unknown(keys, "another")
    unavailable(keys, "junk")
    assert len(keys._wanted) == MAX_WANTED
