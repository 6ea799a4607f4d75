"""What the command writes: lines on standard output, complaints on standard error.

Whatever came out of a token is made harmless here before a terminal sees it.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

__all__ = [
    "OutputLost",
    "complain",
    "give_up_output",
    "harmless",
    "paint",
    "shown",
    "shown_distance",
    "shown_json",
    "shown_time",
    "wait_for_warnings",
    "write",
]

# Texts that need no quotation marks to be told apart in a list.
_PLAIN = re.compile(r"[\w.:/@+-]+")

_COLOURS = {"good": "32", "bad": "31", "careful": "33"}
_UNITS = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


class OutputLost(Exception):
    """Standard output takes no more. ``reader_left``: because nobody reads it any longer."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror)
        self.reader_left = error.errno == errno.EPIPE


def write(text: str) -> None:
    """Write a line, or several at once, and let the reader have it. Raises `OutputLost`."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        print(text, flush=True)  # noqa: T201  # unlike `write`, content with a closed stdout
    except OSError as error:
        raise OutputLost(error) from None


def give_up_output() -> None:
    """Keep the interpreter from trying once more, and from complaining, when it exits."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def complain(text: str) -> None:
    """One line on standard error."""
    if sys.stderr is None:  # `print` would turn to standard output
        return
    with suppress(OSError):
        print(f"cognito-guard: {harmless(text)}", file=sys.stderr, flush=True)  # noqa: T201


def wait_for_warnings() -> None:
    """Let the engine say why it has no keys, before something else is said or the process ends.

    It wakes first whoever waits for keys and logs second, in the thread that fetched.
    """
    for thread in threading.enumerate():
        if thread.name == "cognito_guard.keys":
            thread.join(1.0)


def paint(text: str, colour: str) -> str:
    """``text`` in colour (``good``, ``bad`` or ``careful``) where a person looks and wants it."""
    # https://no-color.org: a variable that is set and not empty.
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    if sys.stdout is None or not sys.stdout.isatty():
        return text
    return f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m"


def harmless(text: str) -> str:
    r"""``text`` with everything that is not plainly visible as the escapes of JSON.

    Control characters would let a token drive the terminal, and the invisible ones (bidirectional
    overrides, zero-width characters, separators) would let it show something else than it says.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def shown_json(value: Any) -> str:
    """A claim's value as JSON, harmless and still JSON, on one line."""
    return harmless(json.dumps(value, ensure_ascii=False))


def shown(text: str) -> str:
    """A name from a token: as it is where that is unmistakable, otherwise in quotation marks."""
    return text if _PLAIN.fullmatch(text) else shown_json(text)


def shown_time(seconds: float, now: float) -> str:
    """A time as people write it, and how far it is from ``now``. For what calendars do not hold,
    the empty text."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return ""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC ({shown_distance(seconds - now)})"


def shown_distance(seconds: float) -> str:
    """``in 2 hours``, ``1 day ago``, ``now``: rounded down, in the largest unit that fits."""
    for size, unit in _UNITS:
        if (count := int(abs(seconds) // size)) > 0:
            text = f"{count} {unit}" if count == 1 else f"{count} {unit}s"
            return f"in {text}" if seconds > 0 else f"{text} ago"
    return "now"
