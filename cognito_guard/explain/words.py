"""What an explanation says of values and times, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .._support.visible import distance, shown, shown_time
from ..tokens.claims import LAST_SECOND

__all__ = ["ABSENT", "claim", "clock", "distance", "listed", "moment", "number_in", "value"]

# No value of a claim is written like this: one that is would have quotation marks.
ABSENT = "(absent)"

_LONGEST = 300
_LAST_MILLISECOND = LAST_SECOND * 1000


def value(found: Any) -> str:
    """A value as people write it, and not longer than a few lines."""
    text = shown(found) if isinstance(found, str) else json.dumps(found, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} letters)"


def claim(claims: Mapping[str, Any], name: str) -> str:
    """What a claim holds."""
    return value(claims[name]) if name in claims else ABSENT


def listed(values: Iterable[str]) -> str:
    """One of several texts."""
    found = [value(each) for each in sorted(values)]
    return found[0] if len(found) == 1 else f"one of {', '.join(found)}"


def number_in(claims: Mapping[str, Any], name: str) -> float | None:
    """The time in a claim, if it is one, in seconds or by mistake in milliseconds."""
    found: Any = claims.get(name)
    number = type(found) is int or type(found) is float
    return found if number and abs(found) <= _LAST_MILLISECOND else None


def moment(seconds: float, now: float) -> str:
    """A time as people write it, and how far it is from ``now``. For what calendars do not hold,
    the number alone."""
    return shown_time(seconds, now) or value(seconds)


def clock(now: float) -> str:
    """The time by this machine's clock."""
    return moment(now, now).removesuffix(" (now)")
