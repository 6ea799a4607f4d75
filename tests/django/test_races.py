"""Two first requests at once make one user, on SQLite and on PostgreSQL, over real connections."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connections, transaction

from cognito_guard import Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.models import CognitoUserLink
from cognito_guard_django.settings import current
from cognito_guard_django.users import provision

from ..needs import need
from .conftest import Configure, database, emptied

AT_ONCE = 8


@pytest.fixture(scope="session")
def _postgres() -> Iterator[str]:
    need(find_spec("psycopg") is not None, "psycopg: pip install 'psycopg[binary]'")
    try:
        connections["postgres"].ensure_connection()
    except OperationalError:
        need(False, "PostgreSQL on 127.0.0.1:5432 that trusts the user postgres")
    yield from database("postgres")


@pytest.fixture(params=["db", "_postgres"], ids=["sqlite", "postgresql"])
def anywhere(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of each kind."""
    alias: str = request.getfixturevalue(request.param)
    if alias == "default":
        yield alias
    else:
        yield from emptied(alias)


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
    [("db", False), ("_postgres", False), ("_postgres", True)],
    ids=["sqlite", "postgresql", "postgresql in a transaction"],
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

    assert len(set(at_once(request))) == AT_ONCE
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
