"""The method and the path of a request in the log: whoever sends a request chooses both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_guard._support.request_line import (
    HIDDEN,
    LONGEST_METHOD,
    LONGEST_PATH,
    told_method,
    told_path,
)

UUID = "123e4567-e89b-12d3-a456-426614174000"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"

PATHS = {
    "/": "/",
    "": "",
    "/orders/17": "/orders/17",
    f"/orders/{UUID}/lines": f"/orders/{UUID}/lines",
    # What is longer than a UUID, or begins as a token does.
    f"/invitation/{UUID}0": "/invitation/...",
    f"/reset/{JWT}/done": "/reset/.../done",
    "/reset/eyJhIn0": "/reset/...",
    f"/{'a' * 10_000_000}": "/...",
    # A query that a caller of ours has left in it, and what containers put behind a semicolon.
    f"/orders?token={JWT}": "/orders",
    "/orders#access_token=abc": "/orders",
    "/orders;jsessionid=0123456789/x": "/orders",
    # Nothing that a terminal or a parser of logs would act on.
    "/a b\r\nrefused with 500": "/a%20b%0D%0Arefused%20with%20500",
    "/\x1b[31m\u202e": "/%1B%5B31m%E2%80%AE",
    '/"quoted"\\%s': "/%22quoted%22%5C%25s",
    "/straße": "/stra%C3%9Fe",
    "/\ud800": "/%3F",
}


@pytest.mark.parametrize(("path", "told"), PATHS.items(), ids=range(len(PATHS)))
def test_path(path: str, told: str) -> None:
    """A path is readable, one line, and without what may be a token."""
    assert told_path(path) == told


def test_long_path_ends_with_a_mark() -> None:
    """However long a path is, and however long it becomes by being escaped."""
    for path in ("/orders" * 1000, "/ordé" * 100):
        told = told_path(path)
        assert told is not None
        assert len(told) == LONGEST_PATH + len(HIDDEN)
        assert told.endswith(HIDDEN)


def test_token_is_hidden_where_the_path_is_cut() -> None:
    """The beginning of a long segment is none that may be shown."""
    told = told_path(f"/{'a' * 200}/{'b' * 30}/{'s3cret' * 9}")
    assert told == f"/.../{'b' * 30}/..."


@given(st.text())
def test_any_path_is_printable_ascii_and_bounded(path: str) -> None:
    """Whatever somebody sends, also where it has no characters that UTF-8 knows."""
    told = told_path(path)
    assert told is not None
    assert told.isascii()
    assert told == "" or told.isprintable()
    assert not set(told) & set(' "\\<>')
    assert len(told) <= LONGEST_PATH + len(HIDDEN)
    assert "eyJ" not in told


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("GET", "GET"),
        ("WEBSOCKET", "WEBSOCKET"),
        ("M-SEARCH", "M-SEARCH"),
        ("get", "get"),
        (None, None),
        ("", "?"),
        ("GET /\n", "?"),
        ("G\u0395T", "?"),
        ("G" * (LONGEST_METHOD + 1), "?"),
    ],
)
def test_method(method: str | None, told: str | None) -> None:
    """A method is a short word, or it is not shown."""
    assert told_method(method) == told


def test_nothing_is_told_of_no_path() -> None:
    """Whoever has none says so."""
    assert told_path(None) is None
