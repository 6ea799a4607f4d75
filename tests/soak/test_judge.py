"""The judge of the soak: a judge that lets everything pass would make it worthless."""

from __future__ import annotations

import pytest

from .judge import (
    BAD_SIGNATURE,
    GOOD,
    LAG_SECONDS,
    UNAVAILABLE,
    UNKNOWN,
    WHILE_FETCHING,
    History,
    Kind,
)
from .keys import PUBLISHED_AHEAD_SECONDS, ROTATE_SECONDS, Keys
from .load import Tally

OLD, NEW = frozenset({"old"}), frozenset({"old", "new"})


@pytest.fixture
def history() -> History:
    """Keys were sent at 100, again at 200; from 300 to 320 the server failed; sent at 400."""
    history = History()
    history.send(100, OLD, sure=True)
    history.send(200, NEW, sure=True)
    history.fail(300)
    history.send(310, frozenset({"never"}), sure=False)
    history.recover(320)
    history.send(400, frozenset({"new"}), sure=True)
    return history


@pytest.mark.parametrize(
    ("kind", "kid", "at", "right"),
    [
        # Before anything was sent, and nothing had failed: whoever waits gets a key.
        (Kind.GOOD, "old", 99, {GOOD, WHILE_FETCHING}),
        # A key that is held: accepted, whatever happens.
        (Kind.GOOD, "old", 150, {GOOD}),
        (Kind.GOOD, "new", 299, {GOOD}),
        (Kind.GOOD, "new", 305, {GOOD}),
        (Kind.GOOD, "old", 311, {GOOD, UNAVAILABLE}),
        (Kind.TAMPERED, "new", 305, {BAD_SIGNATURE}),
        (Kind.WITHDRAWN, "old", 250, {GOOD}),
        # A good token whose key is not held, while nothing has failed: it may be fetched.
        (Kind.GOOD, "new", 150, {WHILE_FETCHING}),
        # Not held, and the last attempt may have failed, until keys were sent again for sure.
        (Kind.GOOD, "newest", 301, {UNAVAILABLE}),
        (Kind.GOOD, "newest", 390, {UNAVAILABLE}),
        (Kind.UNKNOWN, "unknown", 301, {UNAVAILABLE, UNKNOWN}),
        (Kind.UNKNOWN, "unknown", 298, {UNKNOWN, UNAVAILABLE, WHILE_FETCHING}),
        (
            Kind.UNKNOWN,
            "unknown",
            401 + LAG_SECONDS,
            {UNKNOWN, UNAVAILABLE, WHILE_FETCHING},
        ),
        # A key that is no longer sent, at first and once the guard must know.
        (Kind.WITHDRAWN, "old", 401, {GOOD, UNKNOWN, UNAVAILABLE}),
        (
            Kind.WITHDRAWN,
            "old",
            401 + LAG_SECONDS,
            {UNKNOWN, UNAVAILABLE, WHILE_FETCHING},
        ),
        (Kind.GOOD, "new", 401 + LAG_SECONDS, {GOOD}),
        # No key is needed for these.
        (Kind.EXPIRED, "new", 305, {"401 token_expired"}),
        (Kind.ANONYMOUS, "", 305, {"401 missing_credentials"}),
    ],
)
def test_right_verdicts(kind: Kind, kid: str, at: float, right: set[str], history: History) -> None:
    """What is right follows from what was sent and when it failed."""
    assert history.allowed(kind, kid, at, at + 1) == right


@pytest.mark.parametrize(
    ("verdict", "at", "wrong"),
    [
        (GOOD, 150, False),
        (UNAVAILABLE, 150, True),
        ("500 without a reason", 150, True),
        (UNAVAILABLE, 99, False),
        (UNAVAILABLE, 193, True),
        (UNAVAILABLE, 195, False),
    ],
)
def test_wrong_answers_are_kept(verdict: str, at: float, wrong: bool, history: History) -> None:
    """A wrong one stays wrong; 503 without a failure is right only while keys are fetched."""
    tally = Tally()
    kid = "old" if at == 150 else "new"
    tally.add(Kind.GOOD, verdict, history.allowed(Kind.GOOD, kid, at, at + 0.5), at, at + 0.5)
    tally.settle(history)
    assert bool(tally.wrong) is wrong


def test_keys_are_published_long_before_they_sign_and_withdrawn_in_the_end() -> None:
    """What signs is published; what is withdrawn is not, and never signs again."""
    now = 1000.0
    keys = Keys(lambda: now)
    assert keys.withdrawn() == []
    for _ in range(4):
        now += ROTATE_SECONDS
        keys.rotate()
        published = {key["kid"] for key in keys.published()}
        signing = keys.signing()
        assert len(signing) == 2
        assert all(g.published_at <= now - PUBLISHED_AHEAD_SECONDS for g in signing)
        assert {g.kid for g in signing} < published
        assert {g.kid for g in keys.withdrawn()}.isdisjoint(published)
    assert len(keys.withdrawn()) == 4
    assert keys.rotations == 4
