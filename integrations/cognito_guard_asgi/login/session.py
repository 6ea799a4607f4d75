"""``login_session``: the session of a request, for what an endpoint does in its user's name."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from cognito_guard.login import LoginSession

from ..signed_in import look_of

__all__ = ["login_session"]


def login_session(connection: HTTPConnection) -> LoginSession | None:
    """Return the session of the caller of a ``Request`` or ``WebSocket``: with ``identity``,
    ``access_token`` and ``profile``.

    Returns ``None`` for a caller without a session, as with a bearer token, and on exempt paths.
    """
    look = look_of(connection.scope)
    return None if look is None else look.session
