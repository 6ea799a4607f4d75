"""What a store of sessions holds under Django's session framework: keys and values as text."""

from __future__ import annotations

import hashlib

__all__ = ["entry_key", "entry_text", "entry_value"]

_LENGTH = 40  # of ``django_session.session_key``


def entry_key(key: str) -> str:
    """The 40 hexadecimal digits for a key of the engine.

    ``key`` names a session and its lock by the same digest, so the whole of it is hashed anew.
    """
    return hashlib.sha256(f"cognito_guard.login {key}".encode()).hexdigest()[:_LENGTH]


def entry_text(value: bytes) -> str:
    """A value as text, which a database compares exactly, whatever its collation folds."""
    return value.hex()


def entry_value(text: object) -> bytes | None:
    """The value again; ``None`` for a text that is none of ours."""
    try:
        return bytes.fromhex(text) if isinstance(text, str) else None
    except ValueError:
        return None
