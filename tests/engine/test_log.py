"""The log: what is said of one reason in a minute, and how the rest is counted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import Guard, InvalidToken, KeysUnavailable, Reason
from cognito_guard._log import INFO, LIMIT, WARNING, WINDOW_SECONDS, Log
from cognito_guard.testing import LocalUserPool

EXPIRED = "refused with 401: token_expired"


class Clock:
    """Seconds that pass when the test says so."""

    now = 5000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
def log(clock: Clock, caplog: pytest.LogCaptureFixture) -> Log:
    """A log, heard down to its last word."""
    caplog.set_level(logging.DEBUG)
    return Log(clock)


def extras(record: logging.LogRecord) -> tuple[Any, ...]:
    """The attributes that a log processor counts by."""
    return tuple(getattr(record, name) for name in ("reason", "status", "source", "count"))


def total(caplog: pytest.LogCaptureFixture, reason: str) -> int:
    """How often something was said, as a log processor finds it out."""
    return sum(r.count for r in caplog.records if r.reason == reason)  # type: ignore[attr-defined]


def test_record_has_attributes_to_count_by(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    """A record says its reason, its status and its source without anybody parsing a text."""
    log.refused(401, Reason.TOKEN_EXPIRED)
    log.say(WARNING, "keys_not_fetched", "keys of %s", "https://a/", source="https://a/")
    assert caplog.messages == [EXPIRED, "keys of https://a/"]
    refusal, keys = caplog.records
    assert (refusal.name, refusal.levelno) == ("cognito_guard", logging.INFO)
    assert (keys.name, keys.levelno) == ("cognito_guard", logging.WARNING)
    assert extras(refusal) == ("token_expired", 401, None, 1)
    assert type(extras(refusal)[0]) is str  # for JSON formatters that know no enums
    assert extras(keys) == ("keys_not_fetched", None, "https://a/", 1)


def test_levels_are_those_of_logging() -> None:
    """The numbers that stand for the levels, because `logging` is loaded late, are right."""
    assert (INFO, WARNING) == (logging.INFO, logging.WARNING)


def test_flood_of_one_reason_is_ten_records_and_a_sum(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """A million refusals a minute are eleven records a minute, and no refusal is uncounted."""
    for _ in range(3):
        for _ in range(1000):
            log.refused(401, Reason.TOKEN_EXPIRED)
        clock.now += WINDOW_SECONDS
    log.refused(401, Reason.TOKEN_EXPIRED)
    a_minute = [EXPIRED] * LIMIT + [f"{EXPIRED}, 990 times more in 60 s"]
    assert caplog.messages == a_minute * 3 + [EXPIRED]
    assert total(caplog, "token_expired") == 3001
    assert extras(caplog.records[LIMIT]) == ("token_expired", 401, None, 990)


def test_window_ends_after_a_minute_and_not_before(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The minute counts from the first record of a reason."""
    for _ in range(LIMIT + 1):
        log.refused(401, Reason.TOKEN_EXPIRED)
    clock.now += WINDOW_SECONDS - 0.5
    log.refused(401, Reason.TOKEN_EXPIRED)
    assert len(caplog.records) == LIMIT
    clock.now += 0.5
    log.refused(401, Reason.TOKEN_EXPIRED)
    # It is looked once a second only, so the sum is a moment late.
    assert len(caplog.records) == LIMIT
    clock.now += 0.5
    log.refused(401, Reason.TOKEN_EXPIRED)
    assert caplog.messages[LIMIT:] == [f"{EXPIRED}, 3 times more in 60 s", EXPIRED]


