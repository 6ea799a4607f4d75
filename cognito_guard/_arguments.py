"""Checks of arguments, and the base of objects that hold nothing but checked ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ._callables import require_callable
from .errors import ConfigurationError

__all__ = [
    "MAX_LEEWAY",
    "Frozen",
    "boolean",
    "checks",
    "client_id",
    "issuer_url",
    "leeway",
    "text",
    "texts",
]

MAX_LEEWAY = 300

# CreateUserPoolClient: `[\w+]+`, 1 to 128 characters.
_CLIENT_ID_LENGTH = 128
_URL = r"https?://[^\s/?#@]+(/[^\s?#]*)?"


class Frozen:
    """An object whose attributes are set once, by its constructor."""

    __slots__ = ()

    def _set(self, values: Mapping[str, object]) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        kind = type(self).__name__
        raise AttributeError(f"a {kind} cannot be changed; build another one to set {name}")

    def __delattr__(self, name: str) -> None:
        self.__setattr__(name, None)

    def __setstate__(self, state: tuple[None, dict[str, object]]) -> None:
        # How `copy` and `pickle` fill an object, neither of which asks its constructor.
        self._set(state[1])


def text(name: str, value: object) -> str:
    """A text that is not empty. Raises :class:`ConfigurationError`, as all functions here do."""
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{name} must be a text that is not empty")
    return value


def texts(name: str, values: object, hint: str = "") -> frozenset[str]:
    """At least one text, in anything but a text."""
    # A bare string is iterable too: its characters would become the accepted values.
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ConfigurationError(f"{name} must be a list of texts{hint}")
    found = frozenset(text(f"each of {name}", value) for value in values)
    if not found:
        raise ConfigurationError(f"{name} must not be empty{hint}")
    return found


def boolean(name: str, value: object) -> bool:
    """``True`` or ``False``, and nothing that is only taken for one."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} must be True or False")
    return value


def client_id(name: str, value: str) -> str:
    """The id of an app client."""
    # Not by a regular expression: compiling one takes as long as verifying ten tokens.
    letters = value.replace("_", "x").replace("+", "x") if isinstance(value, str) else ""
    if not letters.isalnum() or not letters.isascii() or len(letters) > _CLIENT_ID_LENGTH:
        raise ConfigurationError(f"{name}: 1 to 128 letters, digits, '_' or '+'")
    return value


def issuer_url(value: object) -> str:
    """An issuer, as tokens name it."""
    if not isinstance(value, str) or not re.fullmatch(_URL, value, re.ASCII):
        raise ConfigurationError("issuer must be the URL that tokens carry in their iss claim")
    return value


def leeway(value: float) -> float:
    """Seconds by which clocks may differ."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ConfigurationError("leeway must be a number of seconds")
    if not 0 <= value <= MAX_LEEWAY:  # false for NaN as well
        raise ConfigurationError(f"leeway must be between 0 and {MAX_LEEWAY} seconds")
    return value


def checks(values: Iterable[Callable[..., object]]) -> tuple[Callable[[Any], object], ...]:
    """Callables, none of them async."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise ConfigurationError("checks must be a list of callables")
    return tuple(require_callable("each of checks", check) for check in values)
