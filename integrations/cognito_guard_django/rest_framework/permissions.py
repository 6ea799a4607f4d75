"""The permissions: who has a token, and what it must grant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission, SingleOperandHolder
from rest_framework.request import ForcedAuthentication

from cognito_guard import (
    AuthError,
    ConfigurationError,
    MissingCredentials,
    Policy,
    PolicyLike,
    Reason,
    build_policy,
    enforce,
    require_acr,
    require_groups,
    require_mfa,
    require_recent_login,
    require_roles,
    require_scopes,
)

from ..requests.callers import attached
from ..requests.headers import is_preflight
from ..settings import current
from ..views.attributes import REQUIREMENTS, policy_of, refuse_misnamed
from .asking import Asked, Denial
from .authentication import asks_for_tokens, identity_of, reads_tokens
from .operators import Combines, CombinesClasses
from .refusals import Answered
from .structure import note_seen

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

__all__ = [
    "CognitoPermission",
    "HasAcr",
    "HasGroup",
    "HasMfa",
    "HasRecentLogin",
    "HasRole",
    "HasScope",
    "HasSession",
]


class _Permission(Asked, Combines, SingleOperandHolder, BasePermission, metaclass=CombinesClasses):
    """Instances and classes combine with ``&`` and ``|``; ``~`` is an error, since it would let in
    who has no token at all.

    An instance may stand where a class may, like the framework's own combinations, one of which it
    is to type checkers.
    """

    def __init__(self) -> None:
        """Nothing to hold."""

    def __call__(self) -> Any:
        """The framework calls what stands in ``permission_classes``; an instance is ready."""
        return self


class _Requirement(_Permission):
    """A permission with a policy.

    A CORS preflight gets an empty 204 where the framework would answer it, and not from a function
    or an action that lists ``OPTIONS`` among its methods.
    """

    reads: ClassVar[frozenset[str]] = frozenset()
    """The attributes of a view that it looks at."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        refuse_misnamed(cls)
        for name in REQUIREMENTS:
            if hasattr(cls, name):
                raise ConfigurationError(f"{name} belongs on the view, and not on {cls.__name__}")

    def denial(self, request: Request, view: Any) -> Denial | None:
        """Why not; ``None`` for a caller who may pass."""
        identity = identity_of(request)
        if identity is None:
            return _without_token(request, view)
        if self.reads:  # another permission, asked before, may have set it
            note_seen(view)
        try:
            enforce(self._policy(view), identity)
        except AuthError as error:
            return Denial(error)
        return None

    # No `abc`: REST framework's permissions have a metaclass of their own.
    def _policy(self, view: APIView) -> PolicyLike:
        raise NotImplementedError  # pragma: no cover


class _Named(_Requirement):
    """A permission for names: its own, or without any, those in an attribute of the view."""

    def __init__(self, *names: str, match: str = "all") -> None:
        self._own = self._require(*names, match=match) if names else None
        if names:
            self.reads = frozenset()  # type: ignore[misc]

    def _policy(self, view: APIView) -> PolicyLike:
        if self._own is not None:
            return self._own
        (attribute,) = self.reads
        names = getattr(view, attribute, None)
        if names is None:
            name = type(self).__name__
            raise ConfigurationError(f"{name} without names needs {attribute} on the view")
        return self._require(*([names] if isinstance(names, str) else names))

    # No `abc`, as above.
    def _require(self, *names: str, match: Any = "all") -> Policy:
        raise NotImplementedError  # pragma: no cover


class HasScope(_Named):
    """``HasScope("orders/read")``, or ``HasScope`` with ``required_scopes`` on the view."""

    reads = frozenset({"required_scopes"})

    def _require(self, *names: str, match: Any = "all") -> Policy:
        return require_scopes(*names, match=match)


class HasGroup(_Named):
    """``HasGroup("admins")``, or ``HasGroup`` with ``required_groups`` on the view."""

    reads = frozenset({"required_groups"})

    def _require(self, *names: str, match: Any = "all") -> Policy:
        return require_groups(*names, match=match)


class HasRole(_Named):
    """``HasRole("editor")``, or ``HasRole`` with ``required_roles`` on the view."""

    reads = frozenset({"required_roles"})

    def _require(self, *names: str, match: Any = "all") -> Policy:
        return require_roles(*names, match=match)


