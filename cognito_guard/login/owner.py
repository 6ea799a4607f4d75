"""Whose data a framework keeps for a browser, beside the session of sign-in."""

from __future__ import annotations

from collections.abc import MutableMapping
from hashlib import sha256
from typing import Any

__all__ = ["hand_over"]

_OWNER = "_cognito_user"


def hand_over(data: MutableMapping[str, Any], user: str | None) -> bool:
    """Let ``data`` be of this user; ``None`` for nobody. Whether it was somebody else's, and so is
    gone.

    What is there before anybody has signed in, such as a cart, is of whoever signs in next.
    """
    owner = data.get(_OWNER)
    now = None if user is None else sha256(user.encode("utf-8")).hexdigest()
    if owner == now:
        return False
    if owner is not None:
        data.clear()
    if now is not None:
        data[_OWNER] = now
    return owner is not None
