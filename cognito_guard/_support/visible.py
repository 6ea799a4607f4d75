"""Texts that anybody may have written, made harmless before a terminal or a person sees them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

__all__ = ["distance", "harmless", "shown", "shown_distance", "shown_json", "shown_time"]

_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))

# Texts that need no quotation marks to be told apart in a list.
_PLAIN = re.compile(r"[\w.:/@+=-]+")

# Printable to Python, and yet nothing to be seen: fillers, the empty Braille pattern, and what
# chooses between forms of the letter before it (Unicode, Default_Ignorable_Code_Point).
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00013441\U00013442\U00016fe4\U000e0100-\U000e01ef]"
)


def harmless(text: str) -> str:
    r"""``text`` with everything that is not plainly visible as the escapes of JSON.

    Control characters would let a token drive the terminal, and the invisible ones (bidirectional
    overrides, zero-width characters, separators, fillers) would let it show something else than it
    says.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join([one if _seen(one) else json.dumps(one)[1:-1] for one in text])


def _seen(character: str) -> bool:
    return character.isprintable() and _UNSEEN.match(character) is None


def shown_json(value: object) -> str:
    """A claim's value as JSON, harmless and still JSON, on one line."""
    return harmless(json.dumps(value, ensure_ascii=False))


def shown(text: str) -> str:
    """A name from a token: as it is where that is unmistakable, otherwise in quotation marks."""
    return text if _PLAIN.fullmatch(text) and harmless(text) == text else shown_json(text)


def shown_time(seconds: float, now: float) -> str:
    """A time as people write it, and how far it is from ``now``. For what calendars do not hold,
    the empty text."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return ""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC ({shown_distance(seconds - now)})"


def shown_distance(seconds: float) -> str:
    """``in 2 hours``, ``1 day ago``, ``now``."""
    if not abs(seconds) >= 1:
        return "now"
    return f"in {distance(seconds)}" if seconds > 0 else f"{distance(seconds)} ago"


def distance(seconds: float) -> str:
    """``2 hours``: rounded down, in the largest unit that fits."""
    size, unit = next(((s, u) for s, u in _UNITS if abs(seconds) >= s), _UNITS[-1])
    count = int(abs(seconds) // size)
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
