"""Writes a run's numbers into ``docs/performance.md``, between the marks that name a table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from . import peer_serving, plot, serving, tables
from .environments import ROOT
from .results import Results, Row, row

DOCS = ROOT / "docs"
PAGE, DATA = DOCS / "performance.md", DOCS / "performance.json"
SESSIONS_DATA = DOCS / "performance-sessions.json"
"""That of a run of the sessions, which is one of its own."""

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
    data = SESSIONS_DATA if "sessions" in results["sections"] else DATA
    (docs / data.name).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for name, svg in plot.plots(results).items():
        (docs / name).write_text(svg, encoding="utf-8")
    page.write_text(filled(page.read_text(encoding="utf-8"), results), encoding="utf-8")


def filled(text: str, results: Results) -> str:
    """A page with its tables as in ``results``; a table that was not measured stays as it is."""
    return fill(text, _blocks(results))


def fill(text: str, blocks: Mapping[str, str]) -> str:
    """A page with these blocks between the marks of their names; any other stays as it is."""

    def replaced(match: re.Match[str]) -> str:
        block = blocks.get(match[2])
        return match[0] if block is None else f"{match[1]}\n{block}\n\n{match[3]}"

    return _MARKED.sub(replaced, text)


def _blocks(results: Results) -> Mapping[str, str]:
    blocks = {
        name: tables.markdown(*tables.cells(section))
        for name, section in results["sections"].items()
    }
    prefix = "sessions_" if "sessions" in results["sections"] else ""
    head, *goals = tables.goal_cells(results["goals"])
    about = "\n".join(f"- {name}: {value}" for name, value in results["about"].items())
    blocks |= {f"{prefix}goals": tables.markdown(head, goals), f"{prefix}about": about}
    if "verify" in results["sections"]:
        blocks |= {"lead": _lead(results), "checks": _checks(results)}
    return blocks


def new_token(results: Results) -> Row:
    """The row of a token not seen before, in the default configuration where that was measured."""
    section = results["sections"]["verify"]
    found = row(section, "cognito_guard as shipped, each token another one")
    found = found or row(section, "cognito_guard")
    assert found is not None
    return found


def _lead(results: Results) -> str:
    """What most readers want to know, in sentences."""
    sections = results["sections"]
    new, again = new_token(results), row(sections["repeat"], "cognito_guard, its cache on")
    assert again is not None
    # The rows behind the first that is about Node are, too.
    names = [each["name"] for each in sections["verify"]["rows"]]
    python = sections["verify"]["rows"][: _place(names, "bare crypto.verify on Node")]
    strict = [
        each
        for each in python
        if not each["name"].startswith("cognito_guard")
        and all(each.get("refuses", {}).get(kind) for kind in _KINDS)
    ]
    lines = [
        f"- A token not seen before takes {new['value']['median']:.3g} µs to verify. That is "
        f"{new['ratio']['median']:.2f} times the bare signature check.",
        f"- The same token again takes {again['value']['median']:.2g} µs.",
    ]
    if strict:
        best = min(strict, key=lambda each: each["value"]["median"])
        lines.append(
            "- The fastest other Python library that makes the same checks takes "
            f"{best['value']['median']:.3g} µs ({best['name']})."
        )
    for app, ours, peer in peer_serving.RIVALS:
        times = [_lead_over(results, kind, app, ours, peer) for kind in _TOKENS]
        if None not in times:
            repeated, new_ones = times
            lines.append(
                f"- {app}: {repeated:.1f} times the requests a second of {peer}, and "
                f"{new_ones:.1f} times with tokens not seen before."
            )
    for app in list(serving.APPS)[1:]:  # without the bare one
        guarded = row(sections.get("http"), f"{app}, guarded")
        if guarded and "ratio" in guarded:
            lines.append(
                f"- {app}: {guarded['ratio']['median']:.0%} of the requests a second of the same "
                "app without a guard."
            )
    return "\n".join(lines)


_TOKENS = (peer_serving.REPEATED, peer_serving.NEW)


def _lead_over(results: Results, kind: str, app: str, ours: str, peer: str) -> float | None:
    """How many times a peer's requests."""
    own, other = (row(results["sections"].get(kind), f"{app}, {form}") for form in (ours, peer))
    if own is None or other is None or "value" not in own or "value" not in other:
        return None
    return own["value"]["median"] / other["value"]["median"]


def _place(names: list[str], name: str) -> int:
    return names.index(name) if name in names else len(names)


def _checks(results: Results) -> str:
    """Who refused which bad token."""
    rows = [row for row in results["sections"]["verify"]["rows"] if "refuses" in row]
    body = [
        [row["name"], *("refused" if row["refuses"][kind] else "**accepted**" for kind in _KINDS)]
        for row in rows
    ]
    return tables.markdown(["", *_KINDS.values()], body)
