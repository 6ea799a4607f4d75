"""What ``manage.py check`` says about sign-in."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from cognito_guard import ConfigurationError

from ..settings import NAME, current, read
from .configured import Login, read_login
from .places import NAMES, callback_near

__all__ = ["check_login"]

_OURS = "cognito_guard_django.middleware.CognitoMiddleware"
_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_CSRF = "django.middleware.csrf.CsrfViewMiddleware"
_BACKEND = "cognito_guard_django.backends.CognitoBackend"
_ONE_PROCESS = (
    "django.core.cache.backends.locmem.LocMemCache",
    "django.core.cache.backends.dummy.DummyCache",
)
_HINT = "The settings are described in cognito_guard's documentation, on the page about Django."


def check_login(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """E030 to E034, W030 to W032: sign-in, where the settings have any."""
    raw: Any = getattr(django_settings, NAME, None)
    settings, _ = read(raw)
    if settings is None or not settings.signs_in:
        return []
    with suppress(ConfigurationError):
        settings = current()  # the guard that get_guard() gives to others
    login, problems = read_login(raw, settings.guard)
    found: list[CheckMessage] = [
        Error(problem.sentence, hint=_HINT, id=f"cognito_guard.{problem.id}")
        for problem in problems
    ]
    if not settings.stateless:
        found += _of_users()
    found += [*_of_middleware(stateless=settings.stateless), *_of_cache(raw)]
    if getattr(django_settings, "ROOT_URLCONF", None):
        found += _of_urls(login)
    return found


def _of_urls(login: Login | None) -> list[CheckMessage]:
    try:
        paths = {name: reverse(name) for name in NAMES}
    except NoReverseMatch:
        return [
            Error(
                "ROOT_URLCONF: the URLs of sign-in are missing.",
                hint="Add path('auth/', include('cognito_guard_django.login.urls')).",
                id="cognito_guard.E032",
            )
        ]
    found: list[CheckMessage] = []
    wanted = "" if login is None else login.sessions.login.callback_path
    callback = callback_near(wanted) or paths["cognito_callback"]
    # What a server puts before all paths is known when a request comes, and looked at then.
    if wanted and not wanted.endswith(callback):
        found.append(
            Error(
                f"{NAME}['LOGIN_REDIRECT_URI']: its path is {wanted}, and the URL "
                f"'cognito_callback' is {callback}.",
                hint="Change one of them; the app client must allow the address, too.",
                id="cognito_guard.E032",
            )
        )
    if django_settings.LOGIN_URL not in ("cognito_login", paths["cognito_login"]):
        found.append(
            Warning(
                "LOGIN_URL: Django's login_required leads to another page than the sign-in.",
                hint="Set LOGIN_URL = 'cognito_login'.",
                id="cognito_guard.W031",
            )
        )
    return found


def _of_users() -> list[CheckMessage]:
    from ..backends import CognitoBackend

    for path in django_settings.AUTHENTICATION_BACKENDS:
        backend = import_string(path)
        if isinstance(backend, type) and issubclass(backend, CognitoBackend):
            return []
    return [
        Error(
            "AUTHENTICATION_BACKENDS: sign-in begins Django's sessions with CognitoBackend.",
            hint=f"Add {_BACKEND!r}.",
            id="cognito_guard.E034",
        )
    ]


def _of_middleware(*, stateless: bool) -> list[CheckMessage]:
    order = list(django_settings.MIDDLEWARE)
    found: list[CheckMessage] = []
    if _OURS not in order and not any(map(_is_ours, order)):
        text = "MIDDLEWARE: without CognitoMiddleware, signed-in users are not recognized."
        hint = f"Add {_OURS!r}, after AuthenticationMiddleware."
        found.append(Error(text, hint=hint, id="cognito_guard.E033"))
    if not stateless and _SESSIONS not in order:
        text = "MIDDLEWARE: sign-in begins Django's sessions, and SessionMiddleware is missing."
        found.append(Error(text, hint=f"Add {_SESSIONS!r}.", id="cognito_guard.E033"))
    if _CSRF not in order:
        found.append(
            Warning(
                "MIDDLEWARE: browsers send the cookie of a session by themselves, and Django's "
                "check of forms is missing.",
                hint=f"Add {_CSRF!r}.",
                id="cognito_guard.W030",
            )
        )
    return found


def _is_ours(path: str) -> bool:
    # By name: the middleware stands above this room. What a function makes is seen at the start.
    found = import_string(path)
    return not isinstance(found, type) or any(
        f"{one.__module__}.{one.__qualname__}" == _OURS for one in found.__mro__
    )


def _of_cache(raw: Any) -> list[CheckMessage]:
    own_store = "LOGIN" in raw or "LOGIN_STORE" in raw
    if own_store or django_settings.SESSION_ENGINE != "django.contrib.sessions.backends.cache":
        return []
    cache = django_settings.CACHES.get(django_settings.SESSION_CACHE_ALIAS, {})
    if cache.get("BACKEND") not in _ONE_PROCESS:
        return []
    return [
        Warning(
            "CACHES: the cache that keeps sessions belongs to one process, or keeps nothing; "
            "other processes would not know the sessions.",
            hint="Use a cache that all processes share, or the session engine cached_db.",
            id="cognito_guard.W032",
        )
    ]
