"""KeysUnavailable.retry_after: who comes back then finds that an attempt is really made."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cognito_guard import Guard, KeysUnavailable, Pending
from cognito_guard.keys import KeySet
from cognito_guard.keys import lookup as lookup_module
from cognito_guard.keys.remote import UNKNOWN_KEY_SECONDS
from cognito_guard.keys.sibling import SiblingKeySet
from cognito_guard.testing import LocalUserPool

from .source import DOWN, PATIENCE, Clock, Source, remote, resolve, settle, unavailable
from .test_patience import Verify, in_every_way

every_draw = pytest.mark.parametrize("random", [b"\x00\x00", b"\xff\xff"], ids=["least", "most"])


@pytest.fixture
def draw(random: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jitter at one end of its range."""
    monkeypatch.setattr(os, "urandom", lambda _: random)


def asked(keys: KeySet, kid: str) -> None:
    """Somebody asks, and whatever comes of it comes to its end."""
    try:
        key = keys.key(kid)
    except KeysUnavailable:
        return
    assert isinstance(key, Pending)
    assert key.wait(PATIENCE)
    settle()


@every_draw
@pytest.mark.usefixtures("draw")
@pytest.mark.parametrize("held", [False, True], ids=["nothing held", "keys held"])
def test_it_is_true_through_an_outage(held: bool, source: Source, clock: Clock) -> None:
    """Ten failures long, each time: at the second that was named, and not before, it is tried."""
    keys = remote(source, clock)
    if held:
        resolve(keys, "a")
        clock.now += UNKNOWN_KEY_SECONDS
    source.answer = DOWN
    for _ in range(10):
        seconds = unavailable(keys, "new").retry_after
        calls = source.calls
        assert seconds == unavailable(keys, "new").retry_after
        clock.now += max(0.0, seconds - 1.001)  # it is rounded up to whole seconds
        asked(keys, "new")
        assert source.calls == calls
        clock.now += min(seconds, 1.001)
        asked(keys, "new")
        assert source.calls == calls + 1


@contextmanager
def trying_again(source: Source, clock: Clock, keys: KeySet) -> Iterator[None]:
    """The endpoint failed once, and now it hangs over the second attempt."""
    source.answer = DOWN
    clock.now += unavailable(keys).retry_after
    with source.held_up():
        assert isinstance(keys.key("a"), Pending)
        assert source.begun.wait(PATIENCE)
        yield


@every_draw
@pytest.mark.usefixtures("draw")
def test_it_is_true_while_an_attempt_hangs(source: Source, clock: Clock) -> None:
    """It counts in that the attempt under way may fail, and the pause that would follow."""
    keys = remote(source, clock)
    with trying_again(source, clock, keys):
        clock.now += 0.5
        with pytest.raises(KeysUnavailable) as caught:
            keys.key("a")
        assert caught.value.retry_after == 8  # 6 until it is given up, 2 of pause, 0.5 have passed
        assert keys.retry_after("a") == 8
        clock.now += caught.value.retry_after
        assert isinstance(keys.key("a"), Pending)
    settle()
    assert source.calls == 3


def test_it_is_true_when_the_attempt_fails_after_all(source: Source, clock: Clock) -> None:
    """The same, where the attempt under way ends by itself."""
    keys = remote(source, clock)
    with trying_again(source, clock, keys):
        with pytest.raises(KeysUnavailable) as caught:
            keys.key("a")
        clock.now += 5
    settle()
    clock.now += caught.value.retry_after - 5
    asked(keys, "a")
    assert source.calls == 3


def test_it_is_at_least_a_second(source: Source, clock: Clock) -> None:
    """Where an attempt could be made at once, nobody is told 0."""
    assert remote(source, clock).retry_after("a") == 1


@in_every_way
def test_who_gave_up_waiting_is_told_the_truth(
    verify: Verify,
    pool: LocalUserPool,
    source: Source,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A request that has waited long enough comes back when a hanging attempt is given up."""
    monkeypatch.setattr(lookup_module, "_WAIT_SECONDS", 0.05)
    keys = remote(source, clock)
    guard = Guard(pool.trust(jwks=keys))
    token = pool.access_token()
    with source.held_up():
        with pytest.raises(KeysUnavailable) as caught:
            verify(guard, token)
        assert caught.value.retry_after == 7
        clock.now += caught.value.retry_after
        assert isinstance(keys.key("a"), Pending)
    settle()
    assert source.calls == 2


def test_of_two_addresses_the_sooner_one_counts(clock: Clock) -> None:
    """Where a pool has two addresses, an attempt at either is one."""
    sources = Source(), Source()
    first, second = (remote(source, clock) for source in sources)
    pair = SiblingKeySet(first, second)
    sources[0].answer = sources[1].answer = DOWN
    for _ in range(6):
        clock.now += 60
        unavailable(second)
    assert pair.retry_after("a") == 1
    assert SiblingKeySet(second, first).retry_after("a") == 1
    assert second.retry_after("a") > 1
