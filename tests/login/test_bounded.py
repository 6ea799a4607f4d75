"""Bounded: what a process remembers of sessions, with several threads at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from cognito_guard.login import backoff, opened, rotated
from cognito_guard.login.backoff import Backoff
from cognito_guard.login.opened import Opened
from cognito_guard.login.records import Record
from cognito_guard.login.rotated import Rotated

from .site import Clock

RECORD = Record("access", "id", "refresh", 1, 1, 1.0, 1.0)


class Changed(dict[str, object]):
    """Entries of which another thread takes the oldest out while somebody else looks for it."""

    def __init__(self) -> None:
        super().__init__()
        self.changes = 0

    def __iter__(self) -> Iterator[str]:
        self.changes += 1
        found = super().__iter__()
        self.pop(next(super().__iter__()))
        return found


def failing(entries: Changed) -> Callable[[str], object]:
    """Sessions whose refreshes fail."""
    one = Backoff(Clock())
    one._failing = entries  # type: ignore[assignment]
    return one.failed


def opening(entries: Changed) -> Callable[[str], object]:
    """Records that are opened."""
    one = Opened()
    one._entries = entries  # type: ignore[assignment]
    return lambda key: one.add(key, b"sealed", RECORD)


def rotating(entries: Changed) -> Callable[[str], object]:
    """Refresh tokens that wait for the store."""
    one = Rotated()
    one._entries = entries  # type: ignore[assignment]
    return lambda key: one.keep(key, "old", "new")


@pytest.mark.parametrize(
    ("module", "adding"), [(backoff, failing), (opened, opening), (rotated, rotating)]
)
def test_another_thread_at_the_same_time(
    module: object,
    adding: Callable[[Changed], Callable[[str], object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is no error, and the newest stay."""
    monkeypatch.setattr(module, "_MAX_ENTRIES", 5)
    entries = Changed()
    add = adding(entries)
    for number in range(20):
        add(f"{number}")
    assert len(entries) == 5
    assert "19" in dict.keys(entries)
    assert entries.changes == 15
