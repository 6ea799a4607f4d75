"""What the characters of a database cannot say keeps nobody out: it is left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connections, transaction

from cognito_guard import AccessDenied, Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.settings import current
from cognito_guard_django.users import groups
from cognito_guard_django.users.provision import provision
from cognito_guard_django.users.values import Unsaid

from .conftest import Configure, emptied

COLUMNS = (
    ("auth_user", "first_name", 150),
    ("auth_user", "last_name", 150),
    ("auth_user", "email", 254),
    ("auth_group", "name", 150),
    ("cognito_guard_django_cognitouserlink", "subject", 255),
)
FACE = "\U0001f600"


@pytest.fixture(scope="module")
def _columns(_mariadb: str) -> Iterator[str]:
    def become(characters: str) -> None:
        with connections[_mariadb].cursor() as cursor:
            for table, column, longest in COLUMNS:
                cursor.execute(
                    f"ALTER TABLE {table} MODIFY {column} varchar({longest}) "
                    f"CHARACTER SET {characters} NOT NULL"
                )

    become("utf8mb3")
    yield _mariadb
    become("utf8mb4")


@pytest.fixture(autouse=True)
def narrow(_columns: str) -> Iterator[str]:
    """An empty database with three bytes a character, as older ones of MySQL and MariaDB are."""
    yield from emptied(_columns)


@pytest.fixture(params=[False, True], ids=["alone", "nested"])
def see(request: pytest.FixtureRequest, narrow: str) -> Any:
    """The user that a request with a token would have, with a transaction around or without."""

    def _see(token: str) -> Any:
        settings = current()
        with transaction.atomic(using=narrow) if request.param else nullcontext():
            return provision(settings.guard.verify(token), settings)

    return _see


def person() -> tuple[str, str, str]:
    """What is stored of the only user."""
    user = User.objects.get()
    return user.first_name, user.last_name, user.email


@pytest.mark.parametrize("hook", [None, lambda user, identity: None])
def test_names(hook: Any, see: Any, configure: Configure, pool: LocalUserPool) -> None:
    """Are left out, of a new user and of one who is known; the e-mail address is not."""
    configure(**({} if hook is None else {"USER_HOOK": hook}))

    def token(email: str, first: str, last: str = "Doe") -> str:
        return pool.id_token("alice", email=email, given_name=first, family_name=last)

    for _ in range(2):
        assert see(token("a@example.com", f"Ann {FACE}")).pk
        assert person() == ("", "", "a@example.com")
    see(token("a@example.com", "Ann"))
    assert person() == ("Ann", "Doe", "a@example.com")
    user = see(token("b@example.com", f"Ann {FACE}", "Roe"))
    assert person() == ("Ann", "Doe", "b@example.com")
    assert (user.first_name, user.last_name) == ("Ann", "Doe")


def test_an_address(see: Any, configure: Configure, pool: LocalUserPool) -> None:
    """Is left out, too."""
    configure()

    def token(email: str) -> str:
        return pool.id_token("alice", email=email, given_name="Ann")

    see(token(f"{FACE}@example.com"))
    assert person()[2] == ""
    see(token("a@example.com"))
    see(token(f"{FACE}@example.com"))
    assert person() == ("Ann", "", "a@example.com")


def test_a_subject(see: Any, configure: Configure, pool: LocalUserPool) -> None:
    """Cannot be left out, so that such a caller is refused."""
    configure()
    with pytest.raises(AccessDenied, match="cannot be stored"):
        see(pool.access_token(sub=f"alice {FACE}"))


def test_what_a_hook_sets(see: Any, configure: Configure, pool: LocalUserPool) -> None:
    """Is nothing that a token says, and so refuses the caller."""

    def hook(user: Any, identity: Identity) -> None:
        user.last_name = FACE

    configure()
    see(pool.id_token("alice", given_name="Ann"))
    configure(USER_HOOK=hook)
    for name in ("alice", "bob"):
        with pytest.raises(AccessDenied, match="cannot be stored"):
            see(pool.id_token(name, given_name="Bob"))
    assert person()[:2] == ("Ann", "")


def test_groups(
    see: Any, configure: Configure, pool: LocalUserPool, caplog: pytest.LogCaptureFixture
) -> None:
    """Are left out, with a line in the log that names none; the others are joined."""
    configure(GROUPS="mirror", STAFF_GROUPS=[f"b{FACE}"])
    for _ in range(2):
        user = see(pool.access_token("alice", groups=["a", f"b{FACE}", "c"]))
        assert [group.name for group in user.groups.order_by("name")] == ["a", "c"]
        assert user.is_staff
    see(pool.access_token("alice", groups=[f"b{FACE}", "c"]))
    assert [group.name for group in user.groups.all()] == ["c"]
    assert any("its name cannot be stored" in message for message in caplog.messages)
    assert not any(FACE in message for message in caplog.messages)


def test_a_group_that_is_only_found_out_when_it_is_made(
    configure: Configure, narrow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As over a connection that asks with question marks in the place of such characters."""
    configure(GROUPS="mirror")
    monkeypatch.setattr(groups, "asked", lambda _: [])
    assert not groups.groups_named(Unsaid([FACE]), narrow)


@pytest.mark.parametrize("verb", ["SELECT", "INSERT"])
def test_other_errors(verb: str, configure: Configure, narrow: str) -> None:
    """A database that has gone away has said nothing about characters."""
    configure(GROUPS="mirror")

    def fails(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith(verb):
            raise OperationalError(2006, "gone away")
        return execute(sql, *arguments)

    broken = connections[narrow].execute_wrapper(fails)
    with broken, pytest.raises(OperationalError):
        groups.groups_named(Unsaid(["a"]), narrow)
