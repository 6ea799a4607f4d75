"""LocalUser: who can sign in to a local user pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["LocalUser"]


@dataclass(frozen=True)
class LocalUser:
    """A user of a local pool, and what is known of her or him.

    ``groups`` are in both kinds of token. ``role`` (``custom:role``), ``email`` and the further
    ``claims``, such as ``{"name": "Ada Lovelace"}``, are in ID tokens and user info.
    """

    username: str
    groups: Sequence[str] = ()
    role: str | None = None
    email: str | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
