"""What ``manage.py check`` says: each wrong setting with an id, its name and the fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning

from .settings import NAME, Settings, read
from .users.fitting import lacking
from .users.profile import clashes, email_field, is_text, missing, not_taken

__all__ = [
    "check_middleware",
    "check_rest_framework",
    "check_settings",
    "check_user_model",
    "check_users",
]

MIDDLEWARE = "cognito_guard_django.middleware.CognitoMiddleware"
BACKEND = "cognito_guard_django.backends.CognitoBackend"
AUTHENTICATION = "cognito_guard_django.rest_framework.CognitoAuthentication"
HANDLER = "cognito_guard_django.rest_framework.exception_handler"

DJANGO_SESSIONS = "django.contrib.auth.middleware.AuthenticationMiddleware"
DJANGO_CSRF = "django.middleware.csrf.CsrfViewMiddleware"
DRF_HANDLER = "rest_framework.views.exception_handler"


def check_settings(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """E001 to E011, E015: the settings themselves."""
    _, problems = read(getattr(django_settings, NAME, None))
    hint = "The settings are described in cognito_guard's documentation, on the page about Django."
    return [
        Error(problem.sentence, hint=hint, id=f"cognito_guard.{problem.id}") for problem in problems
    ]


def check_middleware(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """E012, W001: the middleware among the others."""
    found: list[CheckMessage] = []
    order: Sequence[str] = list(django_settings.MIDDLEWARE)
    if MIDDLEWARE in order and DJANGO_SESSIONS in order[order.index(MIDDLEWARE) :]:
        found.append(
            Error(
                "MIDDLEWARE: CognitoMiddleware comes before Django's AuthenticationMiddleware, "
                "which would put the session's user in the place of the token's.",
                hint=f"Move {MIDDLEWARE!r} after {DJANGO_SESSIONS!r}.",
                id="cognito_guard.E012",
            )
        )
    settings = _readable()
    if settings is not None and MIDDLEWARE in order and DJANGO_CSRF not in order:
        ambient = any(carrier.ambient for carrier in settings.guard.carriers)
        if ambient:
            found.append(
                Warning(
                    "MIDDLEWARE: browsers send the cookie that says who is calling by themselves, "
                    "and nothing protects against forged requests.",
                    hint=f"Add {DJANGO_CSRF!r}.",
                    id="cognito_guard.W001",
                )
            )
    return found


def check_users(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """E013, E014, E024: whether there are users of the kind that the settings speak of, and in the
    same database as who is who."""
    from .users.databases import apart

    settings = _readable()
    if settings is None:
        return []
    if settings.stateless:
        if BACKEND not in django_settings.AUTHENTICATION_BACKENDS:
            return []
        text = "AUTHENTICATION_BACKENDS: CognitoBackend needs users that are stored."
        hint = f"Remove {BACKEND!r}, or set {NAME}['USERS'] to 'model'."
        return [Error(text, hint=hint, id="cognito_guard.E013")]
    hint = (
        "Remove the setting, or add django.contrib.auth.models.PermissionsMixin (and is_staff) to "
        "the model."
    )
    found: list[CheckMessage] = [
        Error(problem.sentence, hint=hint, id=f"cognito_guard.{problem.id}")
        for problem in lacking(settings)
    ]
    if not found and (problem := apart(with_groups=settings.groups != {})) is not None:
        hint = "Let your router send the apps 'cognito_guard_django' and of users to one database."
        found.append(Error(f"DATABASE_ROUTERS: {problem}.", hint=hint, id="cognito_guard.E024"))
    return found


def check_user_model(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """E020, E022, E023, W020, W021: whether users can be made from what tokens say."""
    from django.contrib.auth import get_user_model

    settings = _readable()
    if settings is None or settings.stateless:
        return []
    model: Any = get_user_model()
    if not hasattr(model, "USERNAME_FIELD"):
        return []  # Django has its own word for that
    found: list[CheckMessage] = [
        Error(
            f"AUTH_USER_MODEL: {model._meta.label}.save does not take {name!r}, which users are "
            "stored with.",
            hint="Take what Django's save takes: def save(self, *args, **kwargs), and hand it on.",
            id="cognito_guard.E023",
        )
        for name in not_taken(model)
    ]
    if settings.user_hook is not None:
        return found
    hint = f"Let a function set it, and name that function in {NAME}['USER_HOOK']."
    found += [
        Error(
            f"AUTH_USER_MODEL: no token says what {model._meta.label}.{name} is, and no user can "
            "be stored without it.",
            hint=f"{hint} Or give the field a default, or let it be NULL.",
            id="cognito_guard.E020",
        )
        for name in missing(model)
    ]
    found += [
        Warning(
            f"AUTH_USER_MODEL: no two users of {model._meta.label} may have the same "
            f"{' and '.join(names)}, and no token sees to that: the second one is refused.",
            hint=f"{hint} Or take the constraint away.",
            id="cognito_guard.W021",
        )
        for names in clashes(model)
    ]
    name = model.USERNAME_FIELD
    if not is_text(model):
        text = f"AUTH_USER_MODEL: {model._meta.label}.{name} is no text, as a caller's name is."
        return [*found, Error(text, hint=hint, id="cognito_guard.E022")]
    raw: dict[str, Any] = getattr(django_settings, NAME)
    email = email_field(model)
    only_access = "GUARD" not in raw and raw.get("TOKEN_USE", "access") == "access"
    if email is not None and email.name == name and only_access:
        found.append(
            Warning(
                f"AUTH_USER_MODEL: {model._meta.label} names users by their e-mail addresses, and "
                "access tokens carry none: users get addresses that end in '.invalid'.",
                hint=f"Set {NAME}['TOKEN_USE'] to 'any' and send an ID token once. {hint}",
                id="cognito_guard.W020",
            )
        )
    return found


def check_rest_framework(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """W002: Django REST framework would not say that a credential is missing."""
    configured: dict[str, Any] = getattr(django_settings, "REST_FRAMEWORK", None) or {}
    classes = configured.get("DEFAULT_AUTHENTICATION_CLASSES", ())
    if AUTHENTICATION not in classes:
        return []
    if configured.get("EXCEPTION_HANDLER", DRF_HANDLER) != DRF_HANDLER:
        return []
    return [
        Warning(
            "REST_FRAMEWORK['EXCEPTION_HANDLER']: Django REST framework's own knows no reason of a "
            "missing credential, and gives such an answer no Cache-Control.",
            hint=f"Set it to {HANDLER!r}, or let your own call that one.",
            id="cognito_guard.W002",
        )
    ]


def _readable() -> Settings | None:
    settings, _ = read(getattr(django_settings, NAME, None))
    return settings
