"""The codes by which users verify their addresses: sent, and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .asked import ApiError, Json
from .mail import Verdict
from .schema import MEDIUM
from .state import State

__all__ = ["send_code", "take_code"]

_SAID: Mapping[Verdict, tuple[str, str]] = MappingProxyType(
    {
        Verdict.WRONG: (
            "CodeMismatchException",
            "Invalid verification code provided, please try again.",
        ),
        Verdict.OLD: (
            "ExpiredCodeException",
            "Invalid code provided, please request a code again.",
        ),
        Verdict.TOO_MANY: (
            "LimitExceededException",
            "Attempt limit exceeded, please try after some time.",
        ),
    }
)


def send_code(state: State, username: str, name: str) -> Json:
    """Send a user a code for an address; what the API tells of that."""
    state.mail.send(username, name)
    address = str(state.pool.attributes(username)[name])
    if name == "email":
        local, _, domain = address.partition("@")
        shown = f"{local[:1]}***@{domain[:1]}***"
    else:
        shown = f"+*******{address[-4:]}"
    return {"AttributeName": name, "DeliveryMedium": MEDIUM[name], "Destination": shown}


def take_code(state: State, username: str, name: str, code: str) -> None:
    """Use up the code that a user got for an address. Raises :class:`ApiError`."""
    verdict = state.mail.take(username, name, code)
    if verdict is not Verdict.GOOD:
        raise ApiError(*_SAID[verdict])
