"""The table looks right in every terminal."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Mapping

import pytest

from .table import Answer, Row, Table

OK = Row("no token", "/me", Answer(401, "missing"), {"Flask": lambda: Answer(401, "missing")})
WRONG = OK._replace(ask={"Flask": lambda: Answer(200)})


def printed_on_a_terminal(environ: Mapping[str, str], row: Row) -> str:
    """What a terminal is sent."""
    leader, follower = os.openpty()
    with open(leader, "rb", buffering=0) as screen:
        with open(follower, "w", encoding="utf-8") as out:
            Table(out, environ).try_row(row)
        shown = b""
        # One read may return the first of several lines only.
        with contextlib.suppress(OSError):  # how Linux says that the other side has closed
            while piece := screen.read(4096):
                shown += piece
    return shown.decode("utf-8")


def test_colours_on_a_terminal() -> None:
    """Good answers are green, bad ones are red, and columns are as wide as without colours."""
    good, bad = (printed_on_a_terminal({}, row) for row in (OK, WRONG))
    assert "\x1b[32m401 ✓\x1b[0m  \x1b" in good
    assert "\x1b[1;31m200 ✗\x1b[0m  \x1b" in bad
    assert "\x1b[1;31m  Flask: expected 401 missing, got 200\x1b[0m" in bad


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_colours_can_be_turned_off(environ: dict[str, str]) -> None:
    """As https://no-color.org says, and on a terminal that has none."""
    assert "\x1b" not in printed_on_a_terminal(environ, WRONG)
    assert "✗" in printed_on_a_terminal(environ, WRONG)


@pytest.mark.parametrize(
    ("encoding", "marks"),
    [("utf-8", "✓ ✗"), ("UTF8", "✓ ✗"), ("ascii", "ok NO"), ("cp1252", "ok NO")],
)
def test_encodings(encoding: str, marks: str) -> None:
    """Marks that the encoding does not have are words."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding)
    table = Table(out, {})
    table.try_row(OK)
    table.try_row(WRONG)
    good, bad, _ = raw.getvalue().decode(encoding).splitlines()
    right, wrong = marks.split()
    assert f"401 {right} " in good
    assert f"200 {wrong} " in bad


def test_a_row_that_is_not_shown() -> None:
    """It counts, and is printed as soon as an answer is wrong."""
    out = io.StringIO()
    table = Table(out, {})
    table.try_row(OK._replace(shown=False))
    assert (out.getvalue(), table.shown, table.others, table.wrong) == ("", 0, 1, 0)
    table.try_row(WRONG._replace(shown=False))
    assert "no token" in out.getvalue()
    assert (table.shown, table.others, table.wrong, table.right) == (1, 1, 1, 1)
