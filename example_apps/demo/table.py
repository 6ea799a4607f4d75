"""The demo's table: a row for each thing that is tried, a column for each framework."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Mapping
from typing import NamedTuple, TextIO

COLUMNS = ("Starlette", "FastAPI", "Flask", "Django", "DRF")

_WHAT, _PATH = 26, 15  # characters
_GREEN, _RED, _DIM = "32", "1;31", "2"  # SGR parameters (ECMA-48)


class Answer(NamedTuple):
    """What an app answers, or should answer."""

    status: int
    says: str = ""
    """The reason of a refusal, or a few words about a page."""


class Row(NamedTuple):
    """Something that is tried, and the documented answer."""

    what: str
    path: str
    expected: Answer
    ask: Mapping[str, Callable[[], Answer]]
    """How to try it, by column."""
    shown: bool = True
    """Whether the row is printed when all its answers are right. A wrong one is always printed."""


class Table:
    """Tries rows, prints them, and counts the answers."""

    def __init__(self, out: TextIO, environ: Mapping[str, str]) -> None:
        """Print to ``out``: with colours on a terminal, unless ``environ`` has ``NO_COLOR`` or a
        ``TERM`` that is ``dumb``, and in ASCII where the encoding is not UTF-8."""
        dull = environ.get("NO_COLOR") or environ.get("TERM") == "dumb"
        self._out = out
        self._colours = out.isatty() and not dull
        utf8 = codecs.lookup(out.encoding or "ascii").name == "utf-8"
        self._right, self._wrong = ("\u2713", "\u2717") if utf8 else ("ok", "NO")
        self.shown = self.others = self.wrong = 0
        """How many answers have a row, have none, and are not the documented ones."""

    @property
    def right(self) -> int:
        """How many answers are the documented ones."""
        return self.shown + self.others - self.wrong

    def say(self, text: str = "") -> None:
        """Print a line at once, so that it is seen while the next one is worked on."""
        self._out.write(f"{text}\n")
        self._out.flush()

    def head(self) -> None:
        """Print the names of the columns."""
        names = "".join(name.ljust(_width(name)) for name in COLUMNS)
        self.say(f"{'':<{_WHAT + _PATH}}{names}reason".rstrip())

    def try_row(self, row: Row) -> None:
        """Ask every app of a row, and print the row if it is a shown one or an answer is wrong."""
        answers = {column: ask() for column, ask in row.ask.items()}
        wrong = {column: got for column, got in answers.items() if got != row.expected}
        self.wrong += len(wrong)
        if row.shown or wrong:
            self.shown += len(answers)
            cells = "".join(self._cell(name, answers.get(name), row.expected) for name in COLUMNS)
            self.say(f"{row.what:<{_WHAT}}{row.path:<{_PATH}}{cells}{row.expected.says}".rstrip())
        else:
            self.others += len(answers)
        for column, got in wrong.items():
            told = f"  {column}: expected {_words(row.expected)}, got {_words(got)}"
            self.say(self._colour(_RED, told))

    def _cell(self, column: str, answer: Answer | None, expected: Answer) -> str:
        if answer is None:
            text, colour = "-", _DIM
        elif answer == expected:
            text, colour = f"{answer.status} {self._right}", _GREEN
        else:
            text, colour = f"{answer.status} {self._wrong}", _RED
        return self._colour(colour, text) + " " * (_width(column) - len(text))

    def _colour(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text


def _width(column: str) -> int:
    return max(len(column), len("200 ok")) + 1


def _words(answer: Answer) -> str:
    return f"{answer.status} {answer.says}".rstrip()
