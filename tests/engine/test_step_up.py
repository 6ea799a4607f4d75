"""policy.py: sign-ins that are strong enough, and what a challenge asks of the next one."""

from __future__ import annotations

from enum import StrEnum
from itertools import permutations
from typing import Any

import pytest

from cognito_guard import (
    ConfigurationError,
    Identity,
    LoginTooOld,
    LoginTooWeak,
    Policy,
    Reason,
    StepUpRequired,
    build_policy,
    require_acr,
    require_groups,
    require_mfa,
    require_recent_login,
    require_scopes,
)

from ..naming import steady
from .callers import caller, no, reason, refusal, yes
from .forge import NOW

ONE, TWO, THREE, FOUR = (f"urn:cognito:loa:{level}" for level in (1, 2, 3, 4))
METALS = ["bronze", "silver", "gold"]
LATELY = require_recent_login(60, clock=lambda: NOW)


def asked(policy: Any, identity: Identity) -> tuple[type, tuple[str, ...], int | None]:
    """The kind of a refusal for the sign-in, and what it asks for."""
    error = refusal(policy, identity)
    assert isinstance(error, StepUpRequired)
    assert error.reason in type(error).reasons
    return type(error), error.acr_values, error.max_age


@pytest.mark.parametrize(
    ("level", "acr", "passes"),
    [
        (ONE, ONE, True),
        (TWO, ONE, False),
        (TWO, TWO, True),
        (TWO, FOUR, True),
        (FOUR, THREE, False),
        (ONE, None, False),
        (ONE, "", False),
        (ONE, "urn:cognito:loa:5", False),
        (ONE, "urn:cognito:loa:44", False),
        (ONE, "URN:COGNITO:LOA:4", False),
        (ONE, "4", False),
        (ONE, 4, False),
        (ONE, [FOUR], False),
        (ONE, f"{ONE} {FOUR}", False),
    ],
)
def test_level(level: str, acr: Any, passes: bool) -> None:
    """A level counts for itself and all below it; a name that is not known counts for nothing."""
    error = refusal(require_acr(level), caller() if acr is None else caller(acr=acr))

    assert (error is None) is passes
    if error is not None:
        assert isinstance(error, LoginTooWeak)
        assert error.acr_values == (ONE, TWO, THREE, FOUR)[int(level[-1]) - 1 :]
        assert error.max_age is None


def test_levels_have_the_pools_own_order() -> None:
    """Renamed levels are in the order of their list, whatever their names say."""
    policy = require_acr("silver", levels=METALS)

    assert [reason(policy, caller(acr=level)) for level in METALS] == [
        Reason.LOGIN_TOO_WEAK,
        None,
        None,
    ]
    assert asked(policy, caller(acr=FOUR))[1] == ("silver", "gold")


def test_levels_are_those_of_when_it_was_written() -> None:
    """A list that changes later changes nothing, and the member of an enum is its text."""

    class Level(StrEnum):
        LOW = "low"
        HIGH = "high"

    levels: list[str] = [Level.LOW, Level.HIGH]
    policy = require_acr(Level.HIGH, levels=levels)
    levels.reverse()

    assert reason(policy, caller(acr="low")) is Reason.LOGIN_TOO_WEAK
    assert asked(policy, caller()) == (LoginTooWeak, ("high",), None)
    assert type(asked(policy, caller())[1][0]) is str


@pytest.mark.parametrize(
    ("amr", "passes"),
    [
        (["pwd", "otp", "mfa"], True),
        (["mfa"], True),
        (["pwd"], False),
        (["pwd", "otp"], False),
        (["mfas"], False),
        (["MFA"], False),
        ("mfa", False),
        ("pwd mfa", False),
        ({"mfa": True}, False),
        (None, False),
    ],
)
def test_several_factors(amr: Any, passes: bool) -> None:
    """``mfa`` is one of the methods of the sign-in, as a whole text in a list."""
    error = refusal(require_mfa(), caller() if amr is None else caller(amr=amr))

    assert (error is None) is passes
    if error is not None:
        assert isinstance(error, LoginTooWeak)
        assert error.acr_values == (FOUR, THREE)


