"""Requests at once, over real connections, on SQLite, PostgreSQL and MariaDB: one user for a
caller, and no older token after a newer one.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connections, transaction

from cognito_guard import Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.models import CognitoUserLink
from cognito_guard_django.settings import current
from cognito_guard_django.users.provision import provision

from .conftest import Configure

AT_ONCE = 8


def at_once(work: Callable[[], Any]) -> list[Any]:
    """What came of the same work in several threads, each with a connection of its own."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:  # noqa: BLE001  # shown by the test
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class Rendezvous:
    """A hook that lets nobody go on to be stored before all have looked for the user in vain."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(AT_ONCE, timeout=60)
        self.seen = threading.local()

    def __call__(self, user: Any, identity: Identity) -> None:
        if not hasattr(self.seen, "once"):
            self.seen.once = True
            assert user.pk is None
            self.barrier.wait()


# In SQLite no transaction that has read may go on to write after another one has written.
@pytest.mark.parametrize(
    ("anywhere", "nested"),
    [
        ("db", False),
        ("_postgres", False),
        ("_postgres", True),
        ("_mariadb", False),
        ("_mariadb", True),
    ],
    ids=["sqlite", "postgresql", "postgresql nested", "mariadb", "mariadb nested"],
    indirect=["anywhere"],
)
def test_first_requests_at_once(
    nested: bool, anywhere: str, configure: Configure, pool: LocalUserPool
) -> None:
    """All of them get the same user, in the same groups, and there is only one."""
    configure(USER_HOOK=Rendezvous(), GROUPS="mirror")
    settings = current()
    identity = settings.guard.verify(pool.access_token("alice", groups=["a", "b"]))

    def request() -> Any:
        if not nested:
            return provision(identity, settings).pk
        with transaction.atomic(using=anywhere):
            return provision(identity, settings).pk

    results = at_once(request)
    (user,) = User.objects.all()
    assert results == [user.pk] * AT_ONCE
    assert CognitoUserLink.objects.count() == 1
    assert set(user.groups.values_list("name", flat=True)) == {"a", "b"}


def test_first_requests_under_different_names(
    anywhere: str, configure: Configure, pool: LocalUserPool
) -> None:
    """Also where a hook makes up names that do not collide, there is one user for a caller."""
    meet = Rendezvous()

    def hook(user: Any, identity: Identity) -> None:
        if user.pk is None:
            user.username = str(uuid.uuid4())
        meet(user, identity)

    configure(USER_HOOK=hook)
    settings = current()
    identity = settings.guard.verify(pool.access_token("alice"))
    results = at_once(lambda: provision(identity, settings).pk)
    assert results == [User.objects.get().pk] * AT_ONCE


def test_first_requests_of_several_callers_in_a_new_group(
    anywhere: str, configure: Configure, pool: LocalUserPool
) -> None:
    """A Django group that several need at once is made once."""
    configure(USER_HOOK=Rendezvous(), GROUPS="mirror")
    settings = current()
    names = iter([f"user-{number}" for number in range(AT_ONCE)])

    def request() -> Any:
        token = pool.access_token(next(names), groups=["new"])
        return provision(settings.guard.verify(token), settings).pk

    results = at_once(request)
    assert sorted(results) == sorted(User.objects.values_list("pk", flat=True))
    assert Group.objects.count() == 1
    assert User.objects.filter(groups__name="new").count() == AT_ONCE


def test_changes_at_once(anywhere: str, configure: Configure, pool: LocalUserPool) -> None:
    """Requests that all bring the same change leave it made."""
    configure(GROUPS="mirror", STAFF_GROUPS=["admins"])
    settings = current()
    provision(settings.guard.verify(pool.access_token("alice")), settings)
    identity = settings.guard.verify(pool.id_token("alice", groups=["admins"]))
    results = at_once(lambda: provision(identity, settings).is_staff)
    assert results == [True] * AT_ONCE
    user = User.objects.get()
    assert (user.is_staff, user.email) == (True, "alice@example.com")
    assert [group.name for group in user.groups.all()] == ["admins"]


class Conflict(Exception):
    """What a driver says of a transaction that the database has ended."""

    def __init__(self, **codes: str) -> None:
        super().__init__()
        vars(self).update(codes)


@pytest.mark.parametrize(
    ("cause", "number", "again"),
    [
        (Conflict(sqlstate="40001"), None, True),
        (Conflict(pgcode="40P01"), None, True),
        (Conflict(), 1213, True),
        (Conflict(sqlstate="57P01"), None, False),
        (None, 2006, False),
    ],
)
@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("times", [1, 3, 4])
@pytest.mark.parametrize("nested", [False, True])
def test_a_transaction_that_the_database_has_ended(
    cause: Any,
    number: Any,
    again: bool,
    times: int,
    known: bool,
    nested: bool,
    db: str,
    configure: Configure,
    pool: LocalUserPool,
) -> None:
    """For the sake of another one, is begun again, a few times; within one of somebody else's, that
    is up to him."""
    configure()
    settings = current()
    if known:
        provision(settings.guard.verify(pool.access_token("alice")), settings)
    identity = settings.guard.verify(pool.id_token("alice", given_name="Alice"))
    start = 'UPDATE "auth_user"' if known else "INSERT"
    left = [times]

    def meets(execute: Any, sql: str, *more: Any) -> Any:
        if sql.startswith(start) and left[0]:
            left[0] -= 1
            raise OperationalError(*([] if number is None else [number])) from cause
        return execute(sql, *more)

    with connections[db].execute_wrapper(meets):
        if again and times < 4 and not nested:
            assert provision(identity, settings).pk
            return
        around = transaction.atomic(using=db) if nested else nullcontext()
        with pytest.raises(OperationalError), around:
            provision(identity, settings)
    assert User.objects.count() == CognitoUserLink.objects.count() == int(known)
    assert not User.objects.exclude(first_name="").exists()
