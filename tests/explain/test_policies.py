"""Which part of a policy refuses, and what the caller has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cognito_guard import (
    Identity,
    MissingCredentials,
    Policy,
    build_policy,
    forbid_actor,
    require_acr,
    require_actor,
    require_claim,
    require_groups,
    require_mfa,
    require_recent_login,
    require_roles,
    require_scopes,
)
from cognito_guard.explain import Check, explain_policy

from ..engine.forge import Forge


@pytest.fixture(scope="module")
def caller(forge: Forge) -> Identity:
    """In two groups, with two scopes."""
    claims = {"cognito:groups": ["readers", "staff"], "custom:role": "editor", "x": [1, "a"]}
    return forge.guard().verify(forge.token(forge.claims(claims, auth_time=0)))


def summary(check: Check) -> Any:
    """Name, verdict, and those of the parts."""
    parts = [summary(part) for part in check.parts]
    return (check.name, check.verdict, parts) if parts else (check.name, check.verdict)


def lets_in(_: Identity) -> bool:
    """A function of a user's."""
    return True


def lets_nobody_in(_: Identity) -> bool:
    """Another one."""
    return False


def is_never_asked(_: Identity) -> bool:
    """One that must not be called."""
    raise AssertionError


def test_each_part(caller: Identity) -> None:
    """Of ``a & (b | c)`` it is plain which one refuses, and what the caller had."""
    policy = require_groups("staff") & (require_scopes("orders/none") | require_roles("admin"))
    (check,) = explain_policy(policy, caller).checks

    assert summary(check) == (
        "policy",
        "failed",
        [
            ("require_groups", "passed"),
            ("any", "failed", [("require_scopes", "failed"), ("require_roles", "failed")]),
        ],
    )
    assert (check.expected, check.reason) == ("all of these", "missing_scope")
    groups, either = check.parts
    assert (groups.expected, groups.actual) == ("staff", '["readers", "staff"]')
    assert (either.expected, either.reason) == ("one of these", "missing_scope")
    assert either.parts[1].actual == '["editor"]'
    assert either.parts[1].reason == "missing_role"


