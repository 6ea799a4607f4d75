"""The stores of sign-in on Django's session framework: each operation in one step, for good."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, OperationalError, connections, transaction
from django.test import override_settings
from django.utils import timezone

from cognito_guard import ConfigurationError
from cognito_guard.login import MemorySessionStore, SessionsUnavailable
from cognito_guard_django.login.cached import CacheStore
from cognito_guard_django.login.database import DatabaseStore
from cognito_guard_django.login.hidden import entry_key
from cognito_guard_django.login.store import framework_stores, named_stores

from .conftest import emptied

AT_ONCE = 8
KEY = "session/" + "ab" * 32
BACKENDS = "django.contrib.sessions.backends"


@pytest.fixture(
    params=[
        *(("db", "db"), ("db", "_postgres"), ("db", "_mariadb")),
        *(("cached_db", "db"), ("cache", "db")),
    ],
    ids="-".join,
)
def store(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Each store, empty."""
    engine, fixture = request.param
    alias = request.getfixturevalue(fixture)
    cache.clear()
    with override_settings(SESSION_ENGINE=f"{BACKENDS}.{engine}"):
        for one in (alias,) if fixture == "db" else emptied(alias):
            Session.objects.using(one).all().delete()
            yield framework_stores().blocking


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """What came of the same work in several threads, each with a connection of its own."""
    results: list[Any] = []
    start = threading.Barrier(AT_ONCE, timeout=60)

    def run(number: int) -> None:
        try:
            start.wait()
            results.append(work(number))
        except Exception as error:  # noqa: BLE001  # shown by the test
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_operations(store: Any) -> None:
    """What is there stays as it is unless it is as it was thought to be."""
    assert store.read(KEY) is None
    assert not store.replace(KEY, b"a", b"b", 60)
    assert not store.remove(KEY)
    assert store.add(KEY, b"\x00\xff", 60.5)
    assert not store.add(KEY, b"b", 60)
    assert store.read(KEY) == b"\x00\xff"
    assert not store.replace(KEY, b"b", b"c", 60)
    assert store.replace(KEY, b"\x00\xff", b"c", 60)
    assert not store.remove(KEY, b"\x00\xff")
    assert store.read(KEY) == b"c"
    assert store.remove(KEY, b"c")
    assert not store.remove(KEY)
    assert store.add(KEY, b"d", 60)
    assert store.remove(KEY)
    assert store.read(KEY) is None
    assert "d" not in repr(store).replace("DatabaseStore", "")


def test_a_session_and_its_lock_are_two(store: Any) -> None:
    """Their keys have one digest."""
    assert store.add(KEY, b"a", 60)
    assert store.add(KEY.replace("session", "lock"), b"b", 60)
    assert store.read(KEY) == b"a"


def test_what_is_over_is_not_there(store: Any) -> None:
    """And makes room, though nobody has cleared up: a lock that was never opened."""
    with time_machine.travel(timezone.now() - timedelta(seconds=61)):
        assert store.add(KEY, b"a", 60)
        assert store.read(KEY) == b"a"
    assert store.read(KEY) is None
    assert not store.replace(KEY, b"a", b"b", 60)
    assert not store.remove(KEY)
    assert store.add(KEY, b"b", 60)
    assert not store.add(KEY, b"c", 60)
    assert store.read(KEY) == b"b"


def test_one_adds(store: Any) -> None:
    """Of many at once."""
    assert sorted(at_once(lambda n: store.add(KEY, bytes([n]), 60))) == [False] * 7 + [True]


def test_one_adds_after_one_that_is_over(store: Any) -> None:
    """Also where all of them clear up."""
    with time_machine.travel(timezone.now() - timedelta(seconds=61)):
        store.add(KEY, b"a", 60)
    assert sorted(at_once(lambda n: store.add(KEY, bytes([n]), 60))) == [False] * 7 + [True]


def test_one_replaces(store: Any) -> None:
    """Of many at once."""
    store.add(KEY, b"old", 60)
    done = at_once(lambda n: store.replace(KEY, b"old", bytes([n]), 60))
    assert sorted(done) == [False] * 7 + [True]


