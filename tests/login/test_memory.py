"""MemorySessionStore: what every store must do, and what only this one may not."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from cognito_guard import ConfigurationError
from cognito_guard.login import MemorySessionStore, SessionsUnavailable

from ..keys.source import PATIENCE
from .site import WAYS, Clock, site
from .test_refresh import signed_in


@pytest.fixture
def clock() -> Clock:
    """Passes when the test says so."""
    return Clock()


@pytest.fixture
def store(clock: Clock) -> MemorySessionStore:
    """An empty one."""
    return MemorySessionStore(clock=clock)


def test_add_keeps_what_is_not_there(store: MemorySessionStore, clock: Clock) -> None:
    """And nothing else, until its time is over."""
    assert store.read("a") is None
    assert store.add("a", b"1", 10)
    assert not store.add("a", b"2", 10)
    clock.now += 9.9
    assert store.read("a") == b"1"
    clock.now += 0.1
    assert store.read("a") is None
    assert store.add("a", b"3", 10)
    assert store.read("a") == b"3"


def test_replace_keeps_only_in_the_place_of_what_it_names(
    store: MemorySessionStore, clock: Clock
) -> None:
    """What was removed, or is over, stays so."""
    assert not store.replace("a", b"1", b"2", 10)
    store.add("a", b"1", 10)
    assert not store.replace("a", b"2", b"3", 10)
    assert store.replace("a", b"1", b"2", 20)
    clock.now += 19
    assert store.read("a") == b"2"
    clock.now += 1
    assert not store.replace("a", b"2", b"3", 10)


def test_remove_forgets(store: MemorySessionStore, clock: Clock) -> None:
    """With a value, only that one. It says whether there was something."""
    store.add("a", b"1", 10)
    assert not store.remove("a", b"2")
    assert store.remove("a", b"1")
    assert not store.remove("a")
    store.add("a", b"1", 10)
    assert store.remove("a")
    store.add("a", b"1", 10)
    clock.now += 10
    assert not store.remove("a")


def test_one_of_many_threads_adds(store: MemorySessionStore) -> None:
    """Each key once, however many try."""
    together = threading.Barrier(8)

    def add(number: int) -> int:
        together.wait(PATIENCE)
        return sum(store.add(f"{key}", b"%d" % number, 10) for key in range(200))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(8))) == 200


def test_full_store_makes_room_of_what_is_over(clock: Clock) -> None:
    """What is over goes; what is not stays, and nobody is signed out for somebody new."""
    store = MemorySessionStore(max_entries=3, clock=clock)
    for key, seconds in (("a", 1), ("b", 100), ("c", 2)):
        assert store.add(key, b"1", seconds)
    with pytest.raises(SessionsUnavailable, match="full"):
        store.add("d", b"1", 100)
    clock.now += 2
    assert store.add("d", b"1", 100)
    assert len(store) == 2
    assert store.add("e", b"1", 100)
    with pytest.raises(SessionsUnavailable):
        store.add("f", b"1", 100)
    assert not store.add("b", b"2", 100)
    assert store.replace("b", b"1", b"2", 100)
    assert [store.read(key) for key in "bde"] == [b"2", b"1", b"1"]


def test_what_is_over_does_not_stay_for_ever(clock: Clock) -> None:
    """It is looked for once a minute, full or not."""
    store = MemorySessionStore(clock=clock)
    for key in range(100):
        store.add(f"{key}", b"1", 30)
    clock.now += 59
    store.add("x", b"1", 1000)
    assert len(store) == 101
    clock.now += 1
    store.add("y", b"1", 1000)
    assert len(store) == 2


def test_full_store_signs_nobody_in_and_nobody_out() -> None:
    """A sign-in is 503, a session goes on."""
    with site(WAYS[1]) as here:
        browser = signed_in(here)
        here.store.memory._max_entries = 1
        with pytest.raises(SessionsUnavailable) as caught:
            signed_in(here)
        assert caught.value.detail == "The session store is full (max_entries)."
        assert browser.username() == "alice"
        here.clock.now += 3600
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 1


def test_strangers_fill_nothing_of_the_sessions() -> None:
    """Sign-ins that come back with junk leave notes, and those have a limit of their own: whoever
    is signed in stays so, and refreshes."""
    with site(WAYS[1]) as here:
        here.store.memory._max_entries = 5
        browser = signed_in(here)
        for number in range(4):  # beside that of the sign-in
            assert here.store.memory.add(f"attempt/{number}", b"used", 1200)
        with pytest.raises(SessionsUnavailable):
            here.store.memory.add("attempt/x", b"used", 1200)
        for number in range(4):
            assert here.store.memory.add(f"session/{number}", b"", 100)
        here.clock.now += 3600 - 60
        assert browser.username() == "alice"
        assert here.endpoint.refreshes == 1
        assert list(here.store.memory._locks) == []


def test_locks_have_no_limit(clock: Clock) -> None:
    """Each is of a session, and so there are no more of them."""
    store = MemorySessionStore(max_entries=1, clock=clock)
    assert all(store.add(f"lock/{number}", b"", 10) for number in range(9))
    assert store.add("session/a", b"", 10)
    assert (len(store), repr(store._locks)) == (10, "<entries>")
    clock.now += 60
    assert store.add("lock/x", b"", 10)
    assert len(store) == 2


@pytest.mark.parametrize("workers", ["2", " 8 "])
def test_several_workers_are_refused(workers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it can be known, it is known at the start."""
    monkeypatch.setenv("WEB_CONCURRENCY", workers)
    with pytest.raises(ConfigurationError, match="WEB_CONCURRENCY starts several"):
        MemorySessionStore()


