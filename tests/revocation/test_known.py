"""What is known in a process: about whom, until when, and when it is forgotten."""

from __future__ import annotations

import math
from typing import Any

import pytest

from cognito_guard import Identity
from cognito_guard._support import fork
from cognito_guard.revocation import Revocation
from cognito_guard.revocation.known import Known

from .shared import END, ISSUER, NOW, Clocks, caller, sign_in

DAY = 86400


def known(clocks: Clocks, *revocations: Revocation) -> Known:
    """What these say."""
    made = Known(clocks.calendar, clocks.steady)
    made.add(revocations)
    return made


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_calendar_that_gives_nothing(clocks: Clocks, broken: float) -> None:
    """Entries are taken all the same, and swept when it is right again."""
    right, clocks.calendar.now = clocks.calendar.now, broken
    here = known(clocks, sign_in("one"), sign_in("two", NOW + 1))
    here.sweep(100)
    assert len(here) == 2
    clocks.calendar.now = right
    assert here.refuses(caller(origin_jti="one"), ISSUER)
    clocks.pass_(2 * 3600)
    here.sweep(100)
    assert len(here) == 1


def test_tokens_and_sign_ins(clocks: Clocks) -> None:
    """By the id of the token, or of the sign-in, and not by the other one's."""
    here = known(clocks, Revocation.of_token("one", ends_at=END), sign_in("two"))
    assert here.refuses(caller(jti="one"), ISSUER)
    assert here.refuses(caller(origin_jti="two"), ISSUER)
    assert here.refuses(caller(jti="one", origin_jti="two"), ISSUER)
    assert not here.refuses(caller(jti="two", origin_jti="one"), ISSUER)
    assert not here.refuses(caller(), ISSUER)


@pytest.mark.parametrize(
    ("claims", "refused"),
    [
        ({"auth_time": int(NOW) - 1}, True),
        ({"auth_time": int(NOW)}, False),
        ({"auth_time": NOW - 0.5}, True),
        # A refresh brings a new token of the old sign-in.
        ({"auth_time": int(NOW) - 1, "iat": int(NOW) + 100}, True),
        ({"auth_time": int(NOW) + 1, "iat": int(NOW) - 100}, False),
        ({"iat": int(NOW) - 1}, True),
        ({"iat": int(NOW)}, False),
        ({}, True),
        ({"auth_time": "1", "iat": None}, True),
    ],
)
def test_users(clocks: Clocks, claims: dict[str, Any], refused: bool) -> None:
    """By the time of the sign-in; who cannot show one is refused."""
    here = known(clocks, Revocation.of_user(ISSUER, "alice", before=NOW, ends_at=END))
    assert here.refuses(caller(**claims), ISSUER) is refused
    assert not here.refuses(caller("bob", **claims), ISSUER)
    assert not here.refuses(caller(**claims), ISSUER + "2")


def test_until_the_end(clocks: Clocks) -> None:
    """From the second of its end on an entry says nothing."""
    here = known(clocks, Revocation.of_token("one", ends_at=END), sign_in("two", END + 1))
    alice = caller(jti="one", origin_jti="two", iat=int(NOW))
    clocks.calendar.now = END
    assert here.refuses(alice, ISSUER)
    assert not here.refuses(caller(jti="one"), ISSUER)
    here.add([Revocation.of_user(ISSUER, "alice", before=NOW + 1, ends_at=END + 2)])
    clocks.calendar.now = END + 1
    assert here.refuses(alice, ISSUER)
    clocks.calendar.now = END + 2
    assert not here.refuses(alice, ISSUER)
    clocks.calendar.now = math.nan
    assert here.refuses(alice, ISSUER)


def test_the_later_end_counts(clocks: Clocks) -> None:
    """An entry that comes again prolongs, and never shortens."""
    here = known(clocks, sign_in("two", END))
    for ends_at in (END - 10, END + 10, END + 5):
        here.add([sign_in("two", ends_at)])
    assert len(here) == here.live() == 1
    clocks.calendar.now = END + 9
    assert here.refuses(caller(origin_jti="two"), ISSUER)
    here = known(
        clocks,
        Revocation.of_user(ISSUER, "alice", before=NOW, ends_at=END + 100),
        Revocation.of_user(ISSUER, "alice", before=NOW - 50, ends_at=END + 50),
    )
    assert here.refuses(caller(auth_time=int(NOW) - 1), ISSUER)


def swept(here: Known, most: int = 1000) -> int:
    """How many are left after a sweep."""
    here.sweep(most)
    return len(here)


def test_what_is_over_is_forgotten_in_steps(clocks: Clocks) -> None:
    """So many at a time; what was prolonged stays."""
    users = [Revocation.of_user(ISSUER, f"user {n}", before=NOW, ends_at=END) for n in range(5)]
    here = known(clocks, *[sign_in(str(n)) for n in range(10)], *users, sign_in("3", END + DAY))
    assert swept(here) == 15
    clocks.pass_(DAY + 3600)
    assert here.live() == 1
    assert swept(here, 4) == 11
    assert swept(here, 4) in (7, 8)
    assert swept(here) == 1
    assert here.refuses(caller(origin_jti="3"), ISSUER)
    clocks.pass_(DAY + 3600)
    assert swept(here) == 0


def test_a_calendar_that_was_ahead(clocks: Clocks) -> None:
    """Nothing is forgotten for a date that was wrong: as much time has to pass."""
    here = known(clocks, sign_in("two"))
    clocks.calendar.now += 40 * DAY
    assert not here.refuses(caller(origin_jti="two"), ISSUER)
    assert swept(here) == 1
    clocks.calendar.now -= 40 * DAY
    assert here.refuses(caller(origin_jti="two"), ISSUER)


def test_a_calendar_that_is_set_back(clocks: Clocks) -> None:
    """It stays until the calendar says that it is over."""
    here = known(clocks, sign_in("two"))
    clocks.pass_(DAY + 3600)
    clocks.calendar.now -= 10 * DAY
    assert swept(here) == 1
    assert here.refuses(caller(origin_jti="two"), ISSUER)
    clocks.pass_(10 * DAY - 3600)
    assert swept(here) == 1
    clocks.pass_(3600)
    assert swept(here) == 0


def test_noted_twice_and_gone(clocks: Clocks) -> None:
    """A name that is noted under two ends is forgotten once."""
    here = known(clocks, sign_in("two", NOW + 100), sign_in("two", NOW + 200))
    clocks.pass_(7200)
    assert swept(here) == 0


def test_in_a_child(clocks: Clocks) -> None:
    """Whoever held the lock stayed behind."""
    here = known(clocks)
    with here._lock:
        fork._after_fork_in_child()
        here.add([sign_in("two")])
    assert len(here) == 1


def test_ids_that_are_no_text(clocks: Clocks) -> None:
    """An identity of somebody's own making does no harm."""
    odd = Identity({"sub": "a", "iss": ISSUER, "jti": ["one"], "origin_jti": 2}, "access", "c")
    assert not known(clocks, Revocation.of_token("one", ends_at=END)).refuses(odd, ISSUER)
