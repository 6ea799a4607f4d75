"""What a caller must have: callables ``Identity -> None`` that raise ``AccessDenied``.

A policy is any callable that takes an :class:`~cognito_guard.Identity`. It lets the caller pass by
returning ``None`` or ``True`` and refuses by raising an ``AuthError`` or returning anything else.
The ones built here combine with ``&`` and ``|``, with each other and with plain functions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal, TypeAlias, final

from ._callables import passes, require_callable
from .errors import AccessDenied, AuthError, ConfigurationError, LoginTooOld, Reason
from .identity import Identity

__all__ = [
    "Match",
    "Policy",
    "PolicyLike",
    "build_policy",
    "enforce",
    "require_claim",
    "require_groups",
    "require_recent_login",
    "require_roles",
    "require_scopes",
]

PolicyLike: TypeAlias = Callable[[Identity], object]
Match: TypeAlias = Literal["all", "any"]
Names: TypeAlias = str | Iterable[str]


def enforce(policy: PolicyLike, identity: Identity) -> None:
    """Ask a policy. Raises the policy's own ``AuthError``, or ``AccessDenied`` (``check_failed``)
    if it returned anything but ``None`` or ``True``, or took the credential for missing."""
    if not passes(policy, identity):
        raise AccessDenied(Reason.CHECK_FAILED, "A policy of this API refuses the caller.")


@final
class Policy:
    """A requirement that combines: ``a & b`` needs both, ``a | b`` needs one.

    With ``|`` the left side is asked first, and if both refuse, its reason is the one given.
    """

    __slots__ = ("_check",)

    def __init__(self, check: PolicyLike) -> None:
        self._check = require_callable("a policy", check)

    def __call__(self, identity: Identity) -> None:
        enforce(self._check, identity)

    def __and__(self, other: PolicyLike) -> Policy:
        return _both(self, other)

    def __rand__(self, other: PolicyLike) -> Policy:
        return _both(other, self)

    def __or__(self, other: PolicyLike) -> Policy:
        return _either(self, other)

    def __ror__(self, other: PolicyLike) -> Policy:
        return _either(other, self)


def _both(left: PolicyLike, right: PolicyLike) -> Policy:
    left, right = Policy(left), Policy(right)

    def both(identity: Identity) -> None:
        left(identity)
        right(identity)

    return Policy(both)


def _either(left: PolicyLike, right: PolicyLike) -> Policy:
    left, right = Policy(left), Policy(right)

    def either(identity: Identity) -> None:
        try:
            left(identity)
        except AuthError as refusal:
            try:
                right(identity)
            except AuthError:
                raise refusal from None

    return Policy(either)


def require_scopes(*scopes: str, match: Match = "all") -> Policy:
    """The token carries all (or any) of these OAuth 2.0 scopes. Raises ``missing_scope``."""
    wanted = _names("require_scopes", scopes, match)

    def check(identity: Identity) -> None:
        if not _holds(identity.scopes, wanted, match):
            detail = "The token lacks a scope that this API requires."
            raise AccessDenied(Reason.MISSING_SCOPE, detail, scopes=wanted)

    return Policy(check)


def require_groups(*groups: str, match: Match = "all") -> Policy:
    """The caller is in all (or any) of these user pool groups. Raises ``missing_group``."""
    wanted = _names("require_groups", groups, match)

    def check(identity: Identity) -> None:
        if not _holds(identity.groups, wanted, match):
            detail = "The caller is not in a group that this API requires."
            raise AccessDenied(Reason.MISSING_GROUP, detail)

    return Policy(check)


def require_roles(*roles: str, match: Match = "all") -> Policy:
    """The caller has all (or any) of these roles. Raises ``missing_role``.

    Roles come from ``custom:role`` unless the pool says otherwise. Where the app client may write
    that attribute, **a user can give the role to himself**; keep rights in groups instead.
    """
    wanted = _names("require_roles", roles, match, spaces=True)

    def check(identity: Identity) -> None:
        if not _holds(identity.roles, wanted, match):
            raise AccessDenied(
                Reason.MISSING_ROLE, "The caller lacks a role that this API requires."
            )

    return Policy(check)


def require_claim(name: str, *values: object, match: Match = "all") -> Policy:
    """The token has this claim; with ``values``, the claim holds all (or any) of them.

    A claim that is a list holds its members, any other claim holds itself. Values are compared
    with their type: ``True`` is not ``1``. Raises ``missing_claim``.
    """
    _names("require_claim", (name,), match, spaces=True)
    wanted = [_typed(value) for value in values]

    def check(identity: Identity) -> None:
        held: Any = identity.claims.get(name)
        members = held if isinstance(held, tuple) else (held,)
        if name not in identity.claims or (
            wanted and not _holds([_typed(member) for member in members], wanted, match)
        ):
            raise AccessDenied(
                Reason.MISSING_CLAIM, "The token lacks a claim or a value that this API requires."
            )

    return Policy(check)


def require_recent_login(max_age: int, *, clock: Callable[[], float] = time.time) -> Policy:
    """The user signed in at most ``max_age`` seconds ago, by ``auth_time`` (RFC 9470).

    Raises ``LoginTooOld`` (``login_too_old``); a token without ``auth_time`` is refused as well.
    """
    if isinstance(max_age, bool) or not isinstance(max_age, int) or max_age <= 0:
        raise ConfigurationError("max_age must be a whole number of seconds, at least 1")

    def check(identity: Identity) -> None:
        if identity.auth_time is None or clock() - identity.auth_time > max_age:
            detail = "The sign-in is too long ago for this API; sign in again."
            raise LoginTooOld(Reason.LOGIN_TOO_OLD, detail, max_age=max_age)

    return Policy(check)


def build_policy(
    *,
    groups: Names | None = None,
    scopes: Names | None = None,
    roles: Names | None = None,
    policy: PolicyLike | None = None,
) -> Policy:
    """What the adapters' decorators say in keywords: all of everything that is named.

    Each of ``groups``, ``scopes`` and ``roles`` is one name or a list of names, all of them
    required. Without any argument, every authenticated caller passes.
    """
    parts: list[PolicyLike] = []
    for require, names in (
        (require_scopes, scopes),
        (require_groups, groups),
        (require_roles, roles),
    ):
        if names is not None:
            parts.append(require(*_listed(names)))
    if policy is not None:
        parts.append(require_callable("policy", policy))

    def check(identity: Identity) -> None:
        for part in parts:
            enforce(part, identity)

    return Policy(check)


def _listed(names: Names) -> Iterable[str]:
    # What is no list counts as one name. If it is no name either, `_names` says so.
    return (names,) if isinstance(names, str) or not isinstance(names, Iterable) else names


def _names(what: str, names: Iterable[str], match: Match, *, spaces: bool = False) -> list[str]:
    """The names, checked. Nothing to require would be a check that lets everybody pass."""
    checked = list(names)
    if not checked:
        raise ConfigurationError(f"{what} needs at least one name")
    for name in checked:
        if not isinstance(name, str) or not name or (not spaces and " " in name):
            raise ConfigurationError(f"{what} takes names as separate texts without spaces")
    if match not in ("all", "any"):
        raise ConfigurationError('match must be "all" or "any"')
    return checked


def _holds(held: Collection[object], wanted: Iterable[object], match: Match) -> bool:
    return (all if match == "all" else any)(name in held for name in wanted)


def _typed(value: object) -> tuple[type, object]:
    # An int and a float of one value are one JSON number; a bool is none. Objects and arrays are
    # compared by what they hold: an identity has them in read-only types of its own.
    if isinstance(value, Mapping):
        return (dict, {name: _typed(member) for name, member in value.items()})
    if isinstance(value, list | tuple):
        return (list, [_typed(member) for member in value])
    return (float if type(value) is int else type(value), value)
