"""What a user's attributes and passwords may be, and which of them a client may write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..clients import LocalClient
from .asked import ApiError, Json, invalid, text, unauthorized

__all__ = ["MEDIUM", "check_password", "check_writable", "of_the_schema", "wanted_attributes"]

# "Standard attributes" and "Custom attributes" in the Amazon Cognito guide.
_STANDARD = frozenset(
    [
        *("address", "birthdate", "email", "family_name", "gender", "given_name", "locale"),
        *("middle_name", "name", "nickname", "phone_number", "picture", "preferred_username"),
        *("profile", "updated_at", "website", "zoneinfo"),
    ]
)
_CUSTOM = re.compile(r"custom:[^\s:]{1,20}")
_MAX_VALUE = 2048
MEDIUM = {"email": "EMAIL", "phone_number": "SMS"}
"""The addresses, and how a code is sent to each."""
_FORM = {
    "email": (re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+"), "Invalid email address format."),
    "phone_number": (re.compile(r"\+[0-9]{4,15}"), "Invalid phone number format."),
}
# The pool's own, of which a client never has the right.
_VERIFIED = ("email_verified", "phone_number_verified")
# The default password policy of a pool.
_PASSWORD_RULES = (
    (r".{8,}", "Password not long enough"),
    (r".*[a-z]", "Password must have lowercase characters"),
    (r".*[A-Z]", "Password must have uppercase characters"),
    (r".*[0-9]", "Password must have numeric characters"),
    (r".*[^A-Za-z0-9\s]", "Password must have symbol characters"),
)


def wanted_attributes(client: LocalClient, asked: Json) -> dict[str, str]:
    """``UserAttributes``, which the client may write. Raises :class:`ApiError`."""
    listed = asked.get("UserAttributes")
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise invalid("UserAttributes")
    wanted = {text(one, "Name"): _value(one) for one in listed}
    check_writable(client, wanted)
    for name, value in wanted.items():
        form, message = _FORM.get(name, (None, ""))
        if form is not None and not form.fullmatch(value):
            raise ApiError("InvalidParameterException", message)
    return wanted


def check_writable(client: LocalClient, names: Iterable[str]) -> None:
    """Whether a client may write attributes, and whether there are such. Raises
    :class:`ApiError`."""
    names = list(names)
    for name in names:
        allowed = client.write_attributes is None or name in client.write_attributes
        if name in _VERIFIED or not allowed:
            raise unauthorized("A client attempted to write unauthorized attribute")
    for name in names:
        if name not in _STANDARD and not _CUSTOM.fullmatch(name):
            raise of_the_schema(f"{name}: Attribute does not exist in the schema.")


def check_password(password: str) -> None:
    """Whether a password is good enough. Raises :class:`ApiError`."""
    for rule, message in _PASSWORD_RULES:
        if not re.match(rule, password):
            raise ApiError(
                "InvalidPasswordException", f"Password did not conform with policy: {message}"
            )


def of_the_schema(what: str) -> ApiError:
    """An attribute that the pool does not take."""
    return ApiError(
        "InvalidParameterException", f"Attributes did not conform to the schema: {what}"
    )


def _value(one: Mapping[str, Any]) -> str:
    value = one.get("Value", "")
    if not isinstance(value, str) or len(value) > _MAX_VALUE:
        raise invalid("Value")
    return value