def test_one_removes(store: Any) -> None:
    """Of many at once."""
    store.add(KEY, b"old", 60)
    assert sorted(at_once(lambda n: store.remove(KEY, b"old"))) == [False] * 7 + [True]


def test_what_was_removed_stays_removed(store: Any) -> None:
    """Whoever replaces meanwhile: a sign-out beats a refresh."""
    store.add(KEY, b"old", 60)

    def work(number: int) -> bool:
        if number % 2:
            return bool(store.replace(KEY, b"old", b"new", 60))
        return bool(store.remove(KEY))

    results = at_once(work)
    assert True in results
    assert store.read(KEY) is None


CHANGES: dict[str, Callable[[DatabaseStore], bool]] = {
    "INSERT": lambda store: store.add(KEY, b"a", 60),
    "UPDATE": lambda store: store.replace(KEY, b"a", b"b", 60),
    "DELETE": lambda store: store.remove(KEY, b"a"),
}


@pytest.mark.parametrize("verb", CHANGES)
@pytest.mark.parametrize("nested", [False, True], ids=["alone", "nested"])
def test_a_change_that_the_database_has_ended(nested: bool, verb: str, db: str) -> None:
    """Two that add and remove one entry, such as a lock, may meet, of which MariaDB ends one. It is
    made again; within a transaction of somebody else's, that is up to him."""
    store = DatabaseStore(SessionStore)
    if verb != "INSERT":
        store.add(KEY, b"a", 60)
    left = [1 if nested else 3]

    def meets(execute: Any, sql: str, *more: Any) -> Any:
        if sql.startswith(verb) and left[0]:
            left[0] -= 1
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return execute(sql, *more)

    with connections[db].execute_wrapper(meets):
        if nested:
            with pytest.raises(OperationalError, match="1213"), transaction.atomic(using=db):
                CHANGES[verb](store)
        else:
            assert CHANGES[verb](store)
    assert left == [0]


def test_text_of_another_case(store: Any) -> None:
    """A collation that folds case makes one of two values nowhere."""
    store.add(KEY, b"abc", 60)
    assert not store.replace(KEY, b"ABC", b"new", 60)
    assert not store.remove(KEY, b"ABC")


class Undone(Exception):
    """A transaction ends so."""


def test_rollback_undoes_nothing(anywhere: str) -> None:
    """Whatever becomes of a transaction around, what was written and removed stays so."""
    with override_settings(SESSION_ENGINE=f"{BACKENDS}.db"):
        store = framework_stores().blocking
        Session.objects.all().delete()
        store.add(KEY, b"old", 60)
        store.add("session/gone", b"a", 60)
        with suppress(Undone), transaction.atomic(using=anywhere):
            assert store.read(KEY) == b"old"
            assert store.replace(KEY, b"old", b"new", 60)
            assert store.remove("session/gone")
            assert store.add("session/made", b"b", 60)
            assert store.read(KEY) == b"new"
            raise Undone
        assert store.read(KEY) == b"new"
        assert store.read("session/gone") is None
        assert store.read("session/made") == b"b"


def test_read_within_a_transaction_sees_what_is_there(anywhere: str) -> None:
    """Also where the database shows a transaction what it has seen before."""
    if anywhere == "default":
        pytest.skip("SQLite lets nobody write meanwhile")
    with override_settings(SESSION_ENGINE=f"{BACKENDS}.db"):
        store = framework_stores().blocking
        Session.objects.all().delete()
        store.add(KEY, b"old", 60)

        def elsewhere() -> None:
            store.replace(KEY, b"old", b"new", 60)
            connections.close_all()

        with transaction.atomic(using=anywhere):
            assert Session.objects.count() == 1
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
            assert store.read(KEY) == b"new"


def test_no_browser_can_name_a_record(db: str) -> None:
    """A cookie with a record's key in it makes no session of Django's."""
    with override_settings(SESSION_ENGINE=f"{BACKENDS}.db"):
        store = framework_stores().blocking
        store.add(KEY, b"a", 60)
        engine = import_module(f"{BACKENDS}.db")
        assert engine.SessionStore(entry_key(KEY)).load() == {}
        Session.objects.filter(session_key=entry_key(KEY)).update(session_data="none of ours")
        assert store.read(KEY) is None


