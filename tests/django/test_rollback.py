"""What a token no longer grants is gone, whatever the request's transaction becomes."""

from __future__ import annotations

import threading
import time
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.db import IntegrityError, connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, TestCase, override_settings
from django.urls import path
from rest_framework.permissions import AllowAny, IsAdminUser
from rest_framework.response import Response

from cognito_guard import Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.models import CognitoUserLink
from cognito_guard_django.rest_framework import CognitoAuthentication
from cognito_guard_django.settings import current
from cognito_guard_django.users.provision import provision

from .api import Seen
from .conftest import Configure, bearer
from .project import MIDDLEWARE, chosen

NOW = int(time.time())
WITHOUT_OURS = [name for name in MIDDLEWARE if "cognito" not in name]


class Admins(Seen):
    """An admin API."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (IsAdminUser,)


class Broken(Seen):
    """Something goes wrong after the caller is known."""

    permission_classes = (AllowAny,)

    def get(self, request: Any) -> Response:
        User.objects.create_user("by the view")
        raise KeyError("sub")


class Unique(Seen):
    """The database refuses what the view does."""

    permission_classes = (AllowAny,)

    def get(self, request: Any) -> Response:
        User.objects.create_user("twice")
        try:
            with transaction.atomic(savepoint=False):
                User.objects.create_user("twice")
        except IntegrityError:
            return Response(status=409)  # the whole transaction is lost
        raise AssertionError


class Asking(Seen):
    """A view that has written, also to the caller's own row, before it asks who is calling."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Any) -> Response:
        User.objects.update(first_name="changed")
        authenticate(request._request, token=request.headers["Authorization"].split()[1])
        transaction.set_rollback(True)
        return Response()


admins = Admins.as_view()


def durable(request: HttpRequest) -> HttpResponse:
    """A transaction of the view's own."""
    with transaction.atomic(using=chosen.alias, durable=True):
        response: HttpResponse = admins(request)
    return response


def autocommit(request: HttpRequest) -> HttpResponse:
    """No transaction."""
    response: HttpResponse = admins(request)
    return response


for alias in ("default", "postgres", "mariadb"):
    transaction.non_atomic_requests(using=alias)(durable)
    transaction.non_atomic_requests(using=alias)(autocommit)

urlpatterns = [
    path("admins", admins),
    path("broken", Broken.as_view()),
    path("unique", Unique.as_view()),
    path("asking", Asking.as_view()),
    path("nested", transaction.atomic(admins)),
    path("durable", durable),
    path("autocommit", autocommit),
]


@pytest.fixture
def atomic(anywhere: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """``ATOMIC_REQUESTS``, REST framework, and no middleware of ours."""
    monkeypatch.setitem(connections.settings[anywhere], "ATOMIC_REQUESTS", True)
    # `transaction.atomic` without a name is the default database.
    monkeypatch.setattr(transaction, "DEFAULT_DB_ALIAS", anywhere)
    with override_settings(MIDDLEWARE=WITHOUT_OURS, ROOT_URLCONF=__name__):
        yield anywhere


OWN: dict[str, Any] = {
    "STAFF_GROUPS": ["staff"],
    "SUPERUSER_GROUPS": ["staff"],
    "GROUPS": {"staff": "editors"},
}


def rights() -> tuple[bool, bool, int]:
    """What the database has of all users, seen over another connection."""
    found: list[tuple[bool, bool, int]] = []

    def look() -> None:
        users = User.objects.filter(cognito_links__isnull=False)
        found.extend((user.is_staff, user.is_superuser, user.groups.count()) for user in users)
        connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    (one,) = found
    return one


def see(token: str) -> Any:
    """The user that a request with this token would have."""
    settings = current()
    return provision(settings.guard.verify(token), settings)


def call(address: str, token: str) -> int:
    """The status of a request."""
    return Client(raise_request_exception=False).get(address, headers=bearer(token)).status_code


@pytest.mark.usefixtures("atomic")
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/admins", 403),
        ("/broken", 500),
        ("/unique", 409),
        ("/asking", 200),
        ("/nested", 403),
        ("/durable", 403),
        ("/autocommit", 403),
    ],
)
def test_who_has_lost_a_group(
    address: str, status: int, configure: Configure, pool: LocalUserPool
) -> None:
    """Is no staff any more once the request is over, and no older token brings it back."""
    configure(**OWN)
    old = pool.access_token("alice", groups=["staff"], iat=NOW - 20)
    assert call("/admins", old) == 200
    assert rights() == (True, True, 1)
    assert call(address, pool.access_token("alice", iat=NOW - 10)) == status
    assert rights() == (False, False, 0)
    assert call("/admins", old) == 403
    assert rights() == (False, False, 0)
    assert call("/admins", pool.access_token("alice", groups=["staff"], iat=NOW)) == 200
    assert rights() == (True, True, 1)


