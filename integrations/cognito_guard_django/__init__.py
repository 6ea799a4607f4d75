"""cognito_guard for Django: middleware, users, decorators, system checks, Django REST framework,
WebSockets.

Nothing of it is imported here, as Django imports this package before its apps are ready. The rooms
are ``.middleware``, ``.decorators``, ``.mixins``, ``.backends``, ``.stateless``,
``.rest_framework``, ``.channels``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cognito_guard import Guard, Identity, PolicyLike

__all__ = ["enforce", "get_guard"]


def get_guard() -> Guard:
    """Return the guard that ``COGNITO_GUARD`` in the settings describes. Raises
    ``ConfigurationError``.
    """
    from .settings import current

    return current().guard


def enforce(request: Any, policy: PolicyLike | None = None) -> Identity:
    """Return the caller, if there is one and the policy accepts them. Use it inside a view.

    ``request`` may also be the scope of a WebSocket. Raises ``MissingCredentials``, or the policy's
    ``AccessDenied`` or ``LoginTooOld``. :class:`~cognito_guard_django.middleware.CognitoMiddleware`
    turns these into the refusal. Without the middleware, raises ``ConfigurationError``.
    """
    import cognito_guard

    from .requests.callers import verdict_or_error

    caller = verdict_or_error(request).caller
    del request  # a scope has the token, and a report of an error shows what is in variables
    if caller is None:
        raise get_guard().missing_credentials()
    if policy is not None:
        cognito_guard.enforce(policy, caller.identity)
    return caller.identity
