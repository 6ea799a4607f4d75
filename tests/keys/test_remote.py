"""RemoteKeySet while all is well: the first fetch, held keys and their refresh."""

from __future__ import annotations

import os

import pytest

from cognito_guard import Pending, RemoteKeySet
from cognito_guard.keys.remote import REFRESH_SECONDS
from cognito_guard.network.fetch import FetchFailed

from .material import checks, jwk
from .source import (
    DOWN,
    PATIENCE,
    URL,
    Clock,
    Source,
    promptly,
    remote,
    resolve,
    settle,
    unavailable,
    unknown,
)


def test_nothing_is_fetched_before_a_key_is_asked_for(source: Source, clock: Clock) -> None:
    """A key set that nobody uses causes no request."""
    keys = remote(source, clock)
    assert source.calls == 0
    assert repr(keys) == f"<RemoteKeySet {URL}>"


def test_first_key_is_waited_for_and_then_held(source: Source, clock: Clock) -> None:
    """The first caller gets something to wait for; after it the key is there without a fetch."""
    keys = remote(source, clock)
    pending = keys.key("a")
    assert isinstance(pending, Pending)
    assert pending.wait(PATIENCE)
    assert checks(keys.key("a"), "a")
    assert source.calls == 1


def test_everybody_waits_for_one_and_the_same_fetch(source: Source, clock: Clock) -> None:
    """While a fetch is under way, whatever kid is asked for, nobody starts another."""
    keys = remote(source, clock)
    with source.held_up():
        first = keys.key("a")
        assert all(keys.key(kid) is first for kid in ("a", "b", "c"))
    resolve(keys, "a")
    assert source.calls == 1


def test_key_is_asked_for_by_the_address_of_the_set(clock: Clock) -> None:
    """A kid never becomes part of an address."""
    asked: list[str] = []

    def get(url: str) -> bytes:
        asked.append(url)
        raise FetchFailed("status 404")

    unavailable(RemoteKeySet(URL, get=get, clock=clock), "../../other?x=#")
    assert asked == [URL]


def test_prefetch_fetches_once_and_only_what_is_not_held(source: Source, clock: Clock) -> None:
    """A prefetch loads the keys ahead of the first caller; a second one finds them held."""
    keys = remote(source, clock)
    keys.prefetch()
    settle()
    keys.prefetch()
    settle()
    assert source.calls == 1
    assert checks(keys.key("a"), "a")


def test_prefetch_does_not_wait_and_does_not_fail(source: Source, clock: Clock) -> None:
    """With the endpoint hanging, then down, a prefetch returns at once and nothing is raised."""
    keys = remote(source, clock)
    source.answer = DOWN
    with source.held_up():
        keys.prefetch()
        assert keys._lock.acquire(timeout=PATIENCE)
        promptly(keys.prefetch)
        keys._lock.release()
    settle()
    keys.prefetch()  # within the back-off
    settle()
    assert source.calls == 1


def test_held_key_needs_no_lock(source: Source, clock: Clock) -> None:
    """A key that is held is found while somebody else has the lock, even when a refresh is due."""
    keys = remote(source, clock)
    resolve(keys, "a")
    with keys._lock:
        assert checks(promptly(lambda: keys.key("a")), "a")
        clock.now += REFRESH_SECONDS
        assert checks(promptly(lambda: keys.key("a")), "a")
    assert source.calls == 1


@pytest.mark.parametrize(
    ("random", "age"), [(b"\x00\x00", 3240.0), (b"\xff\xff", 3600.0)], ids=["least", "most"]
)
def test_refresh_is_due_after_an_hour_less_a_tenth_at_most(
    random: bytes, age: float, source: Source, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The age at which keys are fetched anew is drawn between 54 and 60 minutes."""
    monkeypatch.setattr(os, "urandom", lambda _: random)
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += age - 0.001
    keys.key("a")
    settle()
    assert source.calls == 1
    clock.now += 0.001
    keys.key("a")
    settle()
    assert source.calls == 2


def test_refresh_keeps_nobody_waiting(source: Source, clock: Clock) -> None:
    """While old keys are fetched anew, once, they answer as before; then the new ones do."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += REFRESH_SECONDS
    source.publish(jwk("a"), jwk("b", "b"))
    with source.held_up():
        for _ in range(100):
            assert checks(keys.key("a"), "a")
        assert source.begun.wait(PATIENCE)
    settle()
    assert checks(keys.key("b"), "b")
    assert source.calls == 2
    assert keys.fetched_at == clock.now


def test_an_unchanged_key_stays_the_same_object(source: Source, clock: Clock) -> None:
    """What is remembered of a key outlives a refresh, unless another key took its place."""
    source.publish(jwk("a"), jwk("b", "b"))
    keys = remote(source, clock)
    a, b = (resolve(keys, kid) for kid in "ab")

    source.publish(jwk("a"), jwk("b", "a"))
    clock.now += REFRESH_SECONDS
    keys.key("a")
    settle()

    assert (resolve(keys, "a") is a, resolve(keys, "b") is b) == (True, False)


def test_withdrawn_key_is_gone_with_the_refresh(source: Source, clock: Clock) -> None:
    """A key that the endpoint no longer publishes verifies nothing once the set was refreshed."""
    source.publish(jwk("a"), jwk("b", "b"))
    keys = remote(source, clock)
    resolve(keys, "a")
    source.publish(jwk("b", "b"))
    clock.now += REFRESH_SECONDS
    keys.key("b")
    settle()
    unknown(keys, "a")
    assert checks(keys.key("b"), "b")


def test_key_replaced_under_its_kid_is_replaced(source: Source, clock: Clock) -> None:
    """After the refresh the new key counts under the old kid, and the old key does not."""
    keys = remote(source, clock)
    assert checks(resolve(keys, "a"), "a")
    source.publish(jwk("a", "b"))
    clock.now += REFRESH_SECONDS
    keys.key("a")
    settle()
    assert checks(keys.key("a"), "b")
    assert not checks(keys.key("a"), "a")


def test_refresh_by_somebody_else_is_not_repeated(source: Source, clock: Clock) -> None:
    """A caller that was overtaken, by a whole refresh, between two of its steps starts no other."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += REFRESH_SECONDS

    def overtake() -> None:
        keys.key("a")
        settle()

    clock.interrupt(overtake)
    keys.key("a")
    settle()
    assert source.calls == 2


@pytest.mark.parametrize("ask", ["key", "prefetch"])
def test_first_fetch_by_somebody_else_is_not_repeated(
    ask: str, source: Source, clock: Clock
) -> None:
    """A caller that was overtaken by the whole first fetch uses what that one brought."""
    keys = remote(source, clock)
    clock.interrupt(lambda: resolve(keys, "a"))
    if ask == "key":
        assert checks(keys.key("a"), "a")
    else:
        keys.prefetch()
        settle()
    assert source.calls == 1