@pytest.mark.usefixtures("atomic")
@pytest.mark.parametrize("address", ["/admins", "/nested", "/broken", "/autocommit"])
@pytest.mark.parametrize("how", ["inactive", "hook", "hook breaks"])
def test_who_is_refused(how: str, address: str, configure: Configure, pool: LocalUserPool) -> None:
    """Whoever is refused for himself loses all the same what his token does not grant."""
    configure(**OWN)
    assert call("/admins", pool.access_token("alice", groups=["staff"], iat=NOW - 20)) == 200

    def hook(user: Any, identity: Identity) -> bool:
        if how == "hook breaks":
            raise KeyError("team")
        return False

    if how == "inactive":
        User.objects.update(is_active=False)
    else:
        configure(**OWN, USER_HOOK=hook)
    wanted = 500 if how == "hook breaks" else 403
    assert call(address, pool.access_token("alice", iat=NOW - 10)) == wanted
    assert rights() == (False, False, 0)


@pytest.mark.usefixtures("atomic")
def test_a_first_request_that_is_rolled_back(configure: Configure, pool: LocalUserPool) -> None:
    """The user is made all the same, as with our middleware, so that an older token is known for
    one; the view's own work is undone."""
    configure(**OWN)
    assert call("/broken", pool.access_token("alice", iat=NOW - 10)) == 500
    assert rights() == (False, False, 0)
    assert not User.objects.filter(username="by the view").exists()
    assert call("/admins", pool.access_token("alice", groups=["staff"], iat=NOW - 20)) == 403
    assert rights() == (False, False, 0)
    assert CognitoUserLink.objects.count() == User.objects.count() == 1


def test_a_newest_token_that_is_rolled_back(
    atomic: str, configure: Configure, pool: LocalUserPool
) -> None:
    """Is remembered also where it changed nothing."""
    configure(**OWN)
    see(pool.access_token("alice", iat=NOW - 30))
    assert call("/broken", pool.access_token("alice", iat=NOW - 10)) == 500
    assert call("/admins", pool.access_token("alice", groups=["staff"], iat=NOW - 20)) == 403
    assert rights() == (False, False, 0)


def nest(using: str, depth: int, work: Callable[[], object], *, fails_at: int) -> None:
    """Work within transactions, of which one is rolled back, by an error that goes no further."""
    if depth == 0:
        work()
        return
    try:
        with transaction.atomic(using=using, savepoint=depth % 2 == 1):
            nest(using, depth - 1, work, fails_at=fails_at)
            if depth == fails_at:
                raise KeyError
    except KeyError:
        pass


@pytest.mark.parametrize("fails_at", [0, 1, 2, 3])
def test_within_other_transactions(
    fails_at: int, anywhere: str, configure: Configure, pool: LocalUserPool
) -> None:
    """Whichever of the transactions around is rolled back, and it is all over afterwards: nothing
    of ours stands in the connection's way any more."""
    configure(**OWN)
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))
    new = pool.access_token("alice", iat=NOW - 10)
    nest(anywhere, 3, lambda: see(new), fails_at=fails_at)
    assert rights() == (False, False, 0)
    here = vars(connections[anywhere])
    assert not {"commit", "rollback", "close", "_cognito_guard_watch"} & here.keys()


def test_rolled_back_twice(anywhere: str, configure: Configure, pool: LocalUserPool) -> None:
    """First the inner one, then the outer one."""
    configure(**OWN)
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))
    with transaction.atomic(using=anywhere):
        with transaction.atomic(using=anywhere):
            see(pool.access_token("alice", iat=NOW - 10))
            transaction.set_rollback(True, using=anywhere)
        assert not User.objects.get().is_staff
        transaction.set_rollback(True, using=anywhere)
    assert rights() == (False, False, 0)