def test_several_factors_by_another_name() -> None:
    """The challenge names what the pool calls the levels with several factors, one or more."""
    assert asked(require_mfa(acr_values="gold"), caller())[1] == ("gold",)
    assert asked(require_mfa(acr_values=iter(["b", "a"])), caller())[1] == ("b", "a")
    # The level decides nothing.
    assert reason(require_mfa(), caller(acr=FOUR)) is Reason.LOGIN_TOO_WEAK


@pytest.mark.parametrize("policy", [require_acr(ONE), require_mfa(), LATELY])
def test_no_machine_has_signed_in(policy: Policy) -> None:
    """A client that signed in as itself has no user, whatever its token says of one."""
    claims = {"sub": "client", "iss": "x", "acr": FOUR, "amr": ["mfa"], "auth_time": NOW}

    assert isinstance(refusal(policy, Identity(dict(claims), "access", "client")), StepUpRequired)
    assert reason(policy, Identity(dict(claims), "access", "client", "client")) is None


@pytest.mark.parametrize(
    "name", [5, None, "", "a b", "a\n", 'a"', "a\\b", "ä", b"a", ["a"]], ids=repr
)
def test_wrong_levels(name: Any) -> None:
    """What is no name of a level, and could not stand in a header, is an error at once."""
    for use in (
        lambda: require_acr(name),
        lambda: require_acr(name, levels=["a", name]),
        lambda: require_acr("a", levels=["a", name]),
        lambda: require_mfa(acr_values=["a", name]),
        lambda: build_policy(acr=name or ""),
    ):
        with pytest.raises(ConfigurationError):
            use()


@pytest.mark.parametrize("levels", [[], "abc", b"abc", None, 5, ["a", "b", "a"], {}], ids=steady)
def test_wrong_list_of_levels(levels: Any) -> None:
    """The levels are a list that names each one once."""
    with pytest.raises(ConfigurationError, match="levels of require_acr"):
        require_acr("a", levels=levels)


def test_a_level_that_the_pool_does_not_have() -> None:
    """A level outside of the list is an error, which says what to do about renamed ones."""
    with pytest.raises(ConfigurationError, match=f"levels=.* where they are not {ONE} to {FOUR}"):
        require_acr("gold")
    with pytest.raises(ConfigurationError, match="bronze to gold"):
        require_acr(TWO, levels=METALS)
    with pytest.raises(ConfigurationError, match="needs at least one name"):
        require_mfa(acr_values=[])


# One challenge names all that is needed.

WEAK_AND_OLD = caller(acr=ONE, amr=["pwd"], auth_time=NOW - 61)
STRONG_AND_OLD = caller(acr=FOUR, amr=["pwd", "mfa"], auth_time=NOW - 61)
WEAK_AND_NEW = caller(acr=ONE, amr=["pwd"], auth_time=NOW)


def test_all_that_is_needed_at_once() -> None:
    """The reason is that of the first refusal; what it asks for is enough for all of them."""
    level, factors = require_acr(TWO), require_mfa()

    assert asked(level & LATELY, WEAK_AND_OLD) == (LoginTooWeak, (TWO, THREE, FOUR), 60)
    assert asked(LATELY & level, WEAK_AND_OLD) == (LoginTooOld, (TWO, THREE, FOUR), 60)
    assert asked(level & factors, WEAK_AND_OLD) == (LoginTooWeak, (FOUR, THREE), None)
    assert asked(factors & level & LATELY, WEAK_AND_OLD)[1:] == ((FOUR, THREE), 60)
    assert asked(factors & (level & LATELY), WEAK_AND_OLD)[1:] == ((FOUR, THREE), 60)
    younger = require_recent_login(30, clock=lambda: NOW)
    assert asked(LATELY & younger, WEAK_AND_OLD) == (LoginTooOld, (), 30)
    assert asked(younger & LATELY, WEAK_AND_OLD) == (LoginTooOld, (), 30)


def test_only_what_is_lacking() -> None:
    """What the sign-in has already is not asked for again."""
    policy = require_acr(TWO) & LATELY

    assert asked(policy, STRONG_AND_OLD) == (LoginTooOld, (), 60)
    assert asked(policy, WEAK_AND_NEW) == (LoginTooWeak, (TWO, THREE, FOUR), None)
    assert reason(policy, caller(acr=FOUR, auth_time=NOW)) is None
    # Several parts that lack nothing are no more than one.
    nested = require_mfa() & (require_acr(ONE) & LATELY)
    assert asked(nested, WEAK_AND_NEW) == (LoginTooWeak, (FOUR, THREE), None)


