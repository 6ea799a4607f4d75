"""Finding: one thing that was checked, its state, why that matters, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias, final

__all__ = ["LEVELS", "Finding", "Level", "reaches", "worst_first"]

Level: TypeAlias = Literal["error", "warning", "info", "ok"]

LEVELS: tuple[Level, ...] = ("error", "warning", "info", "ok")
"""The worst first.

- ``error``: somebody gets more access than intended, or sign-ins or requests fail;
- ``warning``: a protection is missing, or something could not be checked;
- ``info``: right for some pools, and worth a look;
- ``ok``: the check found no problem.
"""


@final
class Finding(NamedTuple):
    """One finding. ``id`` is permanent; a section of the page on ``doctor`` explains each."""

    id: str
    level: Level
    what: str
    """One sentence: what was found, and where."""
    why: str = ""
    """Why it matters; empty if nothing is wrong."""
    fix: str = ""
    """A shell command that fixes it; empty if no single command can."""

    def as_dict(self) -> dict[str, str]:
        """The fields by name, ready for JSON."""
        return self._asdict()


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings by their level; in one level, in the order in which they were found."""
    return sorted(findings, key=lambda one: LEVELS.index(one.level))


def reaches(finding: Finding, level: Level) -> bool:
    """Whether a finding is as bad as ``level``, or worse."""
    return LEVELS.index(finding.level) <= LEVELS.index(level)