@pytest.mark.parametrize("workers", ["1", "", "many", "-2"])
def test_one_worker_is_fine(workers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And so is what says nothing."""
    monkeypatch.setenv("WEB_CONCURRENCY", workers)
    assert len(MemorySessionStore()) == 0


@pytest.mark.parametrize("entries", [0, -1, 1.5, True, None])
def test_number_of_entries(entries: int) -> None:
    """A whole number, at least 1."""
    with pytest.raises(ConfigurationError, match="max_entries"):
        MemorySessionStore(max_entries=entries)


def test_it_belongs_to_its_process(store: MemorySessionStore) -> None:
    """It cannot be sent to another one, and says nothing of what it holds."""
    with pytest.raises(TypeError, match="belongs to its process"):
        pickle.dumps(store)
    store.add("key", b"value", 10)
    assert repr(store) == "<MemorySessionStore>"


# In the child of a fork, with the lock held by a thread that is not there.
_USES: list[Callable[[MemorySessionStore], object]] = [
    lambda store: store.read("a"),
    lambda store: store.add("a", b"1", 10),
    lambda store: store.replace("a", b"1", b"2", 10),
    lambda store: store.remove("a"),
]


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_fork_is_told_that_the_sessions_are_elsewhere(store: MemorySessionStore) -> None:
    """Each use in a child is 503 with a sentence that says why, and does not wait for a lock."""
    reading, writing = os.pipe()
    with store._lock:
        child = os.fork()
        if child == 0:  # pragma: no cover  # another process
            signal.alarm(60)  # if it waits, it is not to wait for ever
            said = []
            for use in _USES:
                try:
                    use(store)
                except SessionsUnavailable as error:
                    said.append("the process that this one was forked from" in error.detail)
            os.write(writing, repr(said).encode("ascii"))
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == b"[True, True, True, True]"
    os.waitpid(child, 0)
    assert store.read("a") is None


@pytest.mark.parametrize("use", _USES, ids=["read", "add", "replace", "remove"])
def test_each_use_looks_whose_process_it_is(
    use: Callable[[MemorySessionStore], object], store: MemorySessionStore
) -> None:
    """As the test above sees from outside."""
    use(store)
    store._pid += 1
    with pytest.raises(SessionsUnavailable, match="that this one was forked from; make"):
        use(store)
