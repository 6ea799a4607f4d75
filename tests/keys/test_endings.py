"""RemoteKeySet and the ways that a fetch may end, or not end: nobody is left waiting."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import Any

import pytest

from cognito_guard import KeysUnavailable, Pending, RemoteKeySet
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
)

GIVE_UP_SECONDS = 6.0


ENDINGS: dict[str, tuple[Any, str]] = {
    "a failed fetch": (FetchFailed("status 403"), "status 403"),
    "an empty set": (b'{"keys": []}', "it holds no usable key"),
    "no key set": (b"<html>", 'it is not an object with a list under "keys"'),
    "nothing": (None, 'it is not an object with a list under "keys"'),
    "an error of the caller's get": (ZeroDivisionError("secret"), "ZeroDivisionError"),
    "a cancellation": (asyncio.CancelledError(), "CancelledError"),
    "an exit": (SystemExit(1), "SystemExit"),
}


@pytest.mark.parametrize(("answer", "problem"), ENDINGS.values(), ids=ENDINGS)
def test_fetch_that_brings_nothing_wakes_its_waiters(
    answer: Any, problem: str, source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """However a fetch ends, who waits is woken, gets 503, and the next attempt may succeed."""
    keys = remote(source, clock)
    good, source.answer = source.answer, answer
    pending = keys.key("a")
    assert isinstance(pending, Pending)
    assert pending.wait(PATIENCE)
    error = unavailable(keys)
    assert caplog.messages == [f"keys of {URL} were not fetched: {problem}; no keys are known"]
    source.answer = good
    clock.now += error.retry_after
    assert checks(resolve(keys, "a"), "a")


def test_log_knows_emulators(
    source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Where AWS never gave keys for a pool, it may be one that AWS does not have."""
    url = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Emulated/.well-known/jwks.json"
    keys = RemoteKeySet(url, get=source, clock=clock)
    good, source.answer = source.answer, FetchFailed("status 400")
    error = unavailable(keys)
    said = f"keys of {url} were not fetched: status 400; "
    assert caplog.messages == [
        f"{said}no keys are known: if this is an emulator, set COGNITO_JWKS",
    ]
    source.answer = good
    clock.now += error.retry_after
    assert checks(resolve(keys, "a"), "a")
    caplog.clear()
    # Later, it is an outage.
    source.answer = FetchFailed("status 400")
    clock.now += 25 * 3600
    unavailable(keys)
    assert caplog.messages == [f"{said}no keys are known"]


@pytest.mark.parametrize("answer", [value for value, _ in ENDINGS.values()], ids=ENDINGS)
def test_fetch_that_brings_nothing_leaves_held_keys_alone(
    answer: Any, source: Source, clock: Clock
) -> None:
    """No answer of the endpoint, whatever it is, costs a key that is held."""
    keys = remote(source, clock)
    resolve(keys, "a")
    fetched_at = keys.fetched_at
    source.answer = answer
    clock.now += REFRESH_SECONDS
    keys.key("a")
    settle()
    assert source.calls == 2
    assert checks(keys.key("a"), "a")
    assert keys.fetched_at == fetched_at


