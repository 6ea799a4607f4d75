"""Checks of arguments, and the base of objects that hold nothing but checked ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ..errors import ConfigurationError
from .callables import require_callable

__all__ = [
    "MAX_LEEWAY",
    "Frozen",
    "alone",
    "bare_text",
    "boolean",
    "checks",
    "client_id",
    "issuer_url",
    "leeway",
    "printable",
    "resources",
    "roles",
    "text",
    "texts",
]

MAX_LEEWAY = 300

# CreateUserPoolClient: `[\w+]+`, 1 to 128 characters.
_CLIENT_ID_LENGTH = 128
_URL = r"https?://[^\s/?#@]+(/[^\s?#]*)?"
# draft-ietf-oauth-client-id-metadata-document, section 3: https, a path, no user, no fragment.
_CLIENT_ID_URL = r"https://[^\s/?#@]+/[^\s#]*"
_WAIVERS = ("ANY_CLIENT", "DYNAMIC_CLIENTS")
# What stands for a value, or for none, where settings are written; as an id it is a slip.
_WORDS = frozenset(
    {"any_client", "anyclient", "dynamic_clients", "none", "null", "true", "false", "undefined"}
)


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


def bare_text(name: str, value: object) -> str:
    """A text without white space around it, as a line of a file has: it would name nobody."""
    found = text(name, value)
    if found != found.strip():
        raise ConfigurationError(f"{name} must not begin or end with white space")
    return found


def texts(name: str, values: object, hint: str = "") -> frozenset[str]:
    """At least one text, in anything but a text."""
    # A bare string is iterable too: its characters would become the accepted values.
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise ConfigurationError(f"{name} must be a list of texts{hint}")
    found = frozenset(text(f"each of {name}", value) for value in values)
    if not found:
        raise ConfigurationError(f"{name} must not be empty{hint}")
    return found


def resources(values: object) -> frozenset[str]:
    r"""Identifiers of resource servers (``[\x21\x23-\x5b\x5d-\x7e]+``, CreateResourceServer)."""
    found = texts("resources", values)
    for one in found:
        if not printable(one) or any(letter in one for letter in ' "\\'):
            raise ConfigurationError("each of resources must be printable ASCII without spaces")
    return found


def roles(role_claim: object, split_roles: object) -> tuple[str | None, bool]:
    """The claim that roles are in, or ``None`` for no roles, and whether its text is split."""
    split = boolean("split_roles", split_roles)
    if role_claim is None and split:
        raise ConfigurationError("split_roles has nothing to split if role_claim is None")
    return (None if role_claim is None else text("role_claim", role_claim)), split


def printable(value: str) -> bool:
    """Whether a text is printable ASCII: a letter of another alphabet only looks like one."""
    return value.isascii() and value.isprintable()


def boolean(name: str, value: object) -> bool:
    """``True`` or ``False``, and nothing that is only taken for one."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name} must be True or False")
    return value


def client_id(name: str, value: str, hint: str = "") -> str:
    """The id of an app client, or the URL of a client's metadata, which is one too. ``hint``: what
    to do instead of writing a word such as ``true``."""
    if value.casefold() in _WORDS:
        raise ConfigurationError(f"{name}: the word {value!r} is not an id{hint}")
    if "://" in value:
        segments = value.split("?")[0].split("/")
        fits = re.fullmatch(_CLIENT_ID_URL, value, re.ASCII) and printable(value)
        if not fits or "." in segments or ".." in segments:
            raise ConfigurationError(f"{name}: the URL of a client is https, with a path")
        return value
    # Not by a regular expression: compiling one takes as long as verifying ten tokens.
    letters = value.replace("_", "x").replace("+", "x")
    if not letters.isalnum() or not letters.isascii() or len(letters) > _CLIENT_ID_LENGTH:
        raise ConfigurationError(f"{name}: 1 to 128 letters, digits, '_' or '+'")
    return value


def alone(client_ids: Iterable[str]) -> str:
    """The end of a sentence, if one of these is a word that stands for all clients: beside ids,
    it would be one of them, or make them idle."""
    said = [client_id.upper() for client_id in client_ids]
    word = next((word for word in _WAIVERS if word in said), None)
    return "" if word is None else f"; write {word} alone, or ids without it"


def issuer_url(value: object) -> str:
    """An issuer, as tokens name it."""
    if not isinstance(value, str) or not re.fullmatch(_URL, value) or not printable(value):
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
    """Callables, none of them async. An iterator is refused: handed to a second pool as well, it
    would have nothing left for it.
    """
    if isinstance(values, str | bytes | Mapping | Iterator) or not isinstance(values, Iterable):
        raise ConfigurationError("checks must be a list of callables")
    return tuple(require_callable("each of checks", check) for check in values)