def test_what_refuses_is_not_asked_again() -> None:
    """Only what stands after a refusal is asked what else the sign-in lacks."""
    asked_at: list[int] = []

    def clock() -> float:
        asked_at.append(NOW)
        return NOW

    policy = require_recent_login(60, clock=clock) & require_acr(TWO)

    assert asked(policy, WEAK_AND_OLD) == (LoginTooOld, (TWO, THREE, FOUR), 60)
    assert asked_at == [NOW]


def test_levels_that_are_enough_for_both() -> None:
    """Of two lists, what is in both is named, as the shorter one has it, or else one after the
    other."""
    two, three = require_acr("silver", levels=METALS), require_acr("gold", levels=METALS)
    assert asked(two & three, caller()) == asked(three & two, caller())
    assert asked(two & three, caller())[1] == ("gold",)
    one = require_mfa(acr_values=["a", "b", "c"])
    assert asked(one & require_mfa(acr_values=["c", "b", "d"]), caller())[1] == ("b", "c")
    assert asked(one & require_mfa(acr_values=["d", "e"]), caller())[1] == ("a", "b", "c", "d", "e")


def test_around_what_is_not_about_the_sign_in() -> None:
    """Other requirements between those for the sign-in hide none of them, and are not asked about
    who is refused before."""
    seen: list[Identity] = []
    policy = require_groups("ga") & require_acr(TWO) & seen.append & require_scopes("sa") & LATELY

    assert asked(policy, WEAK_AND_OLD) == (LoginTooWeak, (TWO, THREE, FOUR), 60)
    assert seen == []
    assert asked(yes & require_acr(TWO) & (no & LATELY), WEAK_AND_OLD)[2] == 60
    assert reason(no & policy, WEAK_AND_OLD) is Reason.CHECK_FAILED


def test_alternatives() -> None:
    """With ``|`` the left one's challenge is given; beside others, it is one requirement."""
    factors, level = require_mfa(acr_values="left"), require_acr("right", levels=["right"])

    assert asked(factors | level, caller()) == (LoginTooWeak, ("left",), None)
    assert asked(LATELY & (factors | level), caller()) == (LoginTooOld, ("left",), 60)
    assert asked(LATELY & (factors & yes | level), caller()) == (LoginTooOld, (), 60)
    assert asked(LATELY & (factors | level & yes), caller()) == (LoginTooOld, (), 60)
    assert asked(LATELY & (factors | require_groups("zz")), caller()) == (LoginTooOld, (), 60)
    # They count wherever they stand, as long as all parts of them are about the sign-in.
    for nested in ((factors | level) | level, factors | (level | factors), factors | level & level):
        assert asked(LATELY & nested, caller()) == (LoginTooOld, ("left",), 60)
    for nested in ((factors | level & yes) | level, (factors & (level | yes)) | level):
        assert asked(LATELY & nested, caller()) == (LoginTooOld, (), 60)
    # One side is enough: nothing more is lacking.
    for passing in (caller(amr=["mfa"]), caller(acr="right")):
        assert asked(LATELY & (factors | level), passing) == (LoginTooOld, (), 60)
        assert asked(LATELY & ((factors | level) | factors), passing) == (LoginTooOld, (), 60)


