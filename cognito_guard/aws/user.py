"""What the user API answers with: a user, a device, a session, and where a code was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Generic, TypeVar, final

__all__ = ["CodeDelivery", "Device", "Page", "Session", "User"]

T = TypeVar("T")

_CUSTOM = "custom:"


class _Silent:
    """Says its kind alone: what is in it is a person's own data."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@final
class User(_Silent):
    """A user as the pool knows them now. Its ``repr`` shows nothing.

    Attributes are strings, as in Cognito. Those with another type have a property that converts
    them.
    """

    __slots__ = ("attributes", "mfa_methods", "preferred_mfa", "username")

    username: str
    """The user name in the pool."""
    attributes: Mapping[str, str]
    """Every attribute that the app client may read, by its name. Read-only."""
    mfa_methods: tuple[str, ...]
    """The second factors that the user has set up, such as ``SOFTWARE_TOKEN_MFA``."""
    preferred_mfa: str | None
    """The preferred second factor."""

    def __init__(
        self,
        username: str,
        attributes: dict[str, str],
        mfa_methods: tuple[str, ...] = (),
        preferred_mfa: str | None = None,
    ) -> None:
        self.username = username
        self.attributes = MappingProxyType(attributes)
        self.mfa_methods = mfa_methods
        self.preferred_mfa = preferred_mfa

    @property
    def subject(self) -> str:
        """``sub``: store the user under this value together with the pool's first issuer."""
        return self.attributes["sub"]

    @property
    def custom(self) -> Mapping[str, str]:
        """The ``custom:`` attributes, by name without that prefix. **Users may be able to write
        them.**"""
        return MappingProxyType(
            {
                name.removeprefix(_CUSTOM): value
                for name, value in self.attributes.items()
                if name.startswith(_CUSTOM)
            }
        )

    @property
    def email(self) -> str | None:
        """``email``. Do not use it as an identity unless :attr:`email_verified` is true."""
        return self.attributes.get("email")

    @property
    def email_verified(self) -> bool:
        """``email_verified``."""
        return self._is_true("email_verified")

    @property
    def phone_number(self) -> str | None:
        """``phone_number``, such as ``+4930123456``."""
        return self.attributes.get("phone_number")

    @property
    def phone_number_verified(self) -> bool:
        """``phone_number_verified``."""
        return self._is_true("phone_number_verified")

    @property
    def name(self) -> str | None:
        """``name``: the full name."""
        return self.attributes.get("name")

    @property
    def given_name(self) -> str | None:
        """``given_name``."""
        return self.attributes.get("given_name")

    @property
    def family_name(self) -> str | None:
        """``family_name``."""
        return self.attributes.get("family_name")

    @property
    def federated_identities(self) -> tuple[Mapping[str, Any], ...]:
        """``identities``: the accounts at other identity providers; empty for a native user."""
        try:
            found = json.loads(self.attributes.get("identities", "[]"))
        except (ValueError, RecursionError):
            return ()
        return tuple([one for one in found if isinstance(one, dict)]) if type(found) is list else ()

    def _is_true(self, name: str) -> bool:
        return self.attributes.get(name, "").lower() == "true"


@final
class CodeDelivery(_Silent):
    """Where Cognito sent a verification code."""

    __slots__ = ("attribute", "destination", "medium")

    def __init__(self, attribute: str, medium: str, destination: str) -> None:
        self.attribute = attribute
        """The attribute that the code verifies."""
        self.medium = medium
        """``EMAIL`` or ``SMS``."""
        self.destination = destination
        """The address as it may be shown, such as ``a***@e***``."""


@final
class Device(_Silent):
    """A device that the pool remembers."""

    __slots__ = ("attributes", "created_at", "key", "last_seen_at")

    def __init__(
        self,
        key: str,
        attributes: dict[str, str],
        created_at: datetime | None,
        last_seen_at: datetime | None,
    ) -> None:
        self.key = key
        """``DeviceKey``, as in the claim ``device_key``."""
        self.attributes = MappingProxyType(attributes)
        """What the pool knows of it, such as ``device_name`` and ``last_ip_used``."""
        self.created_at = created_at
        """When it was remembered first, in UTC."""
        self.last_seen_at = last_seen_at
        """When somebody last signed in with it, in UTC."""


@final
class Session(_Silent):
    """A place where the user is signed in (pools on the plans Essentials and Plus)."""

    __slots__ = (
        "city",
        "client_id",
        "country",
        "created_at",
        "device",
        "ip_address",
        "is_current",
        "last_active_at",
        "session_id",
        "session_type",
    )

    def __init__(self, session_id: str, told: Mapping[str, Any]) -> None:
        location = told.get("LastLocation")
        place: Mapping[str, Any] = location if isinstance(location, dict) else {}
        self.session_id = session_id
        """What :meth:`UserApi.revoke_user_session` takes."""
        self.session_type = text(told, "SessionType")
        """``TOKEN`` or ``SSO``."""
        self.client_id = text(told, "ClientId")
        """The app client."""
        self.created_at = when(told, "CreateDate")
        """When the user signed in, in UTC."""
        self.last_active_at = when(told, "LastActiveDate")
        """When it was last used, in UTC."""
        self.device = text(told, "DeviceType")
        """The browser or device, in words."""
        self.ip_address = text(told, "LastIPAddress")
        """The address that it was last used from."""
        self.city = text(place, "City")
        """Where that address is."""
        self.country = text(place, "Country")
        """Where that address is."""
        self.is_current = told.get("IsCurrentSession") is True
        """Whether it is the one of the access token that asks."""


@final
class Page(_Silent, Generic[T]):
    """A part of a list. ``following``: what to pass as ``after`` for the next part, or ``None``."""

    __slots__ = ("following", "items")

    def __init__(self, items: tuple[T, ...], following: str | None) -> None:
        self.items = items
        self.following = following


def text(told: Mapping[str, Any], name: str) -> str | None:
    """A member that is a text, or ``None``."""
    value = told.get(name)
    return value if isinstance(value, str) else None


def when(told: Mapping[str, Any], name: str) -> datetime | None:
    """A member that is a time: seconds since 1970, in UTC."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