def test_thread_that_cannot_be_started_is_a_failed_attempt(
    source: Source,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Where the system has no thread to give, callers get 503 at once, and later the key."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    keys = remote(source, clock)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(KeysUnavailable) as caught:
            resolve(keys, "a")
        keys.prefetch()
    assert caplog.messages == [
        f"keys of {URL} were not fetched: no thread could be started; no keys are known"
    ]
    clock.now += caught.value.retry_after
    assert checks(resolve(keys, "a"), "a")
    clock.now += REFRESH_SECONDS
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert checks(keys.key("a"), "a")
        with pytest.raises(KeysUnavailable):
            keys.key("unknown")
    assert source.calls == 1


def test_thread_that_cannot_be_started_after_a_long_time(
    source: Source, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt has been given up meanwhile, and has failed once."""
    keys = remote(source, clock)

    def refuse(_: threading.Thread) -> None:
        clock.now += GIVE_UP_SECONDS
        with pytest.raises(KeysUnavailable):
            keys.key("a")
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        with pytest.raises(KeysUnavailable):
            resolve(keys, "a")
    assert keys.health().last_error == "no end within 6 s"
    assert keys.health().failures == 1


def test_others_may_run_while_a_thread_is_started(
    source: Source, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under gevent, where a lock from before ``monkey.patch_all`` would stop them all."""
    keys = remote(source, clock)
    start = threading.Thread.start
    locked = []

    def look(thread: threading.Thread) -> None:
        locked.append(keys._lock.locked())
        start(thread)

    with monkeypatch.context() as patch, source.held_up():
        patch.setattr(threading.Thread, "start", look)
        assert isinstance(keys.key("a"), Pending)
    assert locked == [False]


def test_fetch_that_does_not_end_is_given_up(
    source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """After 6 s a fetch counts as failed: its waiters are woken and another may start."""
    keys = remote(source, clock)
    with source.held_up():
        hanging = keys.key("a")
        assert isinstance(hanging, Pending)
        clock.now += GIVE_UP_SECONDS - 0.001
        assert keys.key("a") is hanging
        clock.now += 0.001
        with pytest.raises(KeysUnavailable) as caught:
            keys.key("a")
        assert hanging.wait(0)
        clock.now += caught.value.retry_after
        again = keys.key("a")
        assert isinstance(again, Pending)
    assert caplog.messages == [
        f"keys of {URL} were not fetched: no end within 6 s; no keys are known"
    ]
    assert again.wait(PATIENCE)
    assert checks(resolve(keys, "a"), "a")
    settle()  # the thread of the first fetch may have begun last
    assert source.calls == 2


def test_refresh_that_does_not_end_is_given_up(source: Source, clock: Clock) -> None:
    """A hanging refresh does not stop later ones, and held keys answer meanwhile."""
    keys = remote(source, clock)
    resolve(keys, "a")
    clock.now += REFRESH_SECONDS
    with source.held_up():
        for seconds in (0.0, GIVE_UP_SECONDS, 1.0):
            clock.now += seconds
            assert checks(keys.key("a"), "a")
    settle()
    assert source.calls == 3


def test_answer_that_comes_too_late_changes_nothing(clock: Clock) -> None:
    """What a given-up fetch brings in the end does not replace what a later one brought."""
    late = Source(jwk("a", "withdrawn"))
    fresh = Source(jwk("a", "b"))
    sources = iter([late, fresh])
    keys = RemoteKeySet(URL, get=lambda url: next(sources)(url), clock=clock)
    with late.held_up():
        keys.key("a")
        assert late.begun.wait(PATIENCE)
        clock.now += GIVE_UP_SECONDS
        with pytest.raises(KeysUnavailable) as caught:
            keys.key("a")
        clock.now += caught.value.retry_after
        pending = keys.key("a")
        assert isinstance(pending, Pending)
        assert pending.wait(PATIENCE)
        assert checks(keys.key("a"), "b")
    settle()
    assert checks(keys.key("a"), "b")


def test_log_handler_may_use_the_key_set(
    source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """What is said of a failure is said without the lock: a handler that verifies does not hang."""
    keys = remote(source, clock)
    source.answer = DOWN
    heard: list[str] = []

    def verify(_: object) -> bool:
        with pytest.raises(KeysUnavailable):
            keys.key("a")
        heard.append("unavailable")
        return True

    caplog.handler.addFilter(verify)
    try:
        promptly(lambda: unavailable(keys))
    finally:
        caplog.handler.removeFilter(verify)
    assert heard == ["unavailable"]


def test_key_set_nobody_uses_is_collected(source: Source, clock: Clock) -> None:
    """Nothing keeps a key set alive, and a fetch under way only until its end."""
    keys = remote(source, clock)
    with source.held_up():
        keys.prefetch()
        assert source.begun.wait(PATIENCE)
        gone = weakref.ref(keys)
        del keys
        gc.collect()
        assert gone() is not None
    settle()
    gc.collect()
    assert gone() is None


def test_key_that_is_left_out_is_told_with_its_address(
    source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """An operator reads whose key is broken and why; a set full of them is ten records a minute."""
    keys = remote(source, clock)
    source.publish(jwk("a"), *(jwk(f"b{number}", use="enc") for number in range(20)))
    assert checks(resolve(keys, "a"), "a")
    assert caplog.messages == [
        f"keys of {URL}: key {number} is not for signatures (use) and is left out"
        for number in range(2, 12)
    ]
    (one, *_) = caplog.records
    assert (one.reason, one.source, one.count) == ("key_left_out", URL, 1)  # type: ignore[attr-defined]


def test_failed_attempt_has_attributes_to_count_by(
    source: Source, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """An alarm needs no text: the reason and the address are attributes of the record."""
    keys = remote(source, clock)
    source.answer = DOWN
    clock.now += unavailable(keys).retry_after
    source.publish(jwk("a"))
    resolve(keys, "a")
    settle()
    told = [(r.reason, r.source, r.status, r.count) for r in caplog.records]  # type: ignore[attr-defined]
    assert told == [
        ("keys_not_fetched", URL, None, 1),
        ("keys_fetched_again", URL, None, 1),
    ]