@pytest.mark.parametrize(
    ("make", "expected", "actual"),
    [
        (lambda: require_groups("a", "b"), "all of a, b", '["readers", "staff"]'),
        (lambda: require_groups("a", "b", match="any"), "one of a, b", '["readers", "staff"]'),
        (lambda: require_scopes("a"), "a", '["orders/read", "orders/write"]'),
        (lambda: require_roles("a"), "a", '["editor"]'),
        (lambda: require_claim("y"), "y", "{}"),
        (lambda: require_claim("x", 1, "b"), "x with all of 1, 'b'", '{"x": [1, "a"]}'),
        (
            lambda: require_claim("x", True, "b", match="any"),
            "x with one of True, 'b'",
            '{"x": [1, "a"]}',
        ),
        (lambda: require_recent_login(60), "a sign-in at most 60 seconds ago", '{"auth_time": 0}'),
        (
            lambda: require_acr("urn:cognito:loa:3"),
            "one of urn:cognito:loa:3, urn:cognito:loa:4",
            '{"acr": null}',
        ),
        (lambda: require_mfa(), "mfa among the methods (amr)", '{"amr": []}'),
        (lambda: require_actor(), "an actor", "{}"),
        (
            lambda: require_actor(subjects=["a", "b"], client_ids="c", issuers="https://i.example"),
            "an actor subject one of a, b, client_id c, issuer https://i.example",
            "{}",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_every_requirement(
    caller: Identity, make: Callable[[], Policy], expected: str, actual: str
) -> None:
    """Each says what it asks for, and what there is of it."""
    (check,) = explain_policy(make(), caller).checks

    assert check.verdict == "failed"
    assert (check.expected or "").partition(": ")[2] == expected
    assert check.actual == actual
    assert check.hint


def test_an_actor(forge: Forge) -> None:
    """Who acts is shown."""
    caller = forge.guard().verify(forge.token(forge.claims(act={"sub": "bot"})))
    (check,) = explain_policy(forbid_actor(), caller).checks

    assert (check.verdict, check.expected) == ("failed", "forbid_actor: no actor")
    assert check.actual == '{"act": {"sub": "bot"}}'


def test_functions_of_a_users_own(caller: Identity) -> None:
    """They are called exactly when they would be, and told by their names."""
    groups, nobody = require_groups("staff"), require_groups("none")
    for policy, wanted in (
        (nobody & is_never_asked, [("require_groups", "failed"), ("check", "not_reached")]),
        (groups | is_never_asked, [("require_groups", "passed"), ("check", "not_reached")]),
        (groups & lets_in, [("require_groups", "passed"), ("check", "passed")]),
        (nobody | lets_nobody_in, [("require_groups", "failed"), ("check", "failed")]),
        (
            nobody & (groups & is_never_asked),
            [
                ("require_groups", "failed"),
                ("all", "not_reached", [("require_groups", "passed"), ("check", "not_reached")]),
            ],
        ),
        (
            nobody & (nobody | is_never_asked),
            [
                ("require_groups", "failed"),
                ("any", "not_reached", [("require_groups", "failed"), ("check", "not_reached")]),
            ],
        ),
    ):
        (check,) = explain_policy(policy, caller).checks
        assert [summary(part) for part in check.parts] == wanted
    (check,) = explain_policy(lets_nobody_in, caller).checks
    assert (check.name, check.reason) == ("policy", "check_failed")
    assert check.expected == "None or True from lets_nobody_in"
    assert check.hint == "It returned neither None nor True."


def test_an_error_that_is_no_refusal(caller: Identity) -> None:
    """After it nothing else is asked, neither in ``&`` nor in ``|``."""

    def breaks(_: Identity) -> bool:
        raise LookupError

    for policy in (breaks | require_groups("staff"), require_groups("staff") & breaks):
        explanation = explain_policy(policy, caller)
        assert (explanation.valid, explanation.reason) == (False, None)
        assert "an error that is no refusal" in explanation.as_text()


def test_what_adapters_say_in_keywords(caller: Identity) -> None:
    """One keyword is one requirement, none lets everybody pass."""
    (check,) = explain_policy(build_policy(groups="staff"), caller).checks
    assert [part.name for part in check.parts] == ["require_groups"]
    assert explain_policy(build_policy(), caller).valid
    with pytest.raises(MissingCredentials):
        explain_policy(build_policy(), None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        explain_policy(build_policy(), "a token")  # type: ignore[arg-type]


def test_of_a_caller_who_is_not_good(forge: Forge) -> None:
    """A policy is asked about nobody who was refused before."""
    explanation = forge.guard(checks=[lets_nobody_in, is_never_asked]).explain(
        forge.token(), policy=require_groups("staff") & is_never_asked
    )

    assert [summary(check) for check in explanation.checks[-3:]] == [
        ("checks[0]", "failed"),
        ("checks[1]", "not_reached"),
        ("policy", "not_reached"),
    ]
    assert explanation.checks[-1].expected == "all of these"


def test_the_table(caller: Identity) -> None:
    """A table in plain text, parts below what they are parts of."""
    policy = require_groups("staff") & (require_scopes("none") | lets_nobody_in)
    explanation = explain_policy(policy, caller)
    (check,) = explanation.checks

    assert explanation.as_text().splitlines() == [
        "refused: missing_scope (check: policy)",
        "  FAILED policy",
        "           expected  all of these",
        '  ok       require_groups  ["readers", "staff"]',
        "  FAILED   any",
        "             expected  one of these",
        "  FAILED     require_scopes",
        "               expected  none",
        '               found     ["orders/read", "orders/write"]',
        f"               hint      {check.parts[1].parts[0].hint}",
        "  FAILED     check",
        "               expected  None or True from lets_nobody_in",
        "               hint      It returned neither None nor True.",
    ]


def test_of_a_request(forge: Forge) -> None:
    """A policy of a route, for a request with a good token and for one without."""
    guard, policy = forge.guard(), require_groups("staff")
    headers = {"authorization": f"Bearer {forge.token()}"}

    assert guard.explain_request(headers, policy=policy).reason == "missing_group"
    assert summary(guard.explain_request({}, policy=policy).checks[-1]) == ("policy", "not_reached")
