"""``login_session``: the session of a request, for what a view does in its user's name."""

from __future__ import annotations

from cognito_guard.login import LoginSession

from ..current import kept

__all__ = ["login_session"]


def login_session() -> LoginSession | None:
    """Return the session of the caller of this request: with ``identity``, ``access_token`` and
    ``profile``.

    Returns ``None`` for a caller without a session, as with a bearer token, and in views that are
    not protected.
    """
    known = kept()
    return known.login_session if known.by_session else None
