"""What the command writes: lines on standard output, complaints on standard error.

Whatever came out of a token is made harmless here before a terminal sees it.
"""

from __future__ import annotations

import errno
import os
import sys
import threading
from contextlib import suppress

from .._support.visible import harmless, shown, shown_distance, shown_json, shown_time

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

_COLOURS = {"good": "32", "bad": "31", "careful": "33"}


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
