"""``CognitoAuthentication``, and whose word counts about who is calling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import ForcedAuthentication

from cognito_guard import AuthError, Identity, KeysUnavailable

from ..requests.caches import tell_caches
from ..requests.callers import FOUND, Caller, attached, identify
from ..requests.csrf import forgery
from ..requests.refusal import challenge
from ..settings import current
from .refusals import refused
from .structure import look_after

if TYPE_CHECKING:
    from rest_framework.request import Request

__all__ = ["CognitoAuthentication", "asks_for_tokens", "caller_of", "identity_of", "reads_tokens"]

tell_caches()


class CognitoAuthentication(BaseAuthentication):
    """Set ``request.user`` to the user and ``request.auth`` to the :class:`cognito_guard.Identity`.

    A request without a credential is left to other authentication classes. An invalid credential is
    refused. While no keys are available, the answer is 503. A credential that a browser sends by
    itself, such as a cookie, needs the CSRF token. Raises ``ConfigurationError`` for a view whose
    permissions or attributes may accept more callers than they seem to.
    """

    def authenticate(self, request: Request) -> tuple[Any, Identity] | None:
        """Return the user and the identity, or ``None`` without a credential. Raises
        :class:`Refused`.
        """
        look_after(request.parser_context.get("view"))
        caller = caller_of(request)
        if caller is None:
            try:
                caller = identify(request._request, current())
            except (AuthError, KeysUnavailable) as error:
                raise refused(request, error) from error
            setattr(request._request, FOUND, caller)
            if caller is None:
                return None
        _enforce_csrf(request, caller)
        return caller.user, caller.identity

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge for a caller without a credential."""
        answer = challenge(request, current().guard.missing_credentials())
        return dict(answer.headers)["WWW-Authenticate"]


def identity_of(request: Request) -> Identity | None:
    """Who is calling, as far as a guard of ours has verified it. What somebody else has put into
    ``request.auth`` is nobody's word, but for that of a test with ``force_authenticate``."""
    if isinstance(request.successful_authenticator, ForcedAuthentication):
        return request.auth if isinstance(request.auth, Identity) else None
    caller = caller_of(request)
    if caller is None or not request.successful_authenticator:
        return None
    # The framework's session authentication gives the user that our middleware has found, and no
    # identity.
    if request.auth is caller.identity or (request.auth is None and request.user is caller.user):
        _enforce_csrf(request, caller)
        return caller.identity
    return None


def reads_tokens(view: Any) -> bool:
    """Whether a caller of this view may be known by a token."""
    return any(isinstance(one, CognitoAuthentication) for one in view.get_authenticators())


def asks_for_tokens(view: Any, request: Request) -> bool:
    """Whether it is a token that this view asks an unknown caller for: the framework lets its first
    authentication class speak, and some have nothing to say."""
    if not reads_tokens(view):
        return False
    first = view.get_authenticators()[0]
    return isinstance(first, CognitoAuthentication) or not first.authenticate_header(request)


def caller_of(request: Request) -> Caller | None:
    """Whom a guard of ours has found: the middleware, or an authentication class before."""
    found: Caller | None = getattr(request._request, FOUND, None)
    return attached(request._request) if found is None else found


def _enforce_csrf(request: Request, caller: Caller) -> None:
    """The framework's views are exempt from Django's own check."""
    reason = forgery(request._request) if caller.ambient else None
    if reason is not None:
        raise PermissionDenied(f"CSRF Failed: {reason}")
