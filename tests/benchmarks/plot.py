"""A bar chart as SVG: plain, without a background, in colours that a light and a dark page bear."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from .results import Results, Section

_WIDTH, _LABEL, _NUMBER = 800, 345, 85
_BAR, _GAP, _TOP = 16, 8, 34
_TEXT, _OWN, _PEER, _BARE = "#7d828a", "#2f81c7", "#a9aeb6", "#7d828a"


class Bar(NamedTuple):
    """One bar: what it is, how long, the number to show, its colour."""

    label: str
    value: float
    text: str
    colour: str


def chart(title: str, bars: Sequence[Bar]) -> str:
    """Horizontal bars below each other, all from zero on."""
    height = _TOP + len(bars) * (_BAR + _GAP)
    room = _WIDTH - _LABEL - _NUMBER
    longest = max(bar.value for bar in bars)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        f' font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<text x="0" y="16" font-weight="600" fill="{_TEXT}">{escape(title)}</text>',
    ]
    for number, bar in enumerate(bars):
        y = _TOP + number * (_BAR + _GAP)
        length = max(room * bar.value / longest, 1)
        weight = ' font-weight="600"' if bar.colour == _OWN else ""
        lines += [
            f'<text x="{_LABEL - 8}" y="{y + 13}" text-anchor="end" fill="{_TEXT}"{weight}>'
            f"{escape(bar.label)}</text>",
            f'<rect x="{_LABEL}" y="{y}" width="{length:.1f}" height="{_BAR}" rx="2"'
            f' fill="{bar.colour}"/>',
            f'<text x="{_LABEL + length + 6:.1f}" y="{y + 13}" fill="{_TEXT}"{weight}>'
            f"{escape(bar.text)}</text>",
        ]
    return "\n".join([*lines, "</svg>", ""])


def plots(results: Results) -> dict[str, str]:
    """The charts of a run, by file name."""
    sections = results["sections"]
    found = {}
    if "verify" in sections:
        both = sections["verify"]["rows"] + sections["repeat"]["rows"]
        section: Section = {**sections["verify"], "rows": both}
        found["performance.svg"] = _microseconds(section)
    if "start" in sections:
        title = "A fresh process that verifies one token, ms"
        found["performance-start.svg"] = chart(title, _bars(sections["start"], "ms"))
    http = sections.get("http")
    if http and any("value" in row for row in http["rows"]):
        title = "Requests a second, with and without a guard"
        found["performance-http.svg"] = chart(title, _bars(http, "/s", own=", guarded"))
    return found


def _microseconds(section: Section) -> str:
    bars = sorted(_bars(section, "µs"), key=lambda bar: bar.value)
    return chart("One call that verifies a token, µs (shorter is better)", bars)


def _bars(section: Section, unit: str, own: str = "cognito_guard") -> list[Bar]:
    bars = []
    for row in section["rows"]:
        if "value" not in row:
            continue
        name, value = row["name"], row["value"]["median"]
        mine = own in name
        colour = _OWN if mine else _BARE if name.startswith("bare") else _PEER
        text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
        # Off the scale and told in the table: one that fetches keys for every call.
        if "in a request of its own" not in name:
            bars.append(Bar(name, value, f"{text} {unit}", colour))
    return bars
