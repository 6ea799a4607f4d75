"""Results as tables: for the terminal, and in Markdown for the page."""

from __future__ import annotations

from collections.abc import Sequence

from .results import Goal, Results, Row, Section

UNITS = {"us": "µs", "ms": "ms", "/s": "/s", "B": "bytes"}


def terminal(results: Results) -> str:
    """Everything, for the eyes of whoever ran it."""
    lines = ["", *(f"{name}: {value}" for name, value in results["about"].items()), ""]
    for section in results["sections"].values():
        head, body = cells(section)
        lines += [section["title"], *_aligned([head, *body]), ""]
    if results["goals"]:
        lines += ["Goals", *_aligned(goal_cells(results["goals"])), ""]
    return "\n".join(lines)


def markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, its numbers to the right."""
    rule = ["-", *("-:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body))


def cells(section: Section) -> tuple[list[str], list[list[str]]]:
    """The head and the lines of a section's table."""
    unit = UNITS[section["unit"]]
    if not section["base"]:
        return ["", unit], [[each["name"], _value(each)] for each in section["rows"]]
    head = ["", unit, f"times {section['base']}", "half of the rounds between"]
    return head, [_line(each) for each in section["rows"]]


def goal_cells(goals: Sequence[Goal]) -> list[list[str]]:
    """The lines of the table of goals, the head first."""
    verdict = {True: "met", False: "missed", None: "-"}
    lines = [[goal["what"], goal["goal"], goal["measured"], verdict[goal["met"]]] for goal in goals]
    return [["", "goal", "measured", ""], *lines]


def _line(row: Row) -> list[str]:
    if "missing" in row:
        return [row["name"], "-", "-", f"not measured: {row['missing']}"]
    ratio = row.get("ratio")
    if ratio is None:
        return [row["name"], _value(row), "", ""]
    if ratio["low"] == ratio["high"] == 1:  # the base itself
        return [row["name"], _value(row), "1", ""]
    spread = f"{_ratio(ratio['low'])} and {_ratio(ratio['high'])}"
    return [row["name"], _value(row), _ratio(ratio["median"]), spread]


def _value(row: Row) -> str:
    if "value" not in row:
        return f"not measured: {row['missing']}"
    median = row["value"]["median"]
    return f"{median:,.0f}" if abs(median) >= 1000 else f"{median:.3g}"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.3f}"


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  "
        + "  ".join(
            text.rjust(width) if column else text.ljust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