def test_a_refusal_of_ones_own() -> None:
    """A policy of a user's that refuses for the sign-in gets the rest of it named, and the error
    that it raises for everybody stays as it is."""
    own = LoginTooOld("login_too_old", "Sign in for this order.", max_age=90)

    def orders(identity: Identity) -> None:
        raise own

    error = refusal(orders & require_acr(TWO) & LATELY, WEAK_AND_OLD)

    assert isinstance(error, LoginTooOld)
    assert (error.detail, error.max_age) == ("Sign in for this order.", 60)
    assert error.acr_values == (TWO, THREE, FOUR)
    assert (own.max_age, own.acr_values) == (90, ())
    assert refusal(Policy(orders) & yes, WEAK_AND_OLD) is own
    assert refusal(orders & require_acr(ONE), WEAK_AND_OLD) is own


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({"acr": TWO}, ((TWO, THREE, FOUR), None)),
        ({"mfa": True}, ((FOUR, THREE), None)),
        ({"max_age": 60}, ((), 60)),
        ({"acr": TWO, "mfa": True, "max_age": 60}, ((FOUR, THREE), 60)),
        ({"max_age": 60, "policy": require_acr(FOUR)}, ((FOUR,), 60)),
        ({"acr": TWO, "policy": yes}, ((TWO, THREE, FOUR), None)),
        ({"groups": "ga", "scopes": "sa", "acr": FOUR}, ((FOUR,), None)),
    ],
)
def test_keywords(keywords: dict[str, Any], expected: Any) -> None:
    """The decorators' keywords say the same, and one challenge has all of it."""
    policy = build_policy(**keywords)

    assert asked(policy, caller(acr=ONE, auth_time=1))[1:] == expected
    assert asked(policy & yes, caller(acr=ONE, auth_time=1))[1:] == expected
    assert asked(yes & policy, caller(acr=ONE, auth_time=1))[1:] == expected
    assert reason(policy, caller(acr=FOUR, amr=["mfa"], auth_time=1e12)) is None


def test_keywords_beside_others() -> None:
    """Who lacks a group is not asked to sign in again for nothing."""
    policy = build_policy(groups="zz", acr=FOUR, max_age=1)

    assert reason(policy, caller()) is Reason.MISSING_GROUP
    assert reason(build_policy(mfa=False, acr=None, max_age=None), caller()) is None


@pytest.mark.parametrize("mfa", [1, 0, "true", "false", None, require_mfa], ids=steady)
def test_a_yes_that_is_none(mfa: Any) -> None:
    """``mfa`` is ``True`` or ``False``, and nothing that may be meant for one."""
    with pytest.raises(ConfigurationError, match="mfa"):
        build_policy(mfa=mfa)


@pytest.mark.parametrize("factory", [require_acr, require_mfa])
def test_uncalled(factory: Any) -> None:
    """What makes policies is none."""
    with pytest.raises(ConfigurationError, match="call it"):
        build_policy(policy=factory)


@pytest.mark.parametrize(
    "names",
    [{"a", "b"}, frozenset({"a", "b"}), {"a": 1}, {"a": 1}.keys(), {"a": "b"}.values()],
    ids=lambda names: type(names).__name__,
)
def test_levels_without_an_order(names: Any) -> None:
    """Are refused: which of them is higher would be another one in each process."""
    with pytest.raises(ConfigurationError, match="must be a list of names"):
        require_acr("a", levels=names)
    with pytest.raises(ConfigurationError):
        require_mfa(acr_values=names)


def test_levels_that_fit_no_address() -> None:
    """Are refused when the policy is made, and not when a browser is led to the sign-in."""
    fit = ["a" * 255, "b" * 256]
    require_acr(fit[0], levels=fit)
    require_mfa(acr_values=fit)
    for make in (lambda names: require_acr(names[0], levels=names), _mfa):
        with pytest.raises(ConfigurationError, match="512 letters at most"):
            make([*fit, "c"])


def _mfa(names: list[str]) -> Policy:
    return require_mfa(acr_values=names)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("between", [None, require_recent_login(60)])
def test_one_round_for_a_level_and_for_several_factors(
    turned: bool, between: Policy | None
) -> None:
    """The order of ``require_mfa`` counts, wherever it stands: a passkey has the level, and may not
    be several factors."""
    parts = [require_acr(THREE), require_mfa()]
    first, second = reversed(parts) if turned else parts
    policy = first & second if between is None else first & (between & second)
    _, levels, _ = asked(policy, caller())
    assert levels == (FOUR, THREE)


def test_the_order_of_several_factors_among_three() -> None:
    """It counts however the three are put together."""
    for one, two, three in permutations((require_acr(TWO), require_acr(THREE), require_mfa())):
        for policy in ((one & two) & three, one & (two & three)):
            assert asked(policy, caller())[1] == (FOUR, THREE)
