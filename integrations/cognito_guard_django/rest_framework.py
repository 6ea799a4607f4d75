"""Django REST framework: ``CognitoAuthentication``, permissions, and an exception handler that
keeps the challenge. Works with and without ``CognitoMiddleware``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission, BasePermissionMetaclass, SingleOperandHolder

from cognito_guard import (
    AuthError,
    Challenge,
    ConfigurationError,
    Identity,
    KeysUnavailable,
    Policy,
    PolicyLike,
    build_policy,
    enforce,
    require_groups,
    require_roles,
    require_scopes,
)

from .callers import attached, identify
from .requests import is_preflight
from .settings import current

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.response import Response
    from rest_framework.views import APIView

__all__ = [
    "CognitoAuthentication",
    "CognitoPermission",
    "HasGroup",
    "HasRole",
    "HasScope",
    "Refused",
    "exception_handler",
]


class Refused(APIException):
    """A refusal in the shape of Django REST framework: ``detail``, ``reason`` and ``error``.

    ``challenge`` is the whole answer. It is none of the framework's ``AuthenticationFailed``, which
    takes its header from whatever authentication class comes first.
    """

    def __init__(self, answer: Challenge) -> None:
        self.challenge = answer
        self.status_code = answer.status
        headers = dict(answer.headers)
        # What the framework's own exception handler makes headers of.
        self.auth_header = headers.get("WWW-Authenticate")
        self.wait = int(headers["Retry-After"]) if "Retry-After" in headers else None
        # Plain values: the framework would turn an error code that is None into a text.
        self.detail: Any = {name: answer.problem[name] for name in ("detail", "reason", "error")}


class CognitoAuthentication(BaseAuthentication):
    """``request.user`` is the user and ``request.auth`` the :class:`cognito_guard.Identity`.

    A request without a credential is left to other authentication classes; one that is there and
    bad is refused, and keys that cannot be had are a 503. What a browser sends by itself, such as a
    cookie, needs the CSRF token.
    """

    def authenticate(self, request: Request) -> tuple[Any, Identity] | None:
        """The user and the identity; ``None`` without a credential. Raises :class:`Refused`."""
        settings = current()
        caller = attached(request._request)
        if caller is None:
            try:
                caller = identify(request._request, settings)
            except (AuthError, KeysUnavailable) as error:
                raise Refused(settings.guard.challenge(error)) from error
            if caller is None:
                return None
        if caller.ambient:
            _enforce_csrf(request)
        return caller.user, caller.identity

    def authenticate_header(self, request: Request) -> str:
        """The challenge to a caller without a credential."""
        return dict(_missing().headers)["WWW-Authenticate"]


class _NotNegated(BasePermissionMetaclass):
    """Keeps classes, too, from ``~``."""

    def __invert__(self) -> NoReturn:
        _refuse_negation(self.__name__)


class _Requirement(SingleOperandHolder, BasePermission, metaclass=_NotNegated):
    """A permission with a policy. Instances and classes combine with ``&`` and ``|``; ``~`` is an
    error, since it would let in who has no token at all.

    An instance may stand where a class may, like the framework's own combinations, one of which it
    is to type checkers. The framework wants nothing but ``False`` from who says no. The reason is
    left on the request, for :func:`exception_handler`.
    """

    def __init__(self) -> None:
        """Nothing to hold."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the caller has what is required.

        A CORS preflight passes where the framework answers it, and not a function or an action
        that lists ``OPTIONS`` among its methods.
        """
        identity = request.auth
        if not isinstance(identity, Identity):
            # Asked about another method than OPTIONS, this is no preflight any more: the framework
            # asks so to describe a view.
            return (
                request.method == "OPTIONS"
                and is_preflight(request._request)
                and _framework_answers(view)
            )
        try:
            enforce(self._policy(view), identity)
        except AuthError as error:
            request._request._cognito_guard_refusal = error  # type: ignore[attr-defined]
            return False
        return True

    def __invert__(self) -> NoReturn:
        _refuse_negation(type(self).__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """The framework calls what stands in ``permission_classes``; an instance is ready."""
        return self

    # No `abc`: REST framework's permissions have a metaclass of their own.
    def _policy(self, view: APIView) -> PolicyLike:
        raise NotImplementedError  # pragma: no cover


def _refuse_negation(name: str) -> NoReturn:
    raise ConfigurationError(f"~{name} would let in callers without a token")


class _Named(_Requirement):
    """A permission for names: its own, or without any, those in an attribute of the view."""

    attribute: ClassVar[str]

    def __init__(self, *names: str, match: str = "all") -> None:
        self._own = self._require(*names, match=match) if names else None

    def _policy(self, view: APIView) -> PolicyLike:
        if self._own is not None:
            return self._own
        names = getattr(view, self.attribute, None)
        if names is None:
            name = type(self).__name__
            raise ConfigurationError(f"{name} without names needs {self.attribute} on the view")
        return self._require(*([names] if isinstance(names, str) else names))

    def _require(self, *names: str, match: Any = "all") -> Policy:
        raise NotImplementedError  # pragma: no cover


class HasScope(_Named):
    """``HasScope("orders/read")``, or ``HasScope`` with ``required_scopes`` on the view."""

    attribute = "required_scopes"

    def _require(self, *names: str, match: Any = "all") -> Policy:
        return require_scopes(*names, match=match)


class HasGroup(_Named):
    """``HasGroup("admins")``, or ``HasGroup`` with ``required_groups`` on the view."""

    attribute = "required_groups"

    def _require(self, *names: str, match: Any = "all") -> Policy:
        return require_groups(*names, match=match)


class HasRole(_Named):
    """``HasRole("editor")``, or ``HasRole`` with ``required_roles`` on the view."""

    attribute = "required_roles"

    def _require(self, *names: str, match: Any = "all") -> Policy:
        return require_roles(*names, match=match)


class CognitoPermission(_Requirement):
    """A caller with a good token, who has all that the view names: ``required_scopes``,
    ``required_groups``, ``required_roles``, each one name or a list, where the view has them.
    """

    def _policy(self, view: APIView) -> PolicyLike:
        def named(attribute: str) -> str | Iterable[str] | None:
            found: str | Iterable[str] | None = getattr(view, attribute, None)
            return found

        return build_policy(
            groups=named("required_groups"),
            scopes=named("required_scopes"),
            roles=named("required_roles"),
        )


def _framework_answers(view: APIView) -> bool:
    """Whether ``OPTIONS`` runs the framework's own method, and nothing of the view."""
    # The framework imports this module while its views are being imported, for its settings.
    from rest_framework import views

    method = getattr(getattr(view, "options", None), "__func__", None)
    return method is views.APIView.options


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Django REST framework's, with all headers of a challenge: for ``EXCEPTION_HANDLER``.

    The framework knows no challenge for 403, and no reason for a missing credential.
    """
    # The framework imports this module while its views are being imported, for its settings.
    from rest_framework.views import exception_handler as inherited

    answer = _answer(exc, context)
    response = inherited(exc if answer is None else Refused(answer), context)
    if answer is not None and response is not None:
        for name, value in answer.headers:
            response[name] = value
    return response


def _answer(exc: Exception, context: dict[str, Any]) -> Challenge | None:
    request: Any = context.get("request")
    if isinstance(exc, Refused):
        return exc.challenge
    if isinstance(exc, NotAuthenticated):
        # Unless another authentication class speaks first, and asks for something else.
        header = getattr(exc, "auth_header", None) or "Bearer"
        ours = any(isinstance(one, CognitoAuthentication) for one in request.authenticators)
        return _missing() if ours and header.startswith("Bearer") else None
    if isinstance(exc, PermissionDenied) and isinstance(getattr(request, "auth", None), Identity):
        return _denied(request, context["view"])
    return None


def _denied(request: Any, view: APIView) -> Challenge | None:
    """Asks the permissions once more which of them says no; a view may refuse for itself, too.

    One that says no with an error has said it before, and that error is being answered.
    """
    http_request = request._request
    try:
        for permission in view.get_permissions():
            http_request._cognito_guard_refusal = None
            if not permission.has_permission(request, view):
                error: AuthError | None = http_request._cognito_guard_refusal
                return None if error is None else current().guard.challenge(error)
    except (APIException, Http404, DjangoPermissionDenied):
        return None
    return None


def _missing() -> Challenge:
    guard = current().guard
    return guard.challenge(guard.missing_credentials())


def _enforce_csrf(request: Request) -> None:
    """As the framework's ``SessionAuthentication`` does: its views are exempt from the middleware's
    check."""
    check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request._request)
    reason = check.process_view(request._request, None, (), {})  # type: ignore[arg-type]
    if reason:
        raise PermissionDenied(f"CSRF Failed: {reason}")
