"""The tables of the pages. Apart from their examples, as it takes no more than a plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[2]


def table_rows(page: Path) -> Iterator[tuple[str, list[str]]]:
    """The rows of every table on a page, but for the heads: the heading above, and the cells."""
    lines = page.read_text(encoding="utf-8").splitlines()
    heading = ""
    for line, following in pairwise([*lines, ""]):
        if line.startswith("#"):
            heading = line.lstrip("#").strip()
        elif line.startswith("|") and not line.startswith("|-") and not following.startswith("|-"):
            yield heading, [cell.strip() for cell in line.strip("|").split("|")]
