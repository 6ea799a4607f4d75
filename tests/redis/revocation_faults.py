"""What callers get while Redis has a fault. The one table; docs/revocation.md shows it."""

from __future__ import annotations

from typing import NamedTuple

PASSES = "200"
REVOKED = "401 revoked"
UNAVAILABLE = "503 revocations_unavailable"
WRITTEN = "written"


class Row(NamedTuple):
    """What is answered while a fault is on. Alice was signed out before, Bob was not."""

    alice: str
    """Alice, whatever the age of the copy that knows of her, with a list that is open."""
    bob: str
    """Bob, while the copy is younger than its bound."""
    closed: str
    """Bob, when it is older, and the list is closed."""
    opened: str
    """The same, with a list that is open."""
    started: str
    """Alice, in a process that starts now, with a list that is closed."""
    sign_out: str
    """What becomes of a sign-out."""


_DOWN = Row(REVOKED, PASSES, UNAVAILABLE, PASSES, UNAVAILABLE, UNAVAILABLE)

TABLE: dict[str, Row] = {
    "DOWN": _DOWN,
    "HANGS": _DOWN,
    "NOT_REDIS": _DOWN,
    "LOADING": _DOWN,
    "WRONG_TYPE": _DOWN,
    "RUBBISH": Row(REVOKED, PASSES, UNAVAILABLE, PASSES, UNAVAILABLE, WRITTEN),
    "FULL": Row(REVOKED, PASSES, PASSES, PASSES, REVOKED, UNAVAILABLE),
    "EMPTIED": Row(REVOKED, PASSES, PASSES, PASSES, PASSES, WRITTEN),
    "FAILED_OVER": Row(REVOKED, PASSES, PASSES, PASSES, PASSES, WRITTEN),
    "TRIMMED": Row(REVOKED, PASSES, PASSES, PASSES, REVOKED, WRITTEN),
}
