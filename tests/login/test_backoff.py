"""Backoff: how long a refresh that fails is left alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cognito_guard.login import backoff as backoff_module
from cognito_guard.login.backoff import Backoff

from .site import Clock


def test_pauses_grow_to_a_minute() -> None:
    """And a success ends them."""
    clock = Clock()
    backoff = Backoff(clock)
    assert backoff.left("a") == 0
    assert [backoff.failed("a") for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    clock.now += 20
    assert backoff.left("a") == 40
    clock.now += 50
    assert backoff.left("a") == 0
    assert backoff.left("b") == 0
    backoff.succeeded("a")
    backoff.succeeded("b")
    assert backoff.failed("a") == 1


def test_clock_that_begins_at_nothing() -> None:
    """A machine that has just started."""
    clock = Clock()
    clock.now = -1.0
    backoff = Backoff(clock)
    backoff.failed("a")
    clock.now = -0.5
    assert backoff.left("a") == 0.5


def test_the_newest_are_remembered() -> None:
    """Of more than ten thousand failing sessions, those that failed last."""
    backoff = Backoff(Clock())
    for number in range(backoff_module._MAX_ENTRIES):
        backoff.failed(f"{number}")
    backoff.failed("0")
    backoff.failed("new")
    assert len(backoff._failing) == backoff_module._MAX_ENTRIES
    assert backoff.left("1") == 0
    assert backoff.left("0") == 2
    assert backoff.left("new") == 1


def test_threads_that_fail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who takes the oldest out while another thread adds one: no error, and no end of entries."""
    monkeypatch.setattr(backoff_module, "_MAX_ENTRIES", 10)
    backoff = Backoff(Clock())

    def fail(thread: int) -> int:
        for number in range(20_000):
            backoff.failed(f"{thread} {number}")
        return thread

    with ThreadPoolExecutor(4) as threads:
        assert [*threads.map(fail, range(4))] == [0, 1, 2, 3]
    assert len(backoff._failing) <= 10 + 4
