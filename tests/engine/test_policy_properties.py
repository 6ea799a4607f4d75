"""Policies of any shape, held against a model that knows nothing of how they are built."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    Identity,
    Reason,
    StepUpRequired,
    enforce,
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
from cognito_guard.policy import Policy, PolicyLike, build_policy

from .forge import NOW
from .strategies import any_text, json_values, repeatable

NAMES = ["a", "b", "c"]
Model = Callable[[Identity], Reason | None]
"""Why an identity is refused, or ``None``."""


class Case(NamedTuple):
    """A policy and its model."""

    policy: PolicyLike
    model: Model


def _held(kind: str, identity: Identity) -> tuple[str, ...]:
    held: tuple[str, ...] = getattr(identity, kind)
    return held


def _of_names(kind: str, names: list[str], match: Any) -> Case:
    require = {"groups": require_groups, "scopes": require_scopes, "roles": require_roles}[kind]
    reason = Reason(f"missing_{kind[:-1]}")

    def model(identity: Identity) -> Reason | None:
        missing = set(names) - set(_held(kind, identity))
        passes = not missing if match == "all" else missing != set(names)
        return None if passes else reason

    return Case(require(*names, match=match), model)


def _of_claim(name: str, value: Any) -> Case:
    # Compared as JSON is written, in which `true` is not `1`; `1.0` is the same number.
    def written(one: Any) -> str:
        return json.dumps(one).replace("1.0", "1")

    def model(identity: Identity) -> Reason | None:
        claims = json.loads(json.dumps(identity.claims))
        held = claims.get(name)
        members = [written(one) for one in (held if isinstance(held, list) else [held])]
        return None if name in claims and written(value) in members else Reason.MISSING_CLAIM

    return Case(require_claim(name, value), model)


def _of_login(max_age: int) -> Case:
    def model(identity: Identity) -> Reason | None:
        signed_in = identity.auth_time
        recent = signed_in is not None and signed_in >= NOW - max_age
        return None if recent else Reason.LOGIN_TOO_OLD

    return Case(require_recent_login(max_age, clock=lambda: NOW), model)


LEVELS = ["bronze", "silver", "gold"]


def _of_level(level: str) -> Case:
    def model(identity: Identity) -> Reason | None:
        held = identity.claims.get("acr")
        high = held in LEVELS and LEVELS.index(held) >= LEVELS.index(level)
        return None if high else Reason.LOGIN_TOO_WEAK

    return Case(require_acr(level, levels=LEVELS), model)


def _of_mfa() -> Case:
    return Case(
        require_mfa(acr_values="gold"),
        lambda identity: None if "mfa" in identity.amr else Reason.LOGIN_TOO_WEAK,
    )


def _of_actor(subject: str | None) -> Case:
    def model(identity: Identity) -> Reason | None:
        acts = identity.claims.get("act")
        passes = acts is None if subject is None else acts is not None and acts["sub"] == subject
        return None if passes else Reason.WRONG_ACTOR

    policy = forbid_actor() if subject is None else require_actor(subjects=subject)
    return Case(policy, model)


def _of_own(answer: object) -> Case:
    passes = answer is None or answer is True
    return Case(lambda identity: answer, lambda identity: None if passes else Reason.CHECK_FAILED)


def _both(left: Case, right: Case) -> Case:
    return Case(
        left.policy & Policy(right.policy),  # type: ignore[operator]
        lambda identity: left.model(identity) or right.model(identity),
    )


def _either(left: Case, right: Case) -> Case:
    return Case(
        left.policy | Policy(right.policy),  # type: ignore[operator]
        lambda identity: right.model(identity) and left.model(identity),
    )


_leaves = (
    st.builds(
        _of_names,
        st.sampled_from(["groups", "scopes", "roles"]),
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=3),
        st.sampled_from(["all", "any"]),
    )
    | st.builds(_of_claim, st.sampled_from(["x", "y"]), st.sampled_from([True, 1, "a", None]))
    | st.builds(_of_login, st.sampled_from([1, 60, 3600]))
    | st.builds(_of_level, st.sampled_from(LEVELS))
    | st.builds(_of_mfa)
    | st.builds(_of_actor, st.sampled_from([None, "a", "b"]))
    | st.builds(_of_own, st.sampled_from([None, True, False, 0, 1, "yes"]))
)
cases = st.recursive(
    _leaves,
    lambda inner: st.builds(_both, inner, inner) | st.builds(_either, inner, inner),
    max_leaves=8,
)
_some_names = st.lists(st.sampled_from(NAMES), unique=True).map(tuple)
_values = st.sampled_from([True, 1, 1.0, "a", None, ["a", 1], [True], [None], {"a": 1}])
identities = st.builds(
    lambda groups, scopes, roles, claims: Identity(
        {"sub": "alice", "iss": "https://x", **claims},
        "access",
        "client",
        groups=groups,
        scopes=scopes,
        roles=roles,
    ),
    _some_names,
    _some_names,
    _some_names,
    st.fixed_dictionaries(
        {},
        optional={
            "x": _values,
            "y": _values,
            "acr": st.sampled_from([*LEVELS, "lead"]),
            "amr": st.sampled_from([["pwd"], ["pwd", "mfa"]]),
            "act": st.sampled_from([{"sub": "a"}, {"sub": "b", "act": {"sub": "a"}}]),
            "auth_time": st.sampled_from([NOW, NOW - 60, NOW - 61, NOW - 4000, NOW + 1]),
        },
    ),
)


def reason_of(policy: PolicyLike, identity: Identity) -> Reason | None:
    """Why a policy refuses; ``None`` if it does not. Whatever else it raises fails the test."""
    try:
        enforce(policy, identity)
    except (AccessDenied, StepUpRequired) as error:
        return error.reason
    return None


@repeatable
@given(cases, identities)
def test_any_policy_means_what_its_parts_mean(case: Case, identity: Identity) -> None:
    """``&`` needs both and gives the first reason, ``|`` needs one and gives the left one's."""
    assert reason_of(case.policy, identity) == case.model(identity)


