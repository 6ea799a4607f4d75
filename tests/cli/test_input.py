"""Standard input: one verdict a line, in order, whatever the bytes, in little memory."""

from __future__ import annotations

import os
import sys
import tracemalloc
from pathlib import Path

import pytest

from cognito_guard.cli.tokens import read_tokens
from cognito_guard.testing import LocalUserPool

from .running import DEADLINE, PROGRAM, run, run_process, start

Trust = tuple[str, ...]

MAX = 16 * 1024


def reasons(trust: Trust, stdin: bytes) -> list[str | None]:
    """The reason of each verdict, ``None`` for a valid token."""
    return [verdict.get("reason") for verdict in run(*trust, "--json", "-", stdin=stdin).verdicts]


@pytest.mark.parametrize(
    ("stdin", "expected"),
    [
        pytest.param(b"T\n", [None], id="one line"),
        pytest.param(b"T", [None], id="no newline at the end"),
        pytest.param(b"T\r\nT\r\n", [None, None], id="CRLF"),
        pytest.param(b"T\n\nT\n", [None, "malformed_token", None], id="blank line"),
        pytest.param(b"\n", ["malformed_token"], id="only a newline"),
        pytest.param(b"\n\n\n", ["malformed_token"] * 3, id="only newlines"),
        pytest.param(b"T\r", ["malformed_token"], id="CR without LF"),
        pytest.param(b"T\r\r\n", ["malformed_token"], id="two CR"),
        pytest.param(b"T\rT\n", ["malformed_token"], id="CR is no line end"),
        pytest.param(b"T\x0bT\x0cT\n", ["malformed_token"], id="other separators"),
        pytest.param(b" T\nT \n", ["malformed_token"] * 2, id="spaces"),
        pytest.param(b"T\xff\n\xe9T\nT\n", ["malformed_token"] * 2 + [None], id="bytes"),
        pytest.param("T\u2028T\nT".encode(), ["malformed_token", None], id="UTF-8"),
        pytest.param(b"\xef\xbb\xbfT\n", ["malformed_token"], id="BOM"),
        pytest.param(b"\x00\nT", ["malformed_token", None], id="NUL"),
    ],
)
def test_lines(trust: Trust, pool: LocalUserPool, stdin: bytes, expected: list[str | None]) -> None:
    """Every input line is exactly one verdict, in order."""
    assert reasons(trust, stdin.replace(b"T", pool.access_token().encode("ascii"))) == expected


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""], ids=["LF", "CRLF", "none"])
@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (MAX - 1, "malformed_token"),
        (MAX, "malformed_token"),
        (MAX + 1, "token_too_large"),
        (MAX + 2, "token_too_large"),
        (MAX + 3, "token_too_large"),
        (2 * (MAX + 2), "token_too_large"),
        (2 * (MAX + 2) + 1, "token_too_large"),
    ],
)
def test_line_length(trust: Trust, size: int, expected: str, end: bytes) -> None:
    """A line is too large from the very byte on at which a token is, whatever ends the line."""
    line = b"A" * size + end
    assert reasons(trust, line) == [expected]
    if end:
        assert reasons(trust, line + b"x" + end) == [expected, "malformed_token"]


def test_huge_line(
    trust: Trust, pool: LocalUserPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line of 10 MB is one verdict, costs little memory, and the next line is read as ever."""
    path = tmp_path / "huge"
    path.write_bytes(b"A" * 10_000_000 + b"\n" + pool.access_token().encode("ascii") + b"\n")
    with path.open("rb") as stdin:
        outcome = run_process(*trust, "--json", "-", stdin=stdin)
    assert [verdict.get("reason") for verdict in outcome.verdicts] == ["token_too_large", None]
    with path.open(encoding="latin-1") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        tracemalloc.start()
        try:
            tokens = list(read_tokens(["-"]))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(tokens) == 2
    assert peak < 500_000


def test_ten_thousand_tokens(pool: LocalUserPool) -> None:
    """Ten thousand tokens stream through one process with one fetch of the keys."""
    good, bad = pool.access_token(), pool.access_token(expires_in=-1)
    stdin = "\n".join([good, bad] * 5_000).encode("ascii")
    with pool.serve() as server:
        outcome = run_process(
            *("verify", "--user-pool-id", pool.user_pool_id, "--client-id", pool.client_id),
            *("--jwks", server.url, "--json", "-"),
            stdin=stdin,
        )
        assert server.requests == 1
    assert (outcome.status, outcome.err) == (1, "")
    assert [verdict["valid"] for verdict in outcome.verdicts] == [True, False] * 5_000


def test_verdicts_are_not_held_back(trust: Trust) -> None:
    """Each verdict comes before the next token is sent, also where the pipe came non-blocking."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    with (
        os.fdopen(write, "wb", buffering=0) as tokens,
        os.fdopen(read, "rb", buffering=0) as stdin,
        start(*trust, "-", stdin=stdin) as process,
    ):
        assert process.stdout is not None
        for number in (1, 2, 3):
            tokens.write(b"junk\n")
            assert process.stdout.readline().startswith(b"line %d: refused: " % number)
            for what in (b"expected", b"found", b"hint"):
                assert process.stdout.readline().split()[0] == what
            # Both ends of an inherited descriptor share this: otherwise a pause would have looked
            # like the end of the input.
            assert os.get_blocking(stdin.fileno())
        tokens.close()
        assert process.wait(DEADLINE) == 1


def test_numbers_for_people(trust: Trust, pool: LocalUserPool) -> None:
    """For people each verdict begins with the number of its line."""
    stdin = b"junk\n" + pool.access_token("alice").encode("ascii") + b"\n\n"
    lines = run(*trust, "-", stdin=stdin).out.splitlines()
    heads = [line for line in lines if not line.startswith(" ")]
    assert [head.partition(": ")[0] for head in heads] == ["line 1", "line 2", "line 3"]


def test_closed_stdin(trust: Trust) -> None:
    """A closed standard input is a usage error and no success without tokens."""
    outcome = run_process("-c", '"$@" <&-', "sh", *PROGRAM, *trust, "-", program=["sh"])
    assert outcome == (2, "", "cognito-guard: standard input is closed\n")


def test_unreadable_stdin(trust: Trust, tmp_path: Path) -> None:
    """A standard input that cannot be read is a usage error that says why."""
    with (tmp_path / "out").open("wb") as stdin:
        outcome = run_process(*trust, "-", stdin=stdin)
    said = "cognito-guard: standard input cannot be read: Bad file descriptor\n"
    assert outcome == (2, "", said)