def test_by_hand(anywhere: str, configure: Configure, pool: LocalUserPool) -> None:
    """Without autocommit, and with savepoints of one's own."""
    configure(**OWN)
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))
    transaction.set_autocommit(False, using=anywhere)
    try:
        see(pool.access_token("alice", iat=NOW - 10))
        transaction.rollback(using=anywhere)
        assert rights() == (False, False, 0)
        see(pool.access_token("alice", groups=["staff"], iat=NOW - 5))
        transaction.commit(using=anywhere)
    finally:
        transaction.rollback(using=anywhere)
        transaction.set_autocommit(True, using=anywhere)
    assert rights() == (True, True, 1)
    with transaction.atomic(using=anywhere):
        mine = transaction.savepoint(using=anywhere)
        see(pool.access_token("alice", iat=NOW - 1))
        transaction.savepoint_rollback(mine, using=anywhere)
    assert rights() == (False, False, 0)


@pytest.mark.usefixtures("anywhere")
def test_a_newer_token_in_the_meantime(
    configure: Configure, pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done again after a rollback does not undo what came later."""
    configure(**OWN)
    see(pool.access_token("alice", iat=NOW - 30))
    works: list[Callable[[], object]] = []
    monkeypatch.setattr(
        "cognito_guard_django.users.provision.after_rollback", lambda _, work: works.append(work)
    )
    see(pool.access_token("alice", iat=NOW - 20))
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 10))
    assert len(works) == 2
    for work in works:
        work()
    assert rights() == (True, True, 1)
    User.objects.all().delete()
    for work in works:
        work()
    assert not User.objects.exists()


def kill(connection: Any) -> None:
    """Let the server end a connection; SQLite is none, and loses it by itself."""
    if connection.vendor == "sqlite":
        connection.connection.close()
        return
    other = connection.copy()
    with connection.cursor() as mine, other.cursor() as cursor:
        if connection.vendor == "postgresql":
            mine.execute("SELECT pg_backend_pid()")
            cursor.execute("SELECT pg_terminate_backend(%s)", mine.fetchone())
        else:
            mine.execute("SELECT CONNECTION_ID()")
            cursor.execute("KILL %s", mine.fetchone())
    other.close()


@pytest.mark.parametrize("ends", ["close", "killed"])
def test_a_lost_connection(
    ends: str, anywhere: str, configure: Configure, pool: LocalUserPool
) -> None:
    """A transaction whose connection is closed within it is rolled back by the database."""
    configure(**OWN)
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))
    connection = connections[anywhere]

    def lose() -> None:
        with transaction.atomic(using=anywhere):
            see(pool.access_token("alice", iat=NOW - 10))
            if ends == "close":
                connection.close()
            else:
                kill(connection)
            raise KeyError

    with pytest.raises(KeyError):
        lose()
    assert rights() == (False, False, 0)
    assert "_cognito_guard_watch" not in vars(connection)


def test_a_failure_while_it_is_done_again(
    anywhere: str,
    configure: Configure,
    pool: LocalUserPool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Is logged by its kind, and hides no error of the request; the next request does it."""
    configure(**OWN)
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))
    new = pool.access_token("alice", iat=NOW - 10)

    def fail() -> None:
        with transaction.atomic(using=anywhere):
            see(new)
            broken.setattr("cognito_guard_django.users.withdrawal.lock", lambda *_: 1 / 0)
            raise KeyError

    with monkeypatch.context() as broken, pytest.raises(KeyError):
        fail()
    assert "ZeroDivisionError" in caplog.text
    assert rights() == (True, True, 1)
    see(new)
    assert rights() == (False, False, 0)


def test_a_user_model_that_refuses_to_be_saved(
    anywhere: str, configure: Configure, pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keeps nobody's rights alive."""
    configure(**OWN)
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))

    def save(self: Any, **_: Any) -> None:
        raise ValueError("invalid")

    monkeypatch.setattr(User, "save", save)
    see(pool.access_token("alice", iat=NOW - 10))
    assert rights() == (False, False, 0)