class _OfSignIn(_Requirement):
    """A permission with one value: its own, or without any, that of an attribute of the view."""

    _own: PolicyLike | None = None

    def _policy(self, view: APIView) -> PolicyLike:
        if self._own is not None:
            return self._own
        (attribute,) = self.reads
        value = getattr(view, attribute, None)
        if value is None or value is False:
            name = type(self).__name__
            raise ConfigurationError(f"{name} without a value needs {attribute} on the view")
        return build_policy(**{attribute.removeprefix("required_"): value})

    def _take(self, policy: Policy) -> None:
        self._own, self.reads = policy, frozenset()  # type: ignore[misc]


class HasAcr(_OfSignIn):
    """``HasAcr("urn:cognito:loa:2")``, or ``HasAcr`` with ``required_acr`` on the view. ``levels``
    as for ``require_acr``."""

    reads = frozenset({"required_acr"})

    def __init__(self, name: str | None = None, **levels: Any) -> None:
        if name is not None or levels:
            self._take(require_acr(name or "", **levels))


class HasMfa(_Requirement):
    """``HasMfa``, or ``HasMfa(acr_values=...)`` as for ``require_mfa``; for ``required_mfa`` on the
    view as well."""

    reads = frozenset({"required_mfa"})

    def __init__(self, **acr_values: Any) -> None:
        self._own = require_mfa(**acr_values)

    def _policy(self, view: APIView) -> PolicyLike:
        return self._own


class HasRecentLogin(_OfSignIn):
    """``HasRecentLogin(300)``, or ``HasRecentLogin`` with ``required_max_age`` on the view."""

    reads = frozenset({"required_max_age"})

    def __init__(self, max_age: int | None = None) -> None:
        if max_age is not None:
            self._take(require_recent_login(max_age))


class CognitoPermission(_Requirement):
    """Require a valid token, and everything that the view names: ``required_scopes``,
    ``required_groups``, ``required_roles``, each one name or a list, ``required_acr``,
    ``required_mfa``, ``required_max_age`` and ``required_policy``, if the view has them.
    """

    reads = frozenset(REQUIREMENTS)

    def _policy(self, view: APIView) -> PolicyLike:
        return policy_of(view)


class HasSession(_Permission):
    """Require a user with a Django session and without a token, by the framework's
    ``SessionAuthentication``, which checks the CSRF token:
    ``HasSession | HasScope("orders/read")``.

    A caller with a token does not pass, whatever session comes with it. In tests,
    ``force_authenticate(user)`` does.
    """

    def denial(self, request: Request, view: Any) -> Denial | None:
        """Why not; ``None`` for a user with a session."""
        by = request.successful_authenticator
        known = isinstance(by, SessionAuthentication | ForcedAuthentication)
        # Behind our middleware, session authentication finds the user of a token as well.
        no_token = request.auth is None and attached(request._request) is None
        if known and no_token and request.user.is_authenticated:
            return None
        _answer_preflight(request, view)
        return Denial()


def _without_token(request: Request, view: Any) -> Denial:
    _answer_preflight(request, view)
    if not hasattr(view, "get_authenticators"):
        return Denial()
    by = request.successful_authenticator
    if not by and asks_for_tokens(view, request):
        return Denial(current().guard.missing_credentials())
    if not by or not reads_tokens(view):
        return Denial()  # the framework knows whom it has asked for what
    detail = "This API reads rights from a token, and the caller is signed in without one."
    if isinstance(by, ForcedAuthentication):
        detail += " In tests: force_authenticate(user, token=identity)."
    return Denial(MissingCredentials(Reason.MISSING_CREDENTIALS, detail))


def _answer_preflight(request: Request, view: Any) -> None:
    """End a preflight, where ``OPTIONS`` is the framework's own affair.

    Asked about another method than ``OPTIONS``, it is none any more: the framework asks so to
    describe a view.
    """
    if request.method != "OPTIONS" or not is_preflight(request._request):
        return
    # The framework imports this module while its views are being imported, for its settings.
    from rest_framework import metadata, views

    method = getattr(getattr(view, "options", None), "__func__", None)
    described = getattr(view, "metadata_class", None)
    if method is views.APIView.options and described in (None, metadata.SimpleMetadata):
        raise Answered
