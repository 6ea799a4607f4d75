"""Hooks that write by themselves: a caller's first request works, and leaves nothing half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, transaction
from django.test import Client

from cognito_guard import AccessDenied, AuthError, Identity
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.models import CognitoUserLink
from cognito_guard_django.settings import current
from cognito_guard_django.users.provision import provision

from .conftest import Configure, bearer

pytestmark = pytest.mark.usefixtures("anywhere", "configure")

Hook = Callable[[Any, Identity], object]


def see(token: str) -> Any:
    """The user that a request with this token would have."""
    settings = current()
    return provision(settings.guard.verify(token), settings)


def counts() -> tuple[int, int, int]:
    """How many users, rows of who is who, and of a user's own there are."""
    return User.objects.count(), CognitoUserLink.objects.count(), LogEntry.objects.count()


@pytest.fixture(autouse=True)
def _no_entries() -> Iterator[None]:
    yield
    LogEntry.objects.all().delete()


def saves(user: Any, identity: Identity) -> None:
    """Stores the user."""
    user.last_name = "saved"
    user.save()


def saves_and_sets(user: Any, identity: Identity) -> None:
    """Stores the user, and sets more of him."""
    user.save()
    user.last_name = "saved"


def has_a_profile(user: Any, identity: Identity) -> None:
    """Makes what belongs to a user."""
    user.last_name = "saved"
    LogEntry.objects.get_or_create(user=user, action_flag=1, object_repr="profile")


def has_an_id(user: Any, identity: Identity) -> None:
    """The same, by the user's id."""
    user.last_name = "saved"
    if not LogEntry.objects.filter(user_id=user.pk).exists():
        with transaction.atomic(using=user._state.db or LogEntry.objects.db):
            LogEntry.objects.create(user_id=user.pk, action_flag=1, object_repr="profile")


def joins(user: Any, identity: Identity) -> None:
    """Sets Django's groups."""
    user.last_name = "saved"
    user.groups.set([Group.objects.get_or_create(name=name)[0] for name in identity.groups])


def reads(user: Any, identity: Identity) -> None:
    """Reads the user again."""
    User.objects.get(pk=user.pk)
    user.last_name = "saved"


WRITING: list[Hook] = [saves, saves_and_sets, has_a_profile, has_an_id, joins, reads]


@pytest.mark.parametrize("nested", [False, True], ids=["alone", "nested"])
@pytest.mark.parametrize("hook", WRITING)
def test_a_first_request(
    hook: Hook, nested: bool, anywhere: str, configure: Configure, pool: LocalUserPool
) -> None:
    """Makes one user, with what the hook has made of him, as any later one does."""
    configure(USER_HOOK=hook, STAFF_GROUPS=["staff"])
    token = pool.access_token("alice", groups=["staff"])
    for _ in range(2):
        with transaction.atomic(using=anywhere) if nested else nullcontext():
            user = see(token)
        stored = User.objects.get()
        assert (stored.pk, stored.last_name, stored.is_staff) == (user.pk, "saved", True)
        assert user.username == pool.subject("alice")
        names = [group.name for group in stored.groups.all()]
        assert names == (["staff"] if hook is joins else [])
        assert counts()[:2] == (1, 1)
        assert counts()[2] == (hook in (has_a_profile, has_an_id))


@pytest.mark.parametrize("hook", WRITING)
def test_names_that_are_taken(hook: Hook, configure: Configure, pool: LocalUserPool) -> None:
    """Lead to another name, also where the hook stores the user."""
    taken = User.objects.create_user(pool.subject("alice"))
    configure(USER_HOOK=hook)
    for _ in range(2):
        user = see(pool.access_token("alice"))
        assert user.pk != taken.pk
        assert user.username.startswith("cognito-")
    assert counts()[:2] == (2, 1)
    taken.refresh_from_db()
    assert taken.last_name == ""


@pytest.mark.parametrize("error", [None, AuthError, KeyError, ValueError, IntegrityError])
@pytest.mark.parametrize("hook", WRITING)
def test_a_start_that_fails(
    error: Any, hook: Hook, configure: Configure, pool: LocalUserPool
) -> None:
    """Leaves nothing, and is in nobody's way afterwards."""

    def fails(user: Any, identity: Identity) -> bool:
        hook(user, identity)
        if error is AuthError:
            raise current().guard.missing_credentials()
        if error is not None:
            raise error
        return False

    configure(USER_HOOK=fails)
    for _ in range(2):
        with pytest.raises(error or AccessDenied):
            see(pool.access_token("alice"))
        assert counts() == (0, 0, 0)
    configure(USER_HOOK=hook)
    assert see(pool.access_token("alice")).last_name == "saved"
    assert counts()[:2] == (1, 1)


def test_who_waits_for_approval(configure: Configure, pool: LocalUserPool) -> None:
    """What a hook sets on a user who is not stored yet is kept where it goes on to need him
    stored."""

    def hook(user: Any, identity: Identity) -> None:
        if user.pk is None:
            user.is_active = False
        has_a_profile(user, identity)

    configure(USER_HOOK=hook)
    for _ in range(2):
        with pytest.raises(AccessDenied, match="not active"):
            see(pool.access_token("alice"))
    assert not User.objects.get().is_active
    assert counts() == (1, 1, 1)


def test_a_hook_that_needs_no_user_is_asked_once(configure: Configure, pool: LocalUserPool) -> None:
    """And without an id yet, as the user is new."""
    seen: list[Any] = []
    configure(USER_HOOK=lambda user, identity: seen.append(user.pk))
    user = see(pool.access_token("alice"))
    see(pool.access_token("alice"))
    assert seen == [None, user.pk]


def test_an_error_that_says_nothing_of_users(configure: Configure, pool: LocalUserPool) -> None:
    """Comes out as it is, after a second try with a stored user."""

    def hook(user: Any, identity: Identity) -> None:
        raise ObjectDoesNotExist(str(user.pk is None))

    configure(USER_HOOK=hook)
    with pytest.raises(ObjectDoesNotExist, match="False"):
        see(pool.access_token("alice"))
    assert counts() == (0, 0, 0)


def test_a_taken_value(configure: Configure, pool: LocalUserPool) -> None:
    """A value of the hook's that the database refuses refuses the caller, whoever writes it."""
    User.objects.create_user("taken")

    def hook(user: Any, identity: Identity) -> None:
        user.username = "taken"
        user.save()

    configure(USER_HOOK=hook)
    for _ in range(2):
        answer = Client().get("/me", headers=bearer(pool.access_token("alice")))
        assert (answer.status_code, answer.json()["reason"]) == (403, "check_failed")
    assert counts()[:2] == (1, 0)


def test_a_value_that_is_set_once_he_is_stored(configure: Configure, pool: LocalUserPool) -> None:
    """The same, where the hook needs a stored user first."""
    User.objects.create_user("taken")

    def hook(user: Any, identity: Identity) -> None:
        has_a_profile(user, identity)
        user.username = "taken"

    configure(USER_HOOK=hook)
    with pytest.raises(AccessDenied, match="cannot be stored"):
        see(pool.access_token("alice"))
    assert counts() == (1, 0, 0)
