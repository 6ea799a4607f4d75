"""What a guard asks for, so that one guard can be held against another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias, final

from cognito_guard import Policy, PolicyLike, build_policy

__all__ = ["Guarding", "Names", "Needs", "build_needs"]

Names: TypeAlias = str | Iterable[str]


class Needs(NamedTuple):
    """A policy, and what is known of it: whoever passes one that has all of ``asked`` passes this
    one too."""

    policy: Policy
    asked: frozenset[tuple[str, object]]


class Guarding(NamedTuple):
    """Which extension has put a guard somewhere, and what it asks for beyond a caller.

    ``is_said``: before this very callable, or what says that it wraps it. Otherwise it may be
    something that a guarded view makes use of.
    """

    extension: object
    asked: frozenset[tuple[str, object]] = frozenset()
    is_said: bool = False


def build_needs(
    *,
    groups: Names | None,
    scopes: Names | None,
    roles: Names | None,
    acr: str | None,
    mfa: bool,
    max_age: int | None,
    policy: PolicyLike | None,
) -> Needs:
    """What ``required`` and ``protect`` are told. Raises ``ConfigurationError``."""
    named = {"groups": _listed(groups), "scopes": _listed(scopes), "roles": _listed(roles)}
    of_sign_in = {"acr": acr, "mfa": mfa, "max_age": max_age}
    built = build_policy(**named, **of_sign_in, policy=policy)  # type: ignore[arg-type]
    asked = {(kind, value) for kind, value in of_sign_in.items() if value not in (None, False)}
    return Needs(built, frozenset([*_asked(named, policy), *asked]))


def _listed(names: Any) -> Any:
    """As a list, where it may be read only once."""
    several = isinstance(names, Iterable) and not isinstance(names, str | bytes | Mapping)
    return list(names) if several else names


def _asked(named: Mapping[str, Any], policy: PolicyLike | None) -> Iterator[tuple[str, object]]:
    for kind, names in named.items():
        for name in [names] if isinstance(names, str) else names or ():
            yield kind, name
    if policy is not None:
        yield "policy", _Same(policy)


@final
class _Same:
    """One object and no other, whatever it says that it is equal to."""

    __slots__ = ("_one",)

    def __init__(self, one: object) -> None:
        self._one = one

    def __eq__(self, other: object) -> bool:
        return type(other) is _Same and other._one is self._one

    def __hash__(self) -> int:
        return id(self._one)
