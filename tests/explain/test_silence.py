"""No explanation, and no report of an error in one, shows what nobody asked to see."""

from __future__ import annotations

import copy
import logging
from typing import Any

import pytest

from cognito_guard import Guard, require_claim
from cognito_guard.explain import explain_policy

from ..engine.reports import assert_nothing_shown, shown_by
from ..engine.silence import assert_unsaid
from ..engine.test_reports import (
    BEARER,
    BOTH,
    CLAIMS,
    PLACES,
    POOL,
    SECRETS,
    TOKEN,
    Accident,
    Fails,
    Headers,
    pool_guard,
)

ONCE = {name: place for name, place in PLACES.items() if place[3] == 1}


@pytest.mark.parametrize(("build", "fails", "sent", "times"), ONCE.values(), ids=ONCE)
def test_while_other_code_runs(build: Any, fails: Fails, sent: Headers, times: int) -> None:
    """Frames that are under way show nothing while a user's code runs, wherever it is."""
    fails = type(fails)(fails.answer, fails.at)
    guard = build(fails)
    if fails is clock_of(guard):  # nothing can be explained without one
        with pytest.raises(Accident) as caught:
            guard.explain_request(sent.values_of)
        assert assert_nothing_shown(shown_by(caught.value), SECRETS) >= 2
    else:
        explanation = guard.explain_request(sent.values_of)
        assert explanation.reason is None
        assert not explanation.valid
        assert_unsaid(f"{explanation}{explanation!r}{explanation.checks}", SECRETS, "a repr")

    assert assert_nothing_shown(iter(fails.live), SECRETS) >= 2


def clock_of(guard: Guard) -> object:
    """What tells it the time."""
    return guard._tokens._clock


@pytest.mark.parametrize("place", ["a check", "a key set", "a key", "a clock"])
def test_the_argument_is_gone(place: str) -> None:
    """The token that a user hands in is no variable of ours any more when other code runs."""
    build, fails, _, _ = PLACES[place]
    fails = Fails(fails.answer, fails.at)
    try:
        build(fails).explain(TOKEN)
    except Accident as error:
        assert_nothing_shown(shown_by(error), SECRETS)

    assert assert_nothing_shown(iter(fails.live), SECRETS) >= 2


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_function_of_headers_that_fails(at: int) -> None:
    """Whichever header it fails on."""
    fails = Fails(BOTH.values_of, at)
    Guard(POOL.trust()).explain_request(lambda name: fails(name))

    assert assert_nothing_shown(iter(fails.live), SECRETS) >= (2 if at < 4 else 0)


def test_a_policy_that_asks_other_code() -> None:
    """A function of a user's own, after a requirement that passed."""
    fails = Fails()
    identity = pool_guard().verify(TOKEN)

    assert not explain_policy(require_claim("custom:team") & fails, identity).valid
    assert assert_nothing_shown(iter(fails.live), SECRETS) >= 2


def test_an_explanation_says_nothing_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    """Neither logged, nor printed, nor in a container, nor copied does it show a claim."""
    caplog.set_level(logging.DEBUG)
    explanation = pool_guard().explain(TOKEN, policy=require_claim("custom:team", "x"))
    logging.getLogger("an.app").error("refused: %s %r", explanation, [explanation.checks])

    assert_unsaid(caplog.text, SECRETS, "the log")
    assert_unsaid(f"{copy.deepcopy(explanation)}{vars_of(explanation)}", SECRETS, "a copy")
    assert copy.copy(explanation).as_dict() == explanation.as_dict()
    assert str(CLAIMS["custom:team"]) in explanation.as_text()
    with pytest.raises(AttributeError, match="cannot be changed"):
        explanation.checks = ()  # type: ignore[misc]
    with pytest.raises(AttributeError, match="cannot be changed"):
        explanation.checks[0].name = "x"


def vars_of(value: object) -> str:
    """What a dump of an object's attributes gives."""
    return str(getattr(value, "__dict__", ""))


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """An explanation is no refusal: the log hears nothing of it."""
    caplog.set_level(logging.DEBUG, logger="cognito_guard")
    pool_guard(client_ids=["other"]).explain_request(BEARER.values_of)

    assert caplog.records == []
