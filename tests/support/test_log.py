"""The log: what is said of one reason in a minute, and how the rest is counted."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import Guard, InvalidToken, KeysUnavailable, Reason
from cognito_guard._support.log import INFO, LIMIT, WARNING, WINDOW_SECONDS, Log
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


def request(record: logging.LogRecord) -> tuple[Any, Any]:
    """The attributes that say which request was refused."""
    return tuple(getattr(record, name) for name in ("method", "path"))  # type: ignore[return-value]


def test_refusal_names_the_request(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """The first records say which request it was, and a sum, which is about many, does not."""
    for _ in range(LIMIT + 1):
        log.refused(401, Reason.WRONG_CLIENT, "GET", "/orders/a b?q=1")
    clock.now += WINDOW_SECONDS
    log.refused(401, Reason.WRONG_CLIENT, None, "/x")
    said = "refused with 401: wrong_client"
    told = [f"{said} (GET /orders/a%20b)"] * LIMIT
    assert caplog.messages == [*told, f"{said}, 1 more times in 60 s", f"{said} (/x)"]
    assert request(caplog.records[0]) == ("GET", "/orders/a%20b")
    assert request(caplog.records[LIMIT]) == (None, None)
    assert request(caplog.records[-1]) == (None, "/x")


def test_path_is_looked_at_for_records_alone(
    log: Log, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood costs no more for the paths that it names."""
    seen: list[str | None] = []
    monkeypatch.setattr("cognito_guard._support.log.told_path", seen.append)
    for number in range(1000):
        log.refused(401, Reason.BAD_SIGNATURE, "GET", f"/{number}")
    assert seen == [f"/{number}" for number in range(LIMIT)]


def test_refusals_are_seen_by_default(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    """Python shows warnings where nobody has set anything; everyday refusals stay quiet."""
    for reason in Reason:
        log.refused(401, reason)
    quiet = {r.reason for r in caplog.records if r.levelno == logging.INFO}  # type: ignore[attr-defined]
    loud = {r.reason for r in caplog.records if r.levelno == logging.WARNING}  # type: ignore[attr-defined]
    assert quiet == {"missing_credentials", "token_expired"}
    assert loud == {str(reason) for reason in Reason} - quiet


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
    a_minute = [EXPIRED] * LIMIT + [f"{EXPIRED}, 990 more times in 60 s"]
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
    assert caplog.messages[LIMIT:] == [f"{EXPIRED}, 3 more times in 60 s", EXPIRED]


def test_sum_is_written_whatever_is_said_next(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """An attack that has ended is summed up at the next refusal, for whatever reason that is."""
    for _ in range(LIMIT + 5):
        log.refused(401, Reason.BAD_SIGNATURE)
    clock.now += 90
    log.refused(401, Reason.MISSING_CREDENTIALS)
    assert caplog.messages[LIMIT:] == [
        "refused with 401: bad_signature, 5 more times in 90 s",
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


SAID = "a session was not refreshed: %s"


def test_sum_names_the_cause_that_it_counts(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Two causes of one reason have a budget and a sum each, and neither is drowned."""
    for detail in ("Status 500.", "No connection."):
        for _ in range(LIMIT + 7):
            log.say(WARNING, "refresh_failed", SAID, detail, detail=detail)
    clock.now += WINDOW_SECONDS
    log.refused(401, Reason.TOKEN_EXPIRED)
    assert caplog.messages[2 * LIMIT : -1] == [
        "a session was not refreshed: Status 500, 7 more times in 60 s",
        "a session was not refreshed: No connection, 7 more times in 60 s",
    ]
    assert extras(caplog.records[-2]) == ("refresh_failed", None, None, 7)


def test_causes_without_an_end_are_summed_up_by_their_reason(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever can make them up fills neither the disk nor the memory, and no wrong one is named."""
    for number in range(1000):
        log.say(WARNING, "refresh_failed", SAID, f"No {number}.", detail=f"No {number}.")
    assert len(log._windows) <= 101
    # Others speak on the same logger: keys that an earlier test's server does not serve any more.
    own = [record for record in caplog.records if record.reason == "refresh_failed"]  # type: ignore[attr-defined]
    assert len(own) <= 100 + LIMIT
    clock.now += WINDOW_SECONDS
    log.refused(401, Reason.TOKEN_EXPIRED)
    assert caplog.messages[-2] == "refresh_failed, 890 more times in 60 s"
    assert total(caplog, "refresh_failed") == 1000


def test_sum_of_a_message_without_values(
    log: Log, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """Or with one that is no text."""
    for _ in range(LIMIT + 1):
        log.say(WARNING, "refresh_refused", "a session is over")
        log.say(WARNING, "some", "so many: %d", 3)
    clock.now += WINDOW_SECONDS
    log.refused(401, Reason.TOKEN_EXPIRED)
    assert caplog.messages[-3:-1] == [
        "a session is over, 1 more times in 60 s",
        "so many: 3, 1 more times in 60 s",
    ]


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
