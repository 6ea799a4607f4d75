"""policy.py: what a caller must have."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from math import nan
from typing import Any

import pytest

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    LoginTooOld,
    Reason,
    build_policy,
    require_claim,
    require_groups,
    require_recent_login,
    require_roles,
    require_scopes,
)

from ..naming import steady
from .callers import caller, no, reason, refusal, yes
from .forge import NOW

NAMED = [
    pytest.param(require_groups, "ga", "gb", Reason.MISSING_GROUP, id="groups"),
    pytest.param(require_scopes, "sa", "sb", Reason.MISSING_SCOPE, id="scopes"),
    pytest.param(require_roles, "r a", "rb", Reason.MISSING_ROLE, id="roles"),
]


@pytest.mark.parametrize(("require", "one", "two", "missing"), NAMED)
def test_names(require: Any, one: str, two: str, missing: Reason) -> None:
    """All of the names are required, or any one of them; each counts as a whole, in its case."""
    identity = caller()

    for names in ((one,), (one, two), (two, one)):
        assert reason(require(*names), identity) is None
    for names in ((one, "zz"), ("zz", one), ("zz",), (one[0],), (one + "x",), (one.upper(),)):
        assert reason(require(*names), identity) is missing
    assert reason(require("zz", two, match="any"), identity) is None
    assert reason(require("zz", "yy", match="any"), identity) is missing


@pytest.mark.parametrize(("require", "one", "two", "missing"), NAMED)
@pytest.mark.parametrize(
    ("names", "keywords", "message"),
    [
        ((), {}, "^REQUIRE needs at least one name$"),
        (("",), {}, "^REQUIRE takes names as separate texts"),
        ((None,), {}, "takes names as separate texts"),
        ((["ga"],), {}, "takes names as separate texts"),
        (("ga",), {"match": "some"}, "match must be"),
        (("ga",), {"match": True}, "match must be"),
    ],
)
def test_wrong_names(
    require: Any, one: str, two: str, missing: Reason, names: Any, keywords: Any, message: str
) -> None:
    """A requirement of nothing, or of what is no name, is an error where it is written."""
    with pytest.raises(ConfigurationError, match=message.replace("REQUIRE", require.__name__)):
        require(*names, **keywords)


@pytest.mark.parametrize("name", ["", None, ["c"]], ids=repr)
def test_wrong_names_of_claims(name: Any) -> None:
    """A claim has a name as well."""
    with pytest.raises(ConfigurationError, match=r"^require_claim takes names"):
        require_claim(name)


@pytest.mark.parametrize("require", [require_groups, require_scopes])
@pytest.mark.parametrize(
    "text", ["one two", "one, two", "one\n", "\tone", "one\xa0two", " "], ids=repr
)
def test_several_names_in_one_text(require: Any, text: str) -> None:
    """Neither a group nor a scope can hold white space, so such a text is two names by mistake."""
    with pytest.raises(ConfigurationError, match="separate texts without spaces"):
        require(text)


@pytest.mark.parametrize("require", [require_roles, require_claim])
@pytest.mark.parametrize("text", [" one", "one ", "one\n", " "], ids=repr)
def test_white_space_around_a_name(require: Any, text: str) -> None:
    """What stands at the edges of a name came there by mistake."""
    with pytest.raises(ConfigurationError, match="takes names"):
        require(text)


def test_a_comma_is_a_part_of_a_name() -> None:
    """A group may have one in its name, so such a text is one group, and splits nobody's."""
    assert reason(require_groups("ga,gb"), caller()) is Reason.MISSING_GROUP


class Everything(str):
    """A text that says that it equals all others."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class Named(StrEnum):
    """Names as programs keep them."""

    GROUP = "ga"
    OTHER = "zz"


class Level(IntEnum):
    """A number as programs keep them."""

    ONE = 1


def test_texts_of_a_kind_of_their_own() -> None:
    """A name counts by its letters: an enum's member for its value, and for no other text."""
    assert reason(require_groups(Named.GROUP), caller()) is None
    assert reason(require_groups(Named.OTHER), caller()) is Reason.MISSING_GROUP
    assert reason(require_groups(Everything("zz")), caller()) is Reason.MISSING_GROUP
    assert reason(require_claim("c", Named.GROUP), caller(c="ga")) is None
    assert reason(require_claim("c", Everything("zz")), caller(c="ga")) is Reason.MISSING_CLAIM
    assert reason(require_claim("c", Level.ONE), caller(c=1)) is None
    assert reason(require_claim(Named.GROUP, 1.5), caller(ga=1.5)) is None


@pytest.mark.parametrize("value", [{"a", "b"}, b"a", object(), iter("a"), {"a": {1}}, range(2)])
def test_values_that_no_claim_has(value: Any) -> None:
    """A value that JSON cannot hold would fit no claim, so it is an error where it is written."""
    with pytest.raises(ConfigurationError, match="values that JSON has"):
        require_claim("c", value)


def test_any_of_no_values() -> None:
    """A list of values that turns out empty would otherwise ask for nothing but the claim."""
    with pytest.raises(ConfigurationError, match="at least one value"):
        require_claim("c", *[], match="any")


def test_the_refusal_names_the_scopes() -> None:
    """A client is told the scopes to ask for; groups and roles are nobody's business."""
    scopes = refusal(require_scopes("sa", "zz"), caller())
    groups = refusal(require_groups("secret-group"), caller())

    assert isinstance(scopes, AccessDenied)
    assert isinstance(groups, AccessDenied)
    assert scopes.scopes == ("sa", "zz")
    assert groups.scopes == ()
    assert "secret-group" not in str(groups)


