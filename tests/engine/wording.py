"""How the engine words what went wrong. Held over everything that the tests of the engine raise."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any
from unittest.mock import patch

from cognito_guard import AuthError, ConfigurationError

# Names that are written in capitals, and words that a setting may have for no value.
_CAPITALS = {"ASCII", "JSON", "JWKS", "UUID", "NONE", "NULL", "UNDEFINED"}


def is_sentence(detail: object) -> bool:
    """One sentence for a developer: it begins with a capital letter, ends with a full stop, shouts
    nothing, and has no hole where a name belongs.
    """
    return (
        isinstance(detail, str)
        and re.fullmatch(r"[A-Z][a-z]* [ -~]+\.", detail) is not None
        and _is_calm(detail)
        and "None" not in detail
    )


def is_hint(message: object) -> bool:
    """What a setting must be: it begins with the name of an argument or setting, or with what is
    wrong, and is no sentence, because others put words around it.
    """
    return (
        isinstance(message, str)
        and re.match(r"None|[A-Z]+[a-z ]", message) is None
        and not message.endswith(".")
        and _is_calm(message)
    )


def _is_calm(text: str) -> bool:
    loud = set(re.findall(r"(?<![A-Z_'\"\[.])\b[A-Z]{4,}\b(?![_'\"\]])", text)) - _CAPITALS
    return not loud and "XX" not in text and re.search(r'"(?!JWT)[A-Z]{2,}"', text) is None


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collects what the engine words badly. What tests raise themselves does not count."""
    bad: list[str] = []
    refuse, configure = AuthError.__init__, ConfigurationError.__init__

    def refused(error: AuthError, reason: Any, detail: str) -> None:
        if _by_engine(sys._getframe(1)) and not is_sentence(detail):
            bad.append(f"{reason}: {detail}")
        refuse(error, reason, detail)

    def misconfigured(error: ConfigurationError, *said: Any) -> None:
        if _by_engine(sys._getframe(1)) and not is_hint(*said):
            bad.append(f"configuration: {said}")
        configure(error, *said)

    with (
        patch.object(AuthError, "__init__", refused),
        patch.object(ConfigurationError, "__init__", misconfigured),
    ):
        yield bad


def _by_engine(frame: FrameType | None) -> bool:
    # The first one above the errors' own constructors.
    while frame is not None and frame.f_globals.get("__name__") == "cognito_guard.errors":
        frame = frame.f_back
    name = "" if frame is None else str(frame.f_globals.get("__name__"))
    return name.startswith("cognito_guard.") and not name.startswith("cognito_guard.testing")
