"""What a caller gets while a server of keys has a fault. The one table; docs/faults.md shows it."""

from __future__ import annotations

from typing import NamedTuple

from cognito_guard.testing import Fault

VERIFIED = "200"
UNAVAILABLE = "503 keys_unavailable"
UNKNOWN = "401 unknown_key"
BAD_SIGNATURE = "401 bad_signature"


class Row(NamedTuple):
    """What good tokens get, in three situations in which keys are fetched."""

    first: str
    """No keys are held."""
    refresh: str
    """The keys held have come of age, and their refresh is over: a token signed with one."""
    unknown: str
    """The keys held are in their prime: a token signed with a new one, which is published."""


# What the fault leaves of the right answer is the right answer.
_HARMLESS = Row(VERIFIED, VERIFIED, VERIFIED)
# No key set was had: whatever is held stays, and nobody is refused.
_FAILURE = Row(UNAVAILABLE, VERIFIED, UNAVAILABLE)

TABLE: dict[Fault, Row] = {
    Fault.DOWN: _FAILURE,
    Fault.HANG: _FAILURE,
    Fault.SLOW: _HARMLESS,
    Fault.DRIP: _FAILURE,
    Fault.HANG_UP: _FAILURE,
    Fault.HALF_BODY: _FAILURE,
    Fault.GARBLED: _FAILURE,
    Fault.EMPTY_BODY: _FAILURE,
    Fault.HTML: _FAILURE,
    Fault.REDIRECT: _FAILURE,
    Fault.FORBIDDEN: _FAILURE,
    Fault.SERVER_ERROR: _FAILURE,
    Fault.TOO_LARGE: _FAILURE,
    Fault.ENDLESS: _FAILURE,
    Fault.WRONG_CERTIFICATE: _FAILURE,
    Fault.EMPTY_SET: _FAILURE,
    Fault.WRONG_JSON: _FAILURE,
    Fault.MALFORMED_KEY: _HARMLESS,
    Fault.PRIVATE_KEY: _FAILURE,
    Fault.SYMMETRIC_KEY: _FAILURE,
    Fault.WEAK_KEY: _FAILURE,
    Fault.ENCRYPTION_KEY: _FAILURE,
    Fault.OTHER_ALGORITHM: _FAILURE,
    Fault.DUPLICATE_KID: _FAILURE,
    Fault.ROTATED: _HARMLESS,
    Fault.WITHDRAWN: Row(UNKNOWN, UNKNOWN, UNKNOWN),
    Fault.REPLACED: Row(BAD_SIGNATURE, BAD_SIGNATURE, BAD_SIGNATURE),
}
"""For a user pool, whose keys are one set at one address. What a load balancer's server of keys can
have as well does the same there, where each key has an address of its own."""
