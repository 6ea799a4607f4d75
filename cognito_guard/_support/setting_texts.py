"""The texts of an environment, turned into the types that they stand for.

Each function raises ``ValueError`` with the rest of a sentence that begins with the setting's name.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

__all__ = ["as_bool", "as_integer", "as_json", "as_list", "as_number", "as_text"]

# How other programs write that there is no value. It would be one, and decide something.
_NO_VALUE = frozenset({"none", "null", "nil", "undefined"})


def as_text(text: str) -> str:
    """The text as it is, if all of it can have been meant."""
    if text.casefold() in _NO_VALUE:
        raise ValueError(f"is the word {text}; for no value, leave the setting out")
    if text.endswith(("\r", "\r\n")):
        raise ValueError(
            r"ends with a carriage return (\r): save the file that it is in with Unix line endings"
        )
    if text != text.strip():
        raise ValueError("has white space around it")
    if text[:1] in ("'", '"', "`") or text[-1:] in ("'", '"', "`"):
        raise ValueError("has quotation marks around it, which become part of the value")
    if not text.isprintable():
        raise ValueError("has an invisible character in it")
    return text


def as_list(text: str) -> list[str]:
    """Texts, separated by commas or spaces."""
    if text.lstrip()[:1] in ("[", "{", "("):
        raise ValueError("is a list in brackets; separate the texts with commas or spaces instead")
    return [as_text(one) for one in text.replace(",", " ").split()]


def as_bool(text: str) -> bool:
    """``true`` or ``false``, in any case."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    raise ValueError("must be true or false")


def as_number(text: str) -> float:
    """A number of seconds."""
    try:
        return float(_digits(text))
    except ValueError:
        raise ValueError("must be a number of seconds") from None


def as_integer(text: str) -> int:
    """A whole number."""
    try:
        return int(_digits(text))
    except ValueError:
        raise ValueError("must be a whole number") from None


def _digits(text: str) -> str:
    # Python also takes `1_0`, and digits of other alphabets.
    return text if text.isascii() and "_" not in text else ""


def as_json(text: str) -> Any:
    """JSON, with each name of an object once: of two, somebody would read the wrong one."""
    try:
        return json.loads(text, object_pairs_hook=_unique_names, parse_constant=_no_constant)
    except _DuplicateName as error:
        raise ValueError(f"has the name {error} twice in one object") from None
    except (ValueError, RecursionError):
        raise ValueError("must be JSON") from None


class _DuplicateName(Exception):
    pass


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise _DuplicateName(name)
        members[name] = value
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
