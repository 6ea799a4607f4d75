"""No report of an error shows a claim in a frame of ours, while a caller becomes a user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.db.models.signals import m2m_changed, post_save, pre_save

from cognito_guard.testing import LocalUserPool
from cognito_guard_django.models import CognitoUserLink

from .accidents import OWN, Accident, Fails, call, token, told
from .conftest import Configure

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def fails() -> Fails:
    """Code that fails from when it is switched on."""
    return Fails()


SIGNALS = {
    "before a save": (pre_save, User),
    "after a save": (post_save, User),
    "after a row is saved": (post_save, CognitoUserLink),
    "groups": (m2m_changed, User.groups.through),
    "a new group": (post_save, Group),
}


@pytest.fixture(params=[*SIGNALS, "the hook"])
def other_code(
    request: pytest.FixtureRequest, fails: Fails, configure: Configure
) -> Iterator[None]:
    """A place where other people's code runs while a caller becomes a user."""
    if request.param == "the hook":
        configure(**OWN, USER_HOOK=fails)
        yield
        return
    configure(**OWN)
    signal, sender = SIGNALS[request.param]
    signal.connect(fails, sender=sender)
    yield
    signal.disconnect(fails, sender=sender)


@pytest.mark.usefixtures("other_code")
@pytest.mark.parametrize("known", [False, True], ids=["first", "later"])
def test_other_code(known: bool, fails: Fails, pool: LocalUserPool) -> None:
    """Neither the frames that are over show anything, nor those under way."""
    if known:
        call(token(pool, -9, "group-of-the-staff", "group-of-before"))
    raw = token(pool, -5, "group-of-today", email="new@of-the-reports.example")
    fails.is_on = True
    with pytest.raises(Accident) as failed:
        call(raw)
    assert fails.live
    assert told(failed.value, fails, raw) > 3


@pytest.mark.usefixtures("other_code")
def test_an_older_token_and_what_is_taken_away(fails: Fails, pool: LocalUserPool) -> None:
    """The same of an older token, and of what is done again after a rollback."""
    old = token(pool, -9, "group-of-the-staff", "group-of-before")
    new = token(pool, -5)
    call(token(pool, -9, "group-of-before"))
    call(old)
    for raw in (new, old):
        fails.is_on = True
        with suppress(Accident), transaction.atomic():
            call(raw)
            transaction.set_rollback(True)
        told(Accident(), fails, raw)
        fails.is_on = False
        call(raw)


@pytest.mark.parametrize("known", [False, True], ids=["first", "later"])
def test_every_query(known: bool, fails: Fails, configure: Configure, pool: LocalUserPool) -> None:
    """A database may be gone at any moment."""
    configure(**OWN, USER_HOOK=lambda user, identity: None)
    raw = token(pool, -5, "group-of-today")
    for at in range(1, 40):
        User.objects.all().delete()
        Group.objects.all().delete()
        if known:
            call(token(pool, -9, "group-of-the-staff", "group-of-before"))
        left = [at]

        def fail(execute: Callable[..., Any], sql: str, *more: Any) -> Any:
            left[0] -= 1  # noqa: B023
            if not left[0]:  # noqa: B023
                raise Accident
            return execute(sql, *more)

        with connection.execute_wrapper(fail):
            try:
                call(raw)
            except Accident as error:
                told(error, fails, raw)
        if left[0] > 0:
            break
    else:
        raise AssertionError
    assert at > 5
