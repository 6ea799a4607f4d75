"""Where the tokens come from: the arguments, or standard input, one a line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from ..errors import ConfigurationError
from ..tokens.parsing import DEFAULT_MAX_BYTES

__all__ = ["read_tokens"]

# The longest line that can hold a token, with its line end. Of a longer one the rest is skipped,
# and what is left is still too large for a token.
_MAX_LINE = DEFAULT_MAX_BYTES + len(b"\r\n")


def read_tokens(arguments: list[str]) -> Iterator[tuple[str, str]]:
    """The tokens that ``arguments`` hold, or that ``-`` stands for.

    Each comes with what to call it where there may be several: ``line 3: ``, ``token 2: ``.

    Raises :class:`ConfigurationError` if there are none.
    """
    if not arguments:
        raise ConfigurationError(
            "no token: give TOKEN, or - to read one per line from standard input"
        )
    if arguments == ["-"]:
        return _from_stdin()
    if "-" in arguments:
        raise ConfigurationError("- reads the tokens from standard input; it takes no other tokens")
    if len(arguments) == 1:
        return iter([("", arguments[0])])
    return ((f"token {number}: ", token) for number, token in enumerate(arguments, start=1))


def _from_stdin() -> Iterator[tuple[str, str]]:
    if sys.stdin is None:
        raise ConfigurationError("standard input is closed")
    stream = sys.stdin.buffer
    with suppress(AttributeError, OSError):  # not on Windows before 3.12; not without a descriptor
        # Whoever made the pipe may have left it non-blocking; a pause would look like the end.
        os.set_blocking(stream.fileno(), True)
    number = 0
    try:
        for number, line in enumerate(_lines(stream), start=1):
            # Latin-1 keeps one character a byte, so that lengths stay true and whatever is not
            # ASCII still is not.
            yield f"line {number}: ", line.decode("latin-1")
    except OSError as error:
        raise ConfigurationError(f"standard input cannot be read: {error.strerror}") from None
    if not number:
        # Not a success: in a pipeline it means that whatever came before has failed.
        raise ConfigurationError("standard input holds no token")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines without their ends, none longer than ``_MAX_LINE``."""
    while line := stream.readline(_MAX_LINE):
        yield line.removesuffix(b"\n").removesuffix(b"\r") if line.endswith(b"\n") else line
        while len(line) == _MAX_LINE and not line.endswith(b"\n"):
            line = stream.readline(_MAX_LINE)
