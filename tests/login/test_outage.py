"""A token endpoint that gives nothing is asked by one at a time, and holds up nobody else."""

from __future__ import annotations

import pytest

from cognito_guard.login.outage import TRY_SECONDS, Outage

from .endpoint import Spoil
from .site import Browser, Clock, Site
from .test_refresh import signed_in, unavailable
from .test_token_endpoint import FAULTS

SILENT = FAULTS["nothing"][0]


def asked(here: Site) -> int:
    """How many refreshes the endpoint was asked for."""
    return here.endpoint.grants().count("refresh_token")


def expired_and_good(here: Site, expired: int, good: int) -> tuple[list[Browser], list[Browser]]:
    """Browsers whose access tokens have expired, and such whose tokens are due and still good."""
    first = [signed_in(here) for _ in range(expired)]
    here.clock.now += 60
    second = [signed_in(here) for _ in range(good)]
    here.clock.now += 3550
    return first, second


@pytest.mark.parametrize("spoil", [SILENT, FAULTS["500"][0], FAULTS["429"][0]])
def test_one_failure_is_enough(spoil: Spoil, here: Site) -> None:
    """Whoever can do without goes on at once, and the others are told at once when to come back."""
    expired, good = expired_and_good(here, 3, 3)
    here.endpoint.spoil = spoil
    assert good[0].username() == "alice"
    assert asked(here) == 1
    assert [browser.username() for browser in good] == ["alice"] * 3
    assert [unavailable(browser).retry_after for browser in expired] == [1, 1, 1]
    assert asked(here) == 1
    assert list(here.store.memory._locks) == []
    here.endpoint.spoil = None
    here.clock.now += 1
    assert [browser.username() for browser in (*expired, *good)] == ["alice"] * 6
    assert asked(here) == 7


@pytest.mark.parametrize("name", ["400 invalid_request", "401 invalid_client", "HTML"])
def test_endpoint_that_answers(name: str, here: Site) -> None:
    """What it says of one session is about that one."""
    expired, _ = expired_and_good(here, 3, 0)
    here.endpoint.spoil = FAULTS[name][0]
    for browser in expired:
        unavailable(browser)
    assert asked(here) == 3


def test_session_that_is_over(here: Site) -> None:
    """``invalid_grant`` is an answer, and ends an outage like any other."""
    expired, _ = expired_and_good(here, 3, 0)
    here.endpoint.spoil = SILENT
    unavailable(expired[0])
    here.endpoint.spoil = None
    here.endpoint.forget()
    here.clock.now += 1
    assert [browser.username() for browser in expired] == [None] * 3


def test_one_asks_at_a_time(here: Site) -> None:
    """While it is found out whether the endpoint is good again, the others do not wait for that."""
    (first, *expired), good = expired_and_good(here, 3, 3)
    here.endpoint.spoil = SILENT
    unavailable(first)
    here.clock.now += 1
    seen: list[object] = []

    def look() -> None:
        seen.extend(browser.username() for browser in good)
        seen.extend(unavailable(browser).retry_after for browser in expired)

    def spoil(visit: object, answer: bytes) -> None:
        here.endpoint.spoil = None
        look()
        visit.send(answer)  # type: ignore[attr-defined]

    here.endpoint.spoil = spoil
    assert first.username() == "alice"
    assert seen == ["alice"] * 3 + [1] * 2
    assert asked(here) == 2
    assert [browser.username() for browser in expired] == ["alice"] * 2


def test_attempts_of_all_become_fewer(here: Site) -> None:
    """After 1 s, 2 s, 4 s and from then on 8 s, however many sessions there are."""
    expired, _ = expired_and_good(here, 4, 0)
    here.endpoint.spoil = SILENT
    attempts = []
    for second in range(40):
        before = asked(here)
        for browser in expired:
            assert unavailable(browser).retry_after <= 60
        attempts += [second] * (asked(here) - before)
        here.clock.now += 1
    assert attempts == [0, 1, 3, 7, 15, 23, 31, 39]


def test_what_is_under_way_at_once_counts_as_one() -> None:
    """Forty threads that an endpoint keeps waiting are one reason to leave it alone."""
    clock = Clock()
    outage = Outage(clock)
    assert outage.left() == 0
    began = [outage.begin() for _ in range(40)]
    clock.now += 6
    for began_at in began:
        assert began_at is not None
        outage.failed(began_at)
    assert outage.left() == 1
    clock.now += 1
    again = outage.begin()
    assert again == clock.now
    assert outage.begin() is None
    assert outage.left() == 1
    clock.now += 5
    outage.failed(clock.now - 10)
    assert outage.left() == 1
    assert outage.begin() is None
    outage.failed(again)
    assert outage.left() == 2
    outage.over()
    assert outage.left() == 0
    assert outage.begin() == clock.now


def test_attempt_that_never_ends() -> None:
    """Its thread has died: somebody else tries some day."""
    clock = Clock()
    outage = Outage(clock)
    outage.failed(clock.now)
    clock.now += 1
    assert outage.begin() is not None
    clock.now += TRY_SECONDS - 0.5
    assert outage.begin() is None
    clock.now += 0.5
    assert outage.begin() is not None
