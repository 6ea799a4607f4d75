"""What the page sends: texts by their names. What is wrong with one is said beside its field."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any

__all__ = ["BadField", "Fields"]

_LONGEST = 200
_HALF = re.compile("[\ud800-\udfff]")  # JSON can say it, and UTF-8 cannot


class BadField(Exception):
    """A field that cannot be used: its name, and what to write instead. Quotes nothing of it."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name = name


class Fields:
    """The texts of a form. Each method raises :class:`BadField`."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def text(self, name: str, *, longest: int = _LONGEST) -> str:
        """A text without white space around it."""
        value = self._values.get(name, "")
        if not isinstance(value, str):
            raise BadField(name, f"{name} must be a text.")
        if len(value) > longest:
            raise BadField(name, f"{name} has more than {longest:,} letters.")
        if _HALF.search(value):
            raise BadField(name, f"{name} has half a character in it. Copy it again.")
        return value.strip()

    def texts(self, name: str) -> list[str]:
        """Several, separated by commas or spaces."""
        return self.text(name).replace(",", " ").split()

    def choice(self, name: str, choices: Iterable[str] | Container[str]) -> str:
        """One of several that are known."""
        value = self.text(name)
        if value not in choices:
            raise BadField(name, f"{name} is none of those that can be chosen.")
        return value
