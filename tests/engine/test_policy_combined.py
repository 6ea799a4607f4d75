"""policy.py: policies of the user's own, and how policies combine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Identity,
    InvalidToken,
    MissingCredentials,
    Policy,
    Reason,
    build_policy,
    enforce,
    require_claim,
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


@pytest.mark.parametrize(
    "use",
    [
        lambda policy: policy and require_scopes("sa"),
        lambda policy: policy or require_scopes("sa"),
        lambda policy: not policy,
        lambda policy: 1 if policy else 2,
        lambda policy: bool(policy),
        lambda policy: all([policy, policy]),
        lambda policy: any([policy, policy]),
        lambda policy: build_policy(groups="ga") and policy,
        lambda policy: (policy & yes) or policy,
        lambda policy: [each for each in [policy] if each],
        lambda policy: list(filter(None, [policy])),
    ],
    ids=["and", "or", "not", "if", "bool", "all", "any", "build", "&", "for-if", "filter"],
)
def test_a_policy_has_no_truth_value(use: Callable[[Any], object]) -> None:
    """Python's own operators would drop a requirement, so they say which ones to take."""
    with pytest.raises(TypeError) as caught:
        use(require_groups("ga"))
    assert str(caught.value) == (
        "a policy has no truth value: 'and', 'or', 'not' and 'if' would drop a requirement; "
        "combine policies with & and |, and check one with enforce(policy, identity)"
    )


def test_a_policy_has_no_opposite() -> None:
    """``~`` would turn each refusal into a permission."""
    with pytest.raises(TypeError) as caught:
        ~require_groups("banned")
    assert str(caught.value) == (
        "a policy has no opposite: its refusals would become permissions; combine policies with "
        "& and |, and write your own function that refuses callers"
    )


@pytest.mark.parametrize(
    "use",
    [
        lambda policy: policy + policy,
        lambda policy: policy - policy,
        lambda policy: policy ^ policy,
        lambda policy: policy < policy,
        lambda policy: policy @ policy,
        lambda policy: [*policy],
        lambda policy: policy["ga"],
    ],
    ids=["+", "-", "^", "<", "@", "*", "[]"],
)
def test_no_other_operator(use: Callable[[Any], object]) -> None:
    """Whatever else Python has between two objects is an error where it is written."""
    with pytest.raises(TypeError):
        use(require_groups("ga"))


@pytest.mark.parametrize(
    "wrong",
    [
        [require_groups("ga")],
        (require_groups("ga"),),
        {require_groups("ga")},
        {"policy": require_groups("ga")},
        True,
        0,
        b"ga",
        bool,
        Policy,
        require_groups,
        require_scopes,
        build_policy,
        partial(require_groups, "ga"),
        lambda: True,
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_what_stands_where_a_policy_belongs(wrong: Any) -> None:
    """A list, a class, and a function that has yet to be called are errors at once: alone, in
    keywords, beside a policy, and among a pool's checks."""
    for use in (
        Policy,
        lambda value: build_policy(policy=value),
        lambda value: require_groups("ga") & value,
        lambda value: value | require_groups("ga"),
        lambda value: Forge().trust(checks=[value]),
    ):
        with pytest.raises(ConfigurationError):
            use(wrong)


@pytest.mark.parametrize(
    "checks",
    [iter([yes]), (each for each in [yes]), map(Policy, [yes]), {yes: "name"}, {"name": yes}, yes],
    ids=["iterator", "generator", "map", "mapping", "names", "alone"],
)
def test_checks_are_a_list(checks: Any) -> None:
    """An iterator has its checks for the first pool only; the second one would have none."""
    with pytest.raises(ConfigurationError, match="checks must be a list"):
        Forge().trust(checks=checks)


def test_a_list_that_changes_later() -> None:
    """What is required is what was there when it was written."""
    names, checks, values = ["ga"], [no], [1]
    policy, claim = build_policy(groups=names), require_claim("c", values)
    forge = Forge()
    guard = forge.guard(checks=checks)
    names.append("zz")
    checks.clear()
    values.append(2)

    assert reason(policy, caller()) is None
    assert reason(claim, caller(c=[[1]])) is None
    with pytest.raises(InvalidToken, match="check_failed"):
        guard.verify(forge.token())


class Nobody:
    """What frameworks put where a user would be."""

    is_authenticated = False


@pytest.mark.parametrize("nobody", [None, Nobody()], ids=["None", "anonymous"])
@pytest.mark.parametrize("policy", [build_policy(), yes, require_groups("ga") | yes])
def test_a_policy_is_not_asked_about_nobody(policy: Any, nobody: Any) -> None:
    """Who is not signed in passes no policy, not even one that lets everybody pass."""
    with pytest.raises(MissingCredentials):
        enforce(policy, nobody)


@pytest.mark.parametrize("other", [{"groups": ["ga"]}, "ga", require_groups("ga"), True])
def test_a_policy_is_asked_about_an_identity(other: Any) -> None:
    """Anything else is a fault in the program, the two arguments the wrong way round included."""
    with pytest.raises(TypeError, match=f"takes an Identity, not {type(other).__name__}"):
        enforce(yes, other)


def test_answers_of_policies_combine_as_python_reads_them(forge: Forge) -> None:
    """Who asks policies by hand, with ``and`` or ``not`` between them, drops none of them."""
    one = caller()
    both = require_groups("ga")(one) and enforce(require_groups("gb"), one)

    assert both is True
    with pytest.raises(AccessDenied):
        require_groups("ga")(one) and require_scopes("other")(one)
    with pytest.raises(AccessDenied):
        enforce(lambda who: not require_groups("ga")(who), one)
