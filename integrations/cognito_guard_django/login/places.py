"""Where the routes of sign-in are, in the urlconf of a request."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.conf import settings as django_settings
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils import translation

from cognito_guard import ConfigurationError

from ..requests.callers import verdict_of
from .configured import Login

__all__ = [
    "NAMES",
    "ROUTE",
    "callback_near",
    "is_of_login",
    "is_route",
    "require_callback",
    "sign_in_path",
    "to_sign_in",
]

NAMES = ("cognito_login", "cognito_callback", "cognito_logout")
ROUTE = "_cognito_guard_route"
"""What our views have, and what is wrapped around them as Django does."""


def is_of_login(request: Any) -> bool:
    """Whether a request is for one of our routes, which look at sessions themselves. Another view
    may stand in the place: see :func:`is_route`."""
    urlconf = getattr(request, "urlconf", None)
    path = get_script_prefix().rstrip("/") + request.path_info
    with _language_of(request.path_info, urlconf):
        return any(_path(name, urlconf) == path for name in NAMES)


def is_route(view: object) -> bool:
    """Whether a view is one of our routes."""
    return getattr(view, ROUTE, False) is True


def sign_in_path(request: Any = None) -> str:
    """The path that begins a sign-in. Raises ``ConfigurationError`` where the urlconf has none."""
    path = _path("cognito_login", getattr(request, "urlconf", None))
    if path is None:
        raise ConfigurationError(
            "the URLs of sign-in are missing; add to urlpatterns: "
            "path('auth/', include('cognito_guard_django.login.urls'))"
        )
    return path


def to_sign_in(request: Any, page: str, **step_up: Any) -> str:
    """The path that leads through a sign-in to a page. ``step_up``: as ``sign_in_address`` has it,
    for whoever is signed in. Raises ``ConfigurationError`` for a request that nobody has looked at:
    whoever came back would be led away again, for ever."""
    from cognito_guard.login import sign_in_address  # loaded where there is sign-in

    verdict = verdict_of(request)
    if verdict is not None and verdict.exempt_at is not None:
        raise ConfigurationError(
            "a page that needs a sign-in is at a path in EXEMPT, where sessions are not read; take "
            "the path out of EXEMPT"
        )
    return sign_in_address(sign_in_path(request), page, **step_up)


def require_callback(login: Login, request: Any) -> None:
    """Raise ``ConfigurationError`` where browsers would come back to another page."""
    wanted = login.sessions.login.callback_path
    path = callback_near(wanted, getattr(request, "urlconf", None))
    if path != wanted:
        raise ConfigurationError(
            f"LOGIN_REDIRECT_URI leads to {wanted}, and the URL 'cognito_callback' is {path}"
        )


def callback_near(wanted: str, urlconf: Any = None) -> str | None:
    """The path of the callback, in the language of the one that is wanted; ``None`` for none."""
    inside = f"/{wanted.removeprefix(get_script_prefix())}"
    with _language_of(inside, urlconf):
        return _path("cognito_callback", urlconf)


def _language_of(path: str, urlconf: Any) -> Any:
    """Within this, URLs are those of the language that a path begins with, as they are when the
    path is looked up. Whoever signs in comes back in one language, whichever the site is read in.
    """
    if not django_settings.USE_I18N:
        return nullcontext()
    if not is_language_prefix_patterns_used(urlconf or django_settings.ROOT_URLCONF)[0]:
        return nullcontext()
    language = translation.get_language_from_path(path)
    return translation.override(language or django_settings.LANGUAGE_CODE)


def _path(name: str, urlconf: Any) -> str | None:
    try:
        return reverse(name, urlconf=urlconf)
    except NoReverseMatch:
        return None