def test_in_a_test_case(anywhere: str, configure: Configure, pool: LocalUserPool) -> None:
    """Within the transactions of Django's ``TestCase``, a request's transaction is one like any
    other, and the next test finds everything as it was."""
    configure(**OWN)
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))

    class Case(TestCase):
        databases = {anywhere}  # noqa: RUF012

        def test_first(self) -> None:
            for address in (lambda: see(new), fail, succeed):
                assert User.objects.get().is_staff
                address()
                assert not User.objects.get().is_staff
                User.objects.update(is_staff=True)
                CognitoUserLink.objects.update(rights_at=NOW - 20, rights_seen="")
            succeed()

        def test_second(self) -> None:
            self.test_first()

    new = pool.access_token("alice", iat=NOW - 10)

    def succeed() -> None:
        with transaction.atomic(using=anywhere):
            see(new)

    def fail() -> None:
        with transaction.atomic(using=anywhere):
            see(new)
            transaction.set_rollback(True, using=anywhere)

    result = unittest.TestResult()
    unittest.TestSuite([Case("test_first"), Case("test_second")]).run(result)
    assert (result.testsRun, result.errors, result.failures) == (2, [], [])
    assert rights() == (True, True, 1)


def test_with_our_middleware(
    anywhere: str, configure: Configure, pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The middleware stands before the transaction; sync and async."""
    monkeypatch.setitem(connections.settings[anywhere], "ATOMIC_REQUESTS", True)
    configure(**OWN)
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))
    with override_settings(ROOT_URLCONF=__name__):
        assert call("/broken", pool.access_token("alice", iat=NOW - 10)) == 500
        assert rights() == (False, False, 0)
        see(pool.access_token("alice", groups=["staff"], iat=NOW - 5))
        client = AsyncClient(raise_request_exception=False)
        token = pool.access_token("alice", iat=NOW - 1)
        answer = async_to_sync(client.get)("/broken", headers=bearer(token))
        assert answer.status_code == 500
        assert rights() == (False, False, 0)


def test_what_others_have_put_there(
    anywhere: str, configure: Configure, pool: LocalUserPool
) -> None:
    """Somebody else who stands before the connection's methods, from before or since, stays."""
    configure(**OWN)
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))
    here = vars(connections[anywhere])
    calls: list[str] = []

    def stand_before(name: str) -> Callable[..., object]:
        inner = getattr(connections[anywhere], name)

        def outer(*args: Any) -> object:
            calls.append(name)
            return inner(*args)

        here[name] = outer
        return outer

    try:
        before = stand_before("rollback")
        with transaction.atomic(using=anywhere):
            see(pool.access_token("alice", iat=NOW - 10))
            since = stand_before("commit")
            transaction.set_rollback(True, using=anywhere)
        assert rights() == (False, False, 0)
        assert (here["rollback"], here["commit"]) == (before, since)
        assert calls[0] == "rollback"
        with transaction.atomic(using=anywhere):
            pass
    finally:
        here.pop("rollback")
        here.pop("commit")


def test_a_savepoint_that_has_nothing_to_do_with_it(
    anywhere: str, configure: Configure, pool: LocalUserPool
) -> None:
    """A user who was made before it stays the only one."""
    configure(**OWN)
    with transaction.atomic(using=anywhere):
        user = see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))
        with transaction.atomic(using=anywhere):
            transaction.set_rollback(True, using=anywhere)
    assert User.objects.get() == user
    assert rights() == (True, True, 1)


def test_a_connection_that_stays_open(
    anywhere: str, configure: Configure, pool: LocalUserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``close`` does nothing to SQLite in memory, and so the transaction goes on."""
    configure(**OWN)
    see(pool.access_token("alice", groups=["staff"], iat=NOW - 20))
    with monkeypatch.context() as open_, transaction.atomic(using=anywhere):
        open_.setattr(type(connections[anywhere]), "close", lambda _: None)
        see(pool.access_token("alice", iat=NOW - 10))
        connections[anywhere].close()
        transaction.set_rollback(True, using=anywhere)
    assert rights() == (False, False, 0)
