"""LocalUser: a user of a local user pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .levels import HIGHEST

__all__ = ["LocalUser", "as_user_info", "changed"]


@dataclass(frozen=True)
class LocalUser:
    """A user of a local pool, with groups and attributes.

    ``groups`` are in both kinds of token. ``role`` (``custom:role``), ``email`` and the further
    ``claims``, such as ``{"name": "Ada Lovelace"}``, are in ID tokens and user info.
    """

    username: str
    groups: Sequence[str] = ()
    role: str | None = None
    email: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    password: str = field(default="Local-Pass-1", repr=False)
    """The password for a sign-in through the API."""
    enabled: bool = True
    """Whether the user may sign in and call the API. An administrator sets it."""
    confirmed: bool = True
    """Whether the sign-up is confirmed, which a sign-in requires."""
    max_level: int = HIGHEST
    """The highest level at which the user can sign in if an app requests it, 1 (a password) to 4 (a
    password with a TOTP)."""

    def __post_init__(self) -> None:
        if not 1 <= self.max_level <= HIGHEST:
            raise ValueError(f"max_level is 1 to {HIGHEST}")


def as_user_info(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Claims as Cognito's user info has them, where ``email_verified`` and its like are strings."""
    return {k: str(v).lower() if isinstance(v, bool) else v for k, v in claims.items()}


def changed(
    user: LocalUser, attributes: Mapping[str, Any], without: Sequence[str] = ()
) -> LocalUser:
    """The user with some attributes changed, and others removed."""
    claims = {name: value for name, value in user.claims.items() if name not in without}
    own = {name: value for name, value in attributes.items() if name not in ("email", _ROLE)}
    role = None if _ROLE in without else attributes.get(_ROLE, user.role)
    email = attributes.get("email", user.email)
    return replace(user, claims={**claims, **own}, email=email, role=role)


_ROLE = "custom:role"
