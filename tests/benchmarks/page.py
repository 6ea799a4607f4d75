"""Writes a run's numbers into ``docs/performance.md``, between the marks that name a table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from . import plot, tables
from .environments import ROOT
from .results import Results

DOCS = ROOT / "docs"
PAGE, DATA = DOCS / "performance.md", DOCS / "performance.json"

_MARKED = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

_KINDS = {
    "expired": "expired",
    "no expiry": "no expiry",
    "not valid yet": "not valid yet",
    "another issuer": "issuer",
    "another client": "client",
    "an ID token": "ID token",
}


def write(results: Results, docs: Path = DOCS) -> None:
    """The page's tables, the plots, and the data that both are made from."""
    page = docs / PAGE.name
    (docs / DATA.name).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for name, svg in plot.plots(results).items():
        (docs / name).write_text(svg, encoding="utf-8")
    page.write_text(filled(page.read_text(encoding="utf-8"), results), encoding="utf-8")


def filled(text: str, results: Results) -> str:
    """A page with its tables as in ``results``; a table that was not measured stays as it is."""
    blocks = _blocks(results)

    def replaced(match: re.Match[str]) -> str:
        block = blocks.get(match[2])
        return match[0] if block is None else f"{match[1]}\n{block}\n\n{match[3]}"

    return _MARKED.sub(replaced, text)


def _blocks(results: Results) -> Mapping[str, str]:
    blocks = {
        name: tables.markdown(*tables.cells(section))
        for name, section in results["sections"].items()
    }
    head, *goals = tables.goal_cells(results["goals"])
    blocks["goals"] = tables.markdown(head, goals)
    blocks["about"] = "\n".join(f"- {name}: {value}" for name, value in results["about"].items())
    if "verify" in results["sections"]:
        blocks["checks"] = _checks(results)
    return blocks


def _checks(results: Results) -> str:
    """Who refused which bad token."""
    rows = [row for row in results["sections"]["verify"]["rows"] if "refuses" in row]
    body = [
        [row["name"], *("refused" if row["refuses"][kind] else "**accepted**" for kind in _KINDS)]
        for row in rows
    ]
    return tables.markdown(["", *_KINDS.values()], body)
