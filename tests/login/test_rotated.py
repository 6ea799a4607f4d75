"""Rotated: refresh tokens that the store does not have yet."""

from __future__ import annotations

from cognito_guard.login import rotated as module
from cognito_guard.login.records import Record
from cognito_guard.login.rotated import Rotated


def record(refresh: str | None) -> Record:
    """A record with this refresh token."""
    return Record("a", "b", refresh, 1, 1, 1.0, 1.0)


def test_newest_is_in_the_place_of_all_before_it() -> None:
    """Whichever of them the store has; not of one that somebody else has written."""
    kept = Rotated()
    kept.keep("key", "one", "two")
    kept.keep("key", "two", "three")
    for old in ("one", "two", "three"):
        assert kept.newest("key", record(old)).refresh == "three"
    assert kept.newest("key", record("other")).refresh == "other"
    assert kept.newest("another", record("one")).refresh == "one"
    kept.drop("key")
    assert kept.newest("key", record("one")).refresh == "one"


def test_lock_is_left_where_there_is_something_to_keep() -> None:
    """And is known by whose it is."""
    kept = Rotated()
    assert not kept.leave("key", b"me")
    assert kept.left("key") is None
    kept.keep("key", "one", "two")
    assert kept.left("key") is None
    assert kept.leave("key", b"me")
    assert kept.left("key") == b"me"


def test_child_of_a_fork_keeps_nothing() -> None:
    """What is the parent's is the parent's to write."""
    kept = Rotated()
    kept.keep("key", "one", "two")
    kept._forget_parent()
    assert kept.newest("key", record("one")).refresh == "one"


def test_oldest_make_room() -> None:
    """It does not grow for ever."""
    kept = Rotated()
    for number in range(module._MAX_ENTRIES + 1):
        kept.keep(f"{number}", "one", "two")
    assert len(kept._entries) == module._MAX_ENTRIES
    assert kept.newest("0", record("one")).refresh == "one"
    assert kept.newest("1", record("one")).refresh == "two"
