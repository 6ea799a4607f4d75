"""The keys of what a store keeps."""

from __future__ import annotations

from hashlib import sha256

__all__ = ["LOCK", "MARK", "SESSION", "store_key"]

SESSION, MARK, LOCK = "session", "attempt", "lock"
"""What is kept: sessions, notes that a state was used, and who refreshes a session."""


def store_key(purpose: str, secret: str) -> str:
    """The key for what belongs to a state or to a session's id, neither of which can be told by
    it."""
    return f"{purpose}/{sha256(secret.encode('ascii')).hexdigest()}"
