"""Verdicts side by side, and the table in the documentation that says how they differ."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from cognito_guard import AuthError, Identity

from ..documents.tables import ROOT, table_rows

PAGE = ROOT / "docs" / "differential.md"

Difference = tuple[str, str]
"""A reason, and what it is about: a claim, a header member or a part of the token."""


class Comparison(NamedTuple):
    """What came of asking everybody about the same tokens."""

    accepted: dict[str, Identity]
    """By the engine."""
    laxer: list[str]
    """Where the engine accepts what somebody refuses. There must be none."""
    stricter: dict[Difference, set[str]]
    """Where the engine refuses what others accept, and who they are."""


def compare(
    verify: Callable[[str], Identity],
    tokens: Mapping[str, str],
    answers: Mapping[str, Sequence[str]],
) -> Comparison:
    """The engine's verdicts next to the answers of others, which are by name and in order."""
    accepted: dict[str, Identity] = {}
    laxer: list[str] = []
    stricter: defaultdict[Difference, set[str]] = defaultdict(set)
    for number, (what, token) in enumerate(tokens.items()):
        said = {name: answer[number] for name, answer in answers.items()}
        try:
            accepted[what] = verify(token)
        except AuthError as error:
            difference = (error.reason.value, _subject(error.detail))
            stricter[difference].update(name for name, error in said.items() if not error)
        else:
            laxer += [f"{name}: {error}: {what}" for name, error in said.items() if error]
    return Comparison(accepted, laxer, {key: names for key, names in stricter.items() if names})


def documented(heading: str) -> dict[Difference, set[str]]:
    """The table under a heading of the page: the differences, and who accepts."""
    rows = [cells for above, cells in table_rows(PAGE) if above == heading]
    return {
        (reason.strip("`"), about.strip("`")): set(who.split(", "))
        for reason, about, who, _ in rows
    }


def _subject(detail: str) -> str:
    quoted = re.search(r'"([^"]+)"', detail)
    if quoted:
        return quoted[1]
    part = re.search(r"header|payload|signature|alphabet|parts", detail)
    return part[0] if part else "token"
