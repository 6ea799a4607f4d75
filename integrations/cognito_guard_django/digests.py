"""One text for a caller, the same on every database and in every cache."""

from __future__ import annotations

import hashlib

__all__ = ["caller_digest"]


def caller_digest(issuer: str, subject: str) -> str:
    """64 lower-case hexadecimal digits (SHA-256) for a caller.

    A database may take two subjects for one, where its collation folds case, accents or trailing
    spaces. It takes no two of these for one. ``issuer`` is an address and holds no line break, so
    two callers never share the text that is hashed.
    """
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()
