"""What is written: harmless to a terminal, in colour only there, and never with a traceback."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cognito_guard.cli.output import harmless, shown, shown_distance, shown_json, shown_time
from cognito_guard.testing import LocalUserPool

from ..engine.strategies import repeatable
from ..needs import need
from .running import DEADLINE, ENVIRONMENT, PROGRAM, run, run_process, start
from .terminal import run_on_terminal

Trust = tuple[str, ...]

# Drives a terminal (ESC, CSI as one character, BEL, CR), reorders (bidi), hides (zero width), or
# breaks the line for some readers and not for others.
DANGEROUS = "\x1b[2J\x9b31m\x07\r\n\x7f\u202e\u2066\u200b\u2028\u0085\ufeff\U000e0041"

every_character = st.characters(codec=None)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(every_character),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(every_character), inner, max_size=3)
    ),
    max_leaves=8,
)


@repeatable
@given(st.text(st.characters(codec=None, exclude_categories=())))
def test_harmless_is_visible(text: str) -> None:
    """Whatever the text, nothing invisible is left, and visible text stays as it is."""
    assert harmless(text).isprintable()
    assert harmless(harmless(text)) == harmless(text)


@repeatable
@given(json_values)
def test_shown_json_is_json(value: Any) -> None:
    """A claim's value is shown as JSON that holds exactly this value, and harmless."""
    assert shown_json(value).isprintable()
    assert json.loads(shown_json(value)) == value


@repeatable
@given(st.text(every_character), st.text(every_character))
def test_shown_is_unmistakable(one: str, other: str) -> None:
    """Two different names never look the same, nor does one name look like two."""
    assert (shown(one) == shown(other)) is (one == other)
    assert ", " not in shown(one) or shown(one).startswith('"')


@pytest.mark.parametrize("dangerous", DANGEROUS, ids=ascii)
def test_names_from_a_token(trust: Trust, pool: LocalUserPool, dangerous: str) -> None:
    """No character of a token that could deceive reaches the reader of a verdict as it is."""
    text = f"a{dangerous}b"
    token = pool.access_token(text, groups=[text], scopes=[text], sub=text)
    for argv in ([*trust, token], ["inspect", token], [*trust, "--json", token]):
        outcome = run(*argv)
        assert outcome.status == 0
        assert all(line.isprintable() for line in outcome.out.split("\n"))
        assert json.dumps(dangerous)[1:-1] in outcome.out


@pytest.mark.parametrize(
    ("env", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["terminal", "NO_COLOR", "dumb"],
)
def test_colour_on_a_terminal(
    trust: Trust, pool: LocalUserPool, env: dict[str, str], coloured: bool
) -> None:
    """A terminal gets colour, unless its user said that he wants none or it has none."""
    need(hasattr(os, "openpty"), "pseudo-terminals (a Unix system)")
    for argv in ([*trust, pool.access_token()], [*trust, "junk"], ["inspect", "junk"]):
        assert ("\x1b[" in run_on_terminal(*argv, env=env)) is coloured


def test_no_colour_elsewhere(trust: Trust, pool: LocalUserPool) -> None:
    """A pipe gets no colour."""
    assert "\x1b" not in run_process(*trust, pool.access_token(), "junk").out


def test_characters_that_the_encoding_lacks(trust: Trust, pool: LocalUserPool) -> None:
    """Where standard output is ASCII, other characters are written as escapes."""
    token = pool.access_token("Zoë")
    outcome = run_process(*trust, token, env={**ENVIRONMENT, "PYTHONIOENCODING": "ascii"})
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(r"valid: an access token of Zo\xeb")


def test_reader_that_leaves(trust: Trust) -> None:
    """A reader that leaves, as `head` does, ends the command at once and quietly."""
    with start(*trust, "-") as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(b"junk\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith(b"line 1: refused")
        process.stdout.close()
        process.stdin.write(b"junk\n")
        process.stdin.flush()
        # The input is still open: it was not its end that ended the command.
        assert process.wait(DEADLINE) == 141
        assert process.stderr.read() == b""


@pytest.mark.parametrize("argv", [["inspect", "junk"], ["--help"]], ids=["verdict", "help"])
def test_reader_that_left_before(argv: list[str]) -> None:
    """A reader that has left before the first line ends the command quietly as well."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb", buffering=0) as stdout:
        assert run_process(*argv, stdout=stdout) == (141, "", "")


@pytest.mark.parametrize("argv", [["inspect", "junk"], ["--help"]], ids=["verdict", "help"])
def test_full_disk(argv: list[str]) -> None:
    """Output that cannot be written is an error with a reason, not a success."""
    need(Path("/dev/full").exists(), "/dev/full (Linux)")
    with open("/dev/full", "wb") as full:
        outcome = run_process(*argv, stdout=full)
    said = "cognito-guard: standard output cannot be written: No space left on device\n"
    assert outcome == (2, "", said)


def test_closed_output(trust: Trust, pool: LocalUserPool) -> None:
    """Without standard output or standard error the exit status still tells, and nothing strays."""
    for token, status in ((pool.access_token(), 0), ("junk", 1)):
        argv = ["-c", '"$@" >&- 2>&-', "sh", *PROGRAM, *trust, token]
        assert run_process(*argv, program=["sh"]) == (status, "", "")
    argv = ["-c", '"$@" 2>&-', "sh", *PROGRAM, "verify"]
    assert run_process(*argv, program=["sh"]) == (2, "", "")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "now"),
        (0.9, "now"),
        (-0.9, "now"),
        (1, "in 1 second"),
        (-59, "59 seconds ago"),
        (60, "in 1 minute"),
        (-7199, "1 hour ago"),
        (172800, "in 2 days"),
        (-(10**15), "11574074074 days ago"),
    ],
)
def test_distance(seconds: float, said: str) -> None:
    """Distances in time are told in the largest unit that fits, rounded down."""
    assert shown_distance(seconds) == said


@pytest.mark.parametrize("seconds", [1e30, -1e30, 10**400, float("nan"), float("inf")], ids=str)
def test_times_beyond_the_calendar(seconds: float) -> None:
    """What no calendar holds has no time, and is no error."""
    assert shown_time(seconds, 0) == ""
