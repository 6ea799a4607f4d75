"""policy.py: policies of the user's own, and how policies combine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Identity,
    InvalidToken,
    Policy,
    Reason,
    build_policy,
    enforce,
    require_groups,
    require_scopes,
)

from .callers import caller, no, reason, refusal, yes
from .forge import Forge


@pytest.mark.parametrize("answer", [False, 0, "", [], "yes", 1, ["ga"]], ids=repr)
def test_a_function_that_does_not_say_yes(answer: object) -> None:
    """Anything but ``None`` and ``True`` from a user's own policy refuses the caller."""
    assert reason(lambda _: answer, caller()) is Reason.CHECK_FAILED
    assert reason(Policy(lambda _: answer), caller()) is Reason.CHECK_FAILED
    assert reason(build_policy(policy=lambda _: answer), caller()) is Reason.CHECK_FAILED


@pytest.mark.parametrize("answer", [None, True], ids=repr)
def test_a_function_that_says_yes(answer: object) -> None:
    """``None`` and ``True`` let the caller pass."""
    assert reason(lambda _: answer, caller()) is None
    assert reason(Policy(lambda _: answer), caller()) is None


def test_a_function_sees_the_identity_and_raises_its_own() -> None:
    """A user's own policy is called with the identity, and its own error is the answer."""
    seen = []

    def mine(identity: Identity) -> None:
        seen.append(identity)
        raise AccessDenied("missing_claim", "No contract.")

    error = refusal(mine, identity := caller())

    assert seen == [identity]
    assert str(error) == "missing_claim: No contract."


def test_a_fault_in_a_function_is_no_refusal() -> None:
    """An error that is no AuthError passes through: a bug is not an answer."""

    def broken(identity: Identity) -> None:
        raise KeyError("bug")

    for policy in (broken, Policy(broken), Policy(broken) | require_groups("ga")):
        with pytest.raises(KeyError):
            enforce(policy, caller())


async def later(identity: Identity) -> None:
    """A policy that would never be awaited."""


@pytest.mark.parametrize("policy", [None, "ga", 1, later])
def test_what_is_no_policy(policy: Any) -> None:
    """What cannot decide is an error where it is written: alone, combined, and in keywords."""
    good = require_groups("ga")
    with pytest.raises(ConfigurationError):
        Policy(policy)
    with pytest.raises(ConfigurationError):
        good & policy
    with pytest.raises(ConfigurationError):
        policy | good
    if policy is not None:
        with pytest.raises(ConfigurationError):
            build_policy(policy=policy)


YES, NO = require_groups("ga"), require_groups("zz")


@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        (lambda: YES & YES, None),
        (lambda: YES & NO, Reason.MISSING_GROUP),
        (lambda: NO & YES, Reason.MISSING_GROUP),
        (lambda: YES | NO, None),
        (lambda: NO | YES, None),
        (lambda: NO | NO, Reason.MISSING_GROUP),
        (lambda: YES & yes, None),
        (lambda: yes & YES, None),
        (lambda: YES & no, Reason.CHECK_FAILED),
        (lambda: no & YES, Reason.CHECK_FAILED),
        (lambda: NO | yes, None),
        (lambda: yes | NO, None),
        (lambda: NO | no, Reason.MISSING_GROUP),
        (lambda: no | NO, Reason.CHECK_FAILED),
        (lambda: NO & YES | YES, None),
        (lambda: NO & (YES | YES), Reason.MISSING_GROUP),
        (lambda: require_scopes("zz") | NO, Reason.MISSING_SCOPE),
        (lambda: NO | require_scopes("zz"), Reason.MISSING_GROUP),
        (lambda: require_scopes("zz") & NO, Reason.MISSING_SCOPE),
    ],
)
def test_combinations(combine: Callable[[], Policy], expected: Reason | None) -> None:
    """``&`` needs both and stops at the first; of two that refuse, ``|`` gives the left reason."""
    policy = combine()

    assert isinstance(policy, Policy)
    assert reason(policy, caller()) is expected


def test_the_right_side_is_asked_only_when_needed() -> None:
    """A side that cannot change the answer is not called."""
    asked = []

    def right(identity: Identity) -> None:
        asked.append(identity)

    for policy in (YES | right, Policy(no) & right):
        reason(policy, caller())
    assert asked == []


def test_a_refusal_of_either_hides_no_other_error() -> None:
    """Of two refusals, the one that is raised is not chained to the other."""
    error = refusal(NO | require_scopes("zz"), caller())

    assert error is not None
    assert error.__suppress_context__


def test_a_pool_check_and_a_policy_refuse_apart(forge: Forge) -> None:
    """The same function refuses the token as a check (401) and the caller as a policy (403)."""
    with pytest.raises(InvalidToken):
        forge.guard(checks=[no]).verify(forge.token())
    with pytest.raises(AccessDenied):
        enforce(no, forge.guard().verify(forge.token()))
