"""What is logged of sessions besides refusals. As permanent as the reasons of refusals."""

from __future__ import annotations

__all__ = [
    "REFRESH_FAILED",
    "REFRESH_REFUSED",
    "REVOCATION_FAILED",
    "SESSIONS_AVAILABLE_AGAIN",
    "SESSION_NOT_REVOKED",
    "SESSION_REVOKED",
    "SESSION_UNKNOWN",
    "SESSION_UNREADABLE",
    "TOUCH_FAILED",
]

REFRESH_FAILED = "refresh_failed"
"""The session goes on with what it has."""

REFRESH_REFUSED = "refresh_refused"
"""The pool gives no tokens for this session any more, so it is over."""

REVOCATION_FAILED = "revocation_failed"
"""The user is signed out here, and the refresh token, which nobody holds, is still good."""

SESSIONS_AVAILABLE_AGAIN = "sessions_available_again"
"""The store of sessions does again what had failed (``sessions_unavailable``)."""

SESSION_NOT_REVOKED = "session_not_revoked"
"""The user is signed out here, and the guard's list has no entry: who has the access token may go
on until it expires."""

SESSION_REVOKED = "session_revoked"
"""The guard says that the access token was revoked, so the session is over."""

SESSION_UNKNOWN = "session_unknown"
"""A ``MemorySessionStore`` does not have a session; said once, for it may have several workers."""

SESSION_UNREADABLE = "session_unreadable"
"""A record does not open: this process does not have its secret, or somebody has changed it."""

TOUCH_FAILED = "touch_failed"
"""The store took no sign of life. The session goes on, and is over the sooner."""
