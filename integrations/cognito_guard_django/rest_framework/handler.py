"""What a view raises: ``enforce``, and the exception handler that keeps the challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import NotAuthenticated

import cognito_guard
from cognito_guard import AuthError, Challenge, Identity, KeysUnavailable, PolicyLike

from ..requests.refusal import challenge, copy_headers
from ..settings import current
from .authentication import identity_of, reads_tokens
from .refusals import Refused, refused

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response

__all__ = ["enforce", "exception_handler"]


def enforce(request: Request, policy: PolicyLike | None = None) -> Identity:
    """Return the caller if the policy accepts them. Use it in a view, an action, a serializer or a
    permission.

    ``policy`` is any callable that takes an ``Identity``. Without a policy, any caller with a valid
    token passes. Raises :class:`Refused`, which every exception handler understands: the refusal of
    the policy, or 401 ``missing_credentials`` for a request without a token.
    """
    try:
        identity = identity_of(request)
        if identity is None:
            raise current().guard.missing_credentials()
        if policy is not None:
            cognito_guard.enforce(policy, identity)
    except (AuthError, KeysUnavailable) as error:
        raise refused(request, error) from error
    return identity


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """The handler of Django REST framework, with all headers of a challenge. Set it as
    ``EXCEPTION_HANDLER``.

    The framework's own handler gives no reason for a missing credential.
    """
    # The framework imports this module while its views are being imported, for its settings.
    from rest_framework.views import exception_handler as inherited

    answer = _answer(exc, context)
    response = inherited(exc if answer is None else Refused(answer), context)
    if answer is not None and response is not None:
        response.data = answer.summary
        copy_headers(answer, response)
    return response


def _answer(exc: Exception, context: dict[str, Any]) -> Challenge | None:
    if isinstance(exc, Refused):
        return exc.challenge
    request = context.get("request")
    if isinstance(exc, AuthError | KeysUnavailable):
        return challenge(request, exc)
    # Unless another authentication class speaks first, and asks for something else.
    bearer = (getattr(exc, "auth_header", None) or "Bearer").startswith("Bearer")
    view = context.get("view")
    if isinstance(exc, NotAuthenticated) and bearer and view is not None and reads_tokens(view):
        return challenge(request, current().guard.missing_credentials())
    return None
