"""What a run brings: sections of rows, as JSON has them."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from .numbers import Numbers


class Row(TypedDict):
    """A line of a table."""

    name: str
    value: NotRequired[Numbers]
    """In the section's unit."""
    ratio: NotRequired[Numbers]
    """Times the section's base, round by round."""
    missing: NotRequired[str]
    """Why there is nothing to show."""
    refuses: NotRequired[dict[str, bool]]
    """Which kinds of bad tokens it turned out to refuse."""


class Section(TypedDict):
    """A table."""

    title: str
    unit: str
    base: str
    """What the ratios are to; empty for none."""
    rows: list[Row]


class Goal(TypedDict):
    """A goal, and how far it was met."""

    what: str
    goal: str
    measured: str
    met: bool | None
    """``None`` where it was not measured."""


class Results(TypedDict):
    """All of a run."""

    about: dict[str, str]
    sections: dict[str, Section]
    goals: list[Goal]


def row(section: Section | None, name: str) -> Row | None:
    """The row of a name."""
    rows = section["rows"] if section else []
    return next((each for each in rows if each["name"] == name), None)
