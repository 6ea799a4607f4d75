"""A policy, taken apart: which requirement refused, and what the caller had."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, final

from .._support.callables import passes
from .._support.silence import forget_locals
from ..errors import AuthError, Reason
from ..identity import Identity
from ..policy import Policy, PolicyLike, Told, enforce
from . import words
from .outcome import Check, Explanation
from .steps import Steps, hint_of, reason_of

__all__ = ["add_checks", "add_policy", "explain_policy"]


def explain_policy(policy: PolicyLike, identity: Identity, /) -> Explanation:
    """Which part of a policy refuses a caller, and what the caller has. For ``a & (b | c)`` it
    reports on each of the three.

    All requirements of this library are checked. Your own function is called exactly when
    :func:`cognito_guard.enforce` would call it: not after a part of ``&`` that refuses, and not
    after a part of ``|`` that lets the caller pass. **The result shows claims.**

    Raises :class:`~cognito_guard.MissingCredentials` or ``TypeError`` as ``enforce`` does, if there
    is no identity.
    """
    if not isinstance(identity, Identity):
        enforce(policy, identity)
    return Explanation((_judge(policy, identity, ask=True, name="policy").check,))


def add_policy(steps: Steps, policy: PolicyLike, identity: Identity | None) -> None:
    """A step for a policy. It is asked about a verified caller, and about nobody else."""
    _add(steps, "policy", policy, identity)


def add_checks(
    steps: Steps, checks: Iterable[Callable[[Identity], object]], identity: Identity | None
) -> None:
    """A step for each of the user's own checks, as long as none refuses."""
    for number, check in enumerate(checks):
        _add(steps, f"checks[{number}]", check, identity)


def _add(steps: Steps, name: str, policy: PolicyLike, identity: Identity | None) -> None:
    if identity is None or not steps.good:
        steps.add(_unasked(policy, steps.named(name)))
    else:
        steps.add(_judge(policy, identity, ask=True, name=steps.named(name)).check)


# Why somebody may lack what the engine's requirements ask for.
_HINTS = {
    "require_groups": (
        "Groups are part of the token. A user who was added to a group later needs a new token: "
        "refresh it, or sign in again."
    ),
    "require_scopes": (
        "Scopes are requested at sign-in, and the app client must be allowed to have them. A "
        "sign-in with an SDK has only aws.cognito.signin.user.admin."
    ),
    "require_roles": (
        "Roles come from role_claim (default: custom:role). Access tokens have custom attributes "
        "only through a pre-token trigger."
    ),
}


@final
class _Judged(NamedTuple):
    """A check, and whether ``|`` would go on after it: with an error that is no refusal, not."""

    check: Check
    goes_on: bool = True


def _judge(policy: Any, identity: Identity, *, ask: bool, name: str | None = None) -> _Judged:
    """Ask a policy. ``ask``: whether the engine would; if not, no function of a user's is called.
    ``name``: what to call the check, if not by the requirement's own name."""
    while isinstance(policy, Policy) and policy._told is None:
        if policy._parts is not None:
            kind, parts = policy._parts
            return (_all if kind == "all" else _any)(parts, identity, ask=ask, name=name or kind)
        policy = policy._check
    told = policy._told if isinstance(policy, Policy) else None
    named, expected = _said(policy, name)
    if told is None and not ask:
        return _Judged(Check(named, "not_reached", expected=expected))
    reason: Reason | None = Reason.CHECK_FAILED
    hint, goes_on = "It returned neither None nor True.", True
    try:
        if passes(policy, identity):
            actual = _held(told, identity)
            return _Judged(Check(named, "passed", expected=expected, actual=actual))
    except Exception as error:  # noqa: BLE001 - a user's own code may raise anything
        forget_locals(error)
        reason, goes_on = reason_of(error), isinstance(error, AuthError)
        hint = _HINTS.get(told.name if told else "") or hint_of(error)
    actual = _held(told, identity)
    check = Check(named, "failed", expected=expected, actual=actual, reason=reason, hint=hint)
    return _Judged(check, goes_on)


def _held(told: Told | None, identity: Identity) -> str | None:
    """What the caller has of what is asked for. Not before code of a user's has run."""
    return None if told is None else words.value(told.held(identity))


def _all(parts: tuple[Policy, ...], identity: Identity, *, ask: bool, name: str) -> _Judged:
    judged: list[_Judged] = []
    for part in parts:
        judged.append(_judge(part, identity, ask=ask))
        ask = ask and judged[-1].check.verdict == "passed"
    failure = next((one for one in judged if one.check.verdict == "failed"), None)
    passed = all(one.check.verdict == "passed" for one in judged)
    check = Check(
        name,
        "failed" if failure else "passed" if passed else "not_reached",
        expected=_ALL,
        reason=failure.check.reason if failure else None,
        parts=tuple(one.check for one in judged),
    )
    return _Judged(check, failure is None or failure.goes_on)


def _any(parts: tuple[Policy, ...], identity: Identity, *, ask: bool, name: str) -> _Judged:
    first, second = parts
    left = _judge(first, identity, ask=ask)
    if left.check.verdict == "passed" or not left.goes_on:
        decides, right = left, _Judged(_unasked(second))
    else:
        right = _judge(second, identity, ask=ask)
        # If both refuse, the left side's reason is the one given.
        refused = right.check.verdict == "failed" and right.goes_on
        decides = left if refused else right
    check = Check(
        name,
        decides.check.verdict,
        expected=_ANY,
        reason=decides.check.reason,
        parts=(left.check, right.check),
    )
    return _Judged(check, decides.goes_on)


_ALL, _ANY = "all of these", "one of these"


def _unasked(policy: Any, name: str | None = None) -> Check:
    named, expected = _said(policy, name)
    return Check(named, "not_reached", expected=expected)


def _said(policy: Any, name: str | None) -> tuple[str, str]:
    """What to call a policy's check, and what it expects."""
    while isinstance(policy, Policy):
        if policy._told is not None:
            told = policy._told
            return (
                (told.name, told.wanted) if name is None else (name, f"{told.name}: {told.wanted}")
            )
        if policy._parts is not None:
            kind = policy._parts[0]
            return name or kind, _ALL if kind == "all" else _ANY
        policy = policy._check
    called = getattr(policy, "__qualname__", type(policy).__qualname__)
    return name or "check", f"None or True from {called}"
