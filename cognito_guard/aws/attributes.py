"""Which attributes an app lets its users write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ConfigurationError
from ..tokens.user_pool import UserPool
from .errors import AttributeRefused

__all__ = ["named", "valued", "writable_names"]

# CreateUserPool, AttributeNameType and AttributeValueType.
_MAX_NAME, _MAX_VALUE = 32, 2048
_CUSTOM = "custom:"
# What Cognito alone decides, or what an administrator says of a user.
_OF_THE_POOL = ("sub", "identities", "email_verified", "phone_number_verified")
_PREFIXES_OF_THE_POOL = ("cognito:", "dev:")


def writable_names(
    pool: UserPool, writable: Iterable[str], unsafe_writable: Iterable[str]
) -> frozenset[str]:
    """All that may be written. Raises :class:`~cognito_guard.ConfigurationError`."""
    safe = _names("writable", writable)
    for name in sorted(safe):
        if name == pool.role_claim:
            raise ConfigurationError(
                f"writable holds {name}, the pool's role_claim: users could give roles to "
                "themselves; unsafe_writable allows it"
            )
    names = safe | _names("unsafe_writable", unsafe_writable)
    for name in sorted(names):
        if name in _OF_THE_POOL or name.startswith(_PREFIXES_OF_THE_POOL):
            raise ConfigurationError(f"{name} cannot be written by a user, whatever the app says")
    return names


def named(writable: frozenset[str], names: Iterable[str]) -> dict[str, Any]:
    """DeleteUserAttributes: attributes that may be written. Raises :class:`AttributeRefused`."""
    listed = [names] if isinstance(names, str) else list(names)
    _check(writable, listed)
    return {"UserAttributeNames": listed}


def valued(writable: frozenset[str], attributes: Mapping[str, str]) -> dict[str, Any]:
    """UpdateUserAttributes: attributes that may be written, with values that Cognito takes.

    Raises :class:`AttributeRefused`.
    """
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    _check(writable, list(attributes))
    for one in listed:
        value: object = one["Value"]
        if not isinstance(value, str) or len(value) > _MAX_VALUE:
            raise AttributeRefused(f"Each value must be a text of at most {_MAX_VALUE} letters.")
    return {"UserAttributes": listed}


def _check(writable: frozenset[str], names: list[str]) -> None:
    if not names:
        raise AttributeRefused("No attribute is named.")
    if not writable.issuperset(names):
        raise AttributeRefused("An attribute is not among those that this app lets users write.")


def _names(argument: str, names: Iterable[str]) -> frozenset[str]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ConfigurationError(f"{argument} must be a list of attribute names")
    listed = list(names)
    for name in listed:
        plain = isinstance(name, str) and name.removeprefix(_CUSTOM)
        if not plain or not name.isprintable() or " " in name or len(name) > _MAX_NAME:
            raise ConfigurationError(f"{argument} must hold names such as email or custom:theme")
    return frozenset(listed)
