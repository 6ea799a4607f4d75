"""How strong sign-ins are, as Cognito tells it in ``acr`` and ``amr``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["HIGHEST", "claims_of", "reached"]

# Amazon Cognito developer guide: a password; a code by SMS or e-mail; a password with such a code;
# a password with a TOTP.
_METHODS = {
    1: ["pwd"],
    2: ["email_otp"],
    3: ["pwd", "sms", "mfa"],
    4: ["pwd", "otp", "mfa"],
}

HIGHEST = max(_METHODS)


def claims_of(level: int, names: Sequence[str]) -> dict[str, Any]:
    """The claims of a sign-in at a level, 1 to 4. Raises ``ValueError``."""
    if level not in _METHODS:
        raise ValueError(f"level is 1 to {HIGHEST}")
    return {"acr": names[level - 1], "amr": _METHODS[level]}


def reached(asked: Sequence[str], names: Sequence[str], most: int) -> int:
    """The level of a sign-in of a user who can do ``most``: the first one that is asked for and
    that the user can do, or else the lowest, as ``acr_values`` is a wish."""
    levels = (names.index(name) + 1 for name in asked if name in names)
    return next((level for level in levels if level <= most), 1)