_of_sign_in = (
    st.builds(_of_login, st.sampled_from([1, 60, 3600]))
    | st.builds(_of_level, st.sampled_from(LEVELS))
    | st.builds(_of_mfa)
)


@repeatable
@given(st.lists(_of_sign_in, min_size=1, max_size=5), st.randoms(), identities)
def test_one_stronger_sign_in_is_enough(parts: list[Case], random: Any, identity: Identity) -> None:
    """However policies about the sign-in are put together with ``&``, who signs in once more as the
    refusal says passes all of them."""
    policies: list[Any] = [part.policy for part in parts]
    while len(policies) > 1:
        at = random.randrange(len(policies) - 1)
        policies[at : at + 2] = [policies[at] & policies[at + 1]]
    (policy,) = policies
    try:
        enforce(policy, identity)
        return
    except StepUpRequired as error:
        asked = error
    old = identity.claims
    again: dict[str, Any] = dict(old) | ({} if asked.max_age is None else {"auth_time": NOW})
    if asked.acr_values:
        again |= {"acr": asked.acr_values[0]}
        if asked.acr_values[0] == "gold":
            again["amr"] = ["pwd", "mfa"]
    better = Identity(again, "access", "client")

    assert reason_of(policy, better) is None


@repeatable
@given(cases, identities)
def test_any_policy_in_keywords(part: Case, identity: Identity) -> None:
    """What decorators build of keywords asks for all of it."""
    built = build_policy(policy=part.policy, groups=["a", "b"], scopes="a")
    wanted = {"a", "b"} <= set(identity.groups) and "a" in identity.scopes

    refused = reason_of(built, identity) is not None

    assert refused == (not wanted or part.model(identity) is not None)


anything = json_values | any_text | st.binary(max_size=4) | st.just(object()) | st.just(print)


@repeatable
@given(
    st.sampled_from(
        [
            lambda one, two, three: require_groups(one, two, match=three),
            lambda one, two, three: require_scopes(one, two),
            lambda one, two, three: require_roles(one, match=two),
            lambda one, two, three: require_claim(one, two, three),
            lambda one, two, three: require_claim("x", one, two, match=three),
            lambda one, two, three: require_recent_login(one),
            lambda one, two, three: require_acr(one, levels=two),
            lambda one, two, three: require_mfa(acr_values=one),
            lambda one, two, three: require_actor(subjects=one, client_ids=two, issuers=three),
            lambda one, two, three: build_policy(groups=one, scopes=two, roles=three),
            lambda one, two, three: build_policy(acr=one, mfa=two, max_age=three),
            lambda one, two, three: build_policy(policy=one),
            lambda one, two, three: Policy(one) & two | three,
        ]
    ),
    anything,
    anything,
    anything,
    identities,
)
def test_any_argument_of_a_policy(
    build: Callable[..., Policy], one: Any, two: Any, three: Any, identity: Identity
) -> None:
    """A policy is built and has an answer for every identity, or the error says what is wrong."""
    try:
        policy = build(one, two, three)
    except ConfigurationError:
        return
    if print not in (one, two, three):
        reason_of(policy, identity)
