"""``require_live_user``: views whose caller must still be signed in. Cognito is asked."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, request

from cognito_guard import CognitoGuardError, ConfigurationError
from cognito_guard.aws import LiveCaller, LiveUsers, User

from .current import header_values, kept
from .extension import CognitoGuard
from .needs import Guarding
from .preflight import preflight_answer
from .views import V, before, decorates

__all__ = ["live_user", "require_live_user"]


def require_live_user(cognito: CognitoGuard, live: LiveUsers) -> Callable[[V], V]:
    """Protect a view: the caller must still be signed in, as ``live`` finds out at Cognito.

    Works for everything that ``required`` works for. Use it alone if nothing else is required.
    Otherwise put ``required`` above it. It uses the access token of the request, or of the
    signed-in user's session. A refusal is a :class:`~cognito_guard_flask.Refusal`: 401 ``revoked``,
    403 for a token without the scope, 503 if Cognito cannot be reached. Raises
    ``ConfigurationError``.
    """
    _check_arguments(cognito, live)

    def check() -> Response | None:
        if kept().is_preflight:
            return preflight_answer()
        live_user(cognito, live)
        return None

    return before(check, Guarding(cognito))


def live_user(cognito: CognitoGuard, live: LiveUsers) -> User:
    """Return the user, as Cognito knows them. Does the same as ``require_live_user``, inside a
    view.
    """
    _check_arguments(cognito, live)
    identity = cognito.enforce()
    guard = cognito._guard_of_app()
    known = kept()
    session = known.login_session if known.by_session else None
    caller = LiveCaller(guard, header_values(request.environ), identity, session)
    del session
    try:
        return caller.check(live)
    except CognitoGuardError as error:
        raise cognito._refusal(guard, error) from error


def _check_arguments(cognito: object, live: object) -> None:
    if not isinstance(cognito, CognitoGuard) or not isinstance(live, LiveUsers):
        raise ConfigurationError("require_live_user() takes a CognitoGuard and a LiveUsers")


decorates(require_live_user)