def test_sum_is_written_whatever_is_said_next(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """An attack that has ended is summed up at the next refusal, for whatever reason that is."""
    for _ in range(LIMIT + 5):
        log.refused(401, Reason.BAD_SIGNATURE)
    clock.now += 90
    log.refused(401, Reason.MISSING_CREDENTIALS)
    assert caplog.messages[LIMIT:] == [
        "refused with 401: bad_signature, 5 times more in 90 s",
        "refused with 401: missing_credentials",
    ]


def test_what_was_written_in_full_needs_no_sum(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Ten refusals in a minute are ten records, and that is all."""
    for _ in range(LIMIT):
        log.refused(401, Reason.TOKEN_EXPIRED)
    clock.now += WINDOW_SECONDS
    log.refused(403, Reason.MISSING_GROUP)
    assert caplog.messages == [EXPIRED] * LIMIT + ["refused with 403: missing_group"]


@pytest.mark.parametrize(
    "say",
    [
        lambda log: log.refused(401, Reason.BAD_SIGNATURE),
        lambda log: log.refused(403, Reason.CHECK_FAILED),
        lambda log: log.say(WARNING, "keys_not_fetched", "b", source="https://b/"),
    ],
    ids=["reason", "status", "source"],
)
def test_flood_of_one_thing_drowns_no_other(
    say: Callable[[Log], None], log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    """Each reason, status and source has a budget of its own: what is rare stays visible."""
    for _ in range(100):
        log.refused(401, Reason.CHECK_FAILED)
        log.say(WARNING, "keys_not_fetched", "a", source="https://a/")
    caplog.clear()
    say(log)
    assert len(caplog.records) == 1


def test_level_that_nobody_hears_costs_nothing(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Where INFO is off, a refusal is neither said nor counted."""
    caplog.set_level(logging.WARNING, "cognito_guard")
    log.refused(401, Reason.TOKEN_EXPIRED)
    assert caplog.records == []
    assert log._windows == {}


def test_threads_are_counted_one_and_all(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Eight threads speak at once: ten records, and every other refusal is in the sum."""

    def speak() -> None:
        for _ in range(500):
            log.refused(401, Reason.TOKEN_EXPIRED)

    threads = [threading.Thread(target=speak) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(caplog.records) == LIMIT
    clock.now += WINDOW_SECONDS
    log.refused(401, Reason.BAD_SIGNATURE)
    assert total(caplog, "token_expired") == 4000


def test_sum_is_written_by_one_of_two_who_meet(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Who looks while somebody else is writing the sum does not write it again."""
    for _ in range(LIMIT + 5):
        log.refused(401, Reason.TOKEN_EXPIRED)
    clock.now += WINDOW_SECONDS

    class Overtaken(dict[Any, Any]):
        """Windows that another thread takes out, between this one's look and its step."""

        def pop(self, key: Any, default: Any = None) -> Any:
            super().pop(key)
            return default

    log._windows = Overtaken(log._windows)
    log.refused(401, Reason.BAD_SIGNATURE)
    assert caplog.messages[LIMIT:] == ["refused with 401: bad_signature"]


def test_window_that_is_gone_by_the_time_it_is_looked_at_is_passed_over(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The same, a step earlier."""

    class Overtaken(dict[Any, Any]):
        """Windows that are gone when they are looked at."""

        def get(self, key: Any, default: Any = None) -> Any:
            return default

    log.refused(401, Reason.TOKEN_EXPIRED)
    log._windows = Overtaken(log._windows)
    clock.now += WINDOW_SECONDS
    log.refused(401, Reason.BAD_SIGNATURE)
    assert caplog.messages == [EXPIRED, "refused with 401: bad_signature"]


# Of a guard.


def test_guard_has_a_budget_for_each_reason(
    pool: LocalUserPool, caplog: pytest.LogCaptureFixture
) -> None:
    """A flood of refused requests is ten records a reason, and the answers stay what they are."""
    caplog.set_level(logging.INFO)
    guard = Guard(pool.trust())
    for _ in range(1000):
        assert guard.challenge(InvalidToken(Reason.UNKNOWN_KEY, "x")).status == 401
        assert guard.challenge(KeysUnavailable(7)).status == 503
    assert sorted(caplog.messages) == [
        *["refused with 401: unknown_key"] * LIMIT,
        *["refused with 503: keys_unavailable"] * LIMIT,
    ]