def test_a_cache_that_somebody_holds_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not let go for too long: nobody is signed out for it."""
    monkeypatch.setattr("cognito_guard_django.login.cached._PAUSES", (0.0, 0.0))
    cache.clear()
    store = CacheStore()
    store.add(KEY, b"a", 60)
    name = f"cognito_guard.login.{entry_key(KEY)}"
    cache.add(f"{name}.lock", "somebody", 60)
    with pytest.raises(TimeoutError):
        store.replace(KEY, b"a", b"b", 60)
    assert store.read(KEY) == b"a"
    cache.delete(f"{name}.lock")
    assert store.replace(KEY, b"a", b"b", 60)


def test_a_lock_that_is_over_is_left_to_who_has_it_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was stopped for too long does not take another one's lock away."""
    cache.clear()
    store = CacheStore()
    store.add(KEY, b"a", 60)
    lock = f"cognito_guard.login.{entry_key(KEY)}.lock"
    monkeypatch.setattr(
        "cognito_guard_django.login.cached.entry_text",
        lambda value: cache.set(lock, "somebody", 60),
    )
    assert not store.replace(KEY, b"a", b"b", 60)
    assert cache.get(lock) == "somebody"


@pytest.mark.parametrize(
    ("engine", "said"),
    [
        (f"{BACKENDS}.signed_cookies", "everything would be in the browser"),
        (f"{BACKENDS}.file", "changed in one step"),
        ("no.such.engine", "cannot be imported"),
        ("json", "cannot be imported"),
    ],
)
def test_engines_that_keep_no_tokens(engine: str, said: str) -> None:
    """They are named, with what to do."""
    with override_settings(SESSION_ENGINE=engine), pytest.raises(ConfigurationError, match=said):
        framework_stores()


def make() -> MemorySessionStore:
    """A store."""
    return MemorySessionStore()


class Awaited:
    """An async store."""

    async def read(self, key: str) -> bytes | None:
        """As of a store."""

    add = replace = remove = read


def test_stores_of_ones_own() -> None:
    """An object, what makes one, or the path of either."""
    own = make()
    assert named_stores(own) == (own, own)
    for value in (make, f"{__name__}.make", MemorySessionStore):
        assert isinstance(named_stores(value).blocking, MemorySessionStore)
    found = named_stores(Awaited)
    assert found.blocking is None
    assert isinstance(found.awaited, Awaited)
    for wrong, said in (("no.such.thing", "cannot be imported"), (17, "must be a store")):
        with pytest.raises(ConfigurationError, match=said):
            named_stores(wrong)


@pytest.mark.usefixtures("configure")
def test_table_is_missing(anywhere: str) -> None:
    """Nobody has made it yet, and the log says what makes it: it looks like no outage."""
    store = DatabaseStore(SessionStore)
    with connections[anywhere].schema_editor() as editor:
        editor.delete_model(Session)
    try:
        for work in (
            lambda: store.read(KEY),
            lambda: store.add(KEY, b"value", 60),
            lambda: store.replace(KEY, b"value", b"another", 60),
            lambda: store.remove(KEY),
        ):
            with pytest.raises(SessionsUnavailable) as caught:
                work()
            assert "has manage.py migrate been run?" in caught.value.detail
        # In a transaction that has failed, PostgreSQL cannot be asked what is missing.
        failures = DatabaseError, SessionsUnavailable
        with pytest.raises(failures), transaction.atomic(using=anywhere):
            store.remove(KEY)
    finally:
        with connections[anywhere].schema_editor() as editor:
            editor.create_model(Session)


def test_other_failures_are_outages(db: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the table is there, it is something else that has failed."""
    store = DatabaseStore(SessionStore)

    def fail(*_: object) -> Any:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(DatabaseStore, "_rows", fail)
    with pytest.raises(OperationalError, match="disk"):
        store.remove(KEY)