@pytest.mark.parametrize(
    ("claims", "values", "match", "passes"),
    [
        ({"c": "a"}, (), "all", True),
        ({"c": "a b"}, ("a b",), "all", True),
        ({"c": None}, (), "all", True),
        ({"c": []}, (), "all", True),
        ({}, (), "all", False),
        ({}, (None,), "all", False),
        ({"c": None}, (None,), "all", True),
        ({"c": "a"}, ("a",), "all", True),
        ({"c": "ab"}, ("a",), "all", False),
        ({"c": "a b"}, ("a",), "all", False),
        ({"c": ["a", "b"]}, ("a",), "all", True),
        ({"c": ["a", "b"]}, ("b", "a"), "all", True),
        ({"c": ["a", "b"]}, ("a", "z"), "all", False),
        ({"c": ["a", "b"]}, ("a", "z"), "any", True),
        ({"c": ["a", "b"]}, ("y", "z"), "any", False),
        ({"c": [["a"]]}, ("a",), "all", False),
        ({"c": [["a"]]}, (["a"],), "all", True),
        ({"c": [["a"]]}, (["b"],), "all", False),
        ({"c": [["a"]]}, (["a", "a"],), "all", False),
        ({"c": 1}, (1,), "all", True),
        ({"c": 1}, (1.0,), "all", True),
        ({"c": 1}, (True,), "all", False),
        ({"c": True}, (True,), "all", True),
        ({"c": True}, (1,), "all", False),
        ({"c": "1"}, (1,), "all", False),
        ({"c": {"d": 1}}, ({"d": 1},), "all", True),
        ({"c": {"d": 1}}, ({"d": True},), "all", False),
        ({"c": {"d": [1, 2]}}, ({"d": (1, 2)},), "all", True),
        ({"c": [{"d": 1}]}, ({"d": 1},), "all", True),
    ],
)
def test_claims(claims: Any, values: Any, match: Any, passes: bool) -> None:
    """A claim holds itself or, as a list, its members; values are compared with their type."""
    expected = None if passes else Reason.MISSING_CLAIM

    assert reason(require_claim("c", *values, match=match), caller(**claims)) is expected


def test_a_claim_may_have_any_name() -> None:
    """A trigger may name a claim as it likes, with spaces as well."""
    policy = require_claim("cost centre", "a b")

    assert reason(policy, caller(**{"cost centre": "a b"})) is None
    assert reason(policy, caller(cost="a b")) is Reason.MISSING_CLAIM


@pytest.mark.parametrize(
    ("arguments", "keywords"), [(("",), {}), ((None,), {}), (("c", "a"), {"match": "some"})]
)
def test_wrong_claims(arguments: Any, keywords: Any) -> None:
    """A claim without a name and a match of another kind are errors where they are written."""
    with pytest.raises(ConfigurationError):
        require_claim(*arguments, **keywords)


@pytest.mark.parametrize(
    ("auth_time", "passes"),
    [(NOW, True), (NOW - 300, True), (NOW - 301, False), (NOW + 60, True), (None, False)],
)
def test_recent_login(auth_time: int | None, passes: bool) -> None:
    """A sign-in counts for ``max_age`` seconds; a token that does not say when is too old."""
    policy = require_recent_login(300, clock=lambda: NOW)
    assert reason(require_recent_login(1, clock=lambda: NOW), caller(auth_time=NOW - 1)) is None

    error = refusal(policy, caller(auth_time=auth_time))

    if passes:
        assert error is None
    else:
        assert isinstance(error, LoginTooOld)
        assert (error.reason, error.max_age) == (Reason.LOGIN_TOO_OLD, 300)


def test_recent_login_by_a_clock_that_is_broken() -> None:
    """A clock that gives no number finds no sign-in recent."""
    policy = require_recent_login(300, clock=lambda: nan)

    assert reason(policy, caller(auth_time=NOW)) is Reason.LOGIN_TOO_OLD


@pytest.mark.parametrize("max_age", [0, -1, True, 1.5, "300", None], ids=repr)
def test_wrong_age(max_age: Any) -> None:
    """An age that is no whole number of seconds is an error where it is written."""
    with pytest.raises(ConfigurationError, match="max_age must be a whole number"):
        require_recent_login(max_age)


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({}, None),
        ({"groups": "ga"}, None),
        ({"groups": ["ga", "gb"]}, None),
        ({"groups": ("ga", "zz")}, Reason.MISSING_GROUP),
        ({"scopes": "sa"}, None),
        ({"scopes": "zz"}, Reason.MISSING_SCOPE),
        ({"roles": "r a"}, None),
        ({"roles": {"zz"}}, Reason.MISSING_ROLE),
        ({"groups": "ga", "scopes": "sa", "roles": "rb", "policy": yes}, None),
        ({"groups": "ga", "scopes": "sa", "roles": "rb", "policy": no}, Reason.CHECK_FAILED),
        ({"groups": "zz", "scopes": "zz"}, Reason.MISSING_SCOPE),
    ],
)
def test_build_policy(keywords: dict[str, Any], expected: Reason | None) -> None:
    """The keywords of the decorators require everything that they name."""
    assert reason(build_policy(**keywords), caller()) is expected


@pytest.mark.parametrize("name", ["groups", "scopes", "roles"])
@pytest.mark.parametrize(
    "names",
    [
        *([], (), "", [""], 5, True, b"ga", {"ga": 1}, {}, [["ga"]], iter(()), [b"ga"]),
        require_groups("ga"),
    ],
    ids=steady,
)
def test_build_policy_of_nothing(name: str, names: Any) -> None:
    """An empty list or what is no list of names is an error, never a check that passes all."""
    with pytest.raises(ConfigurationError):
        build_policy(**{name: names})
