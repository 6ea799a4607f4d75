"""What ``manage.py check`` says: each wrong setting with an id, its name and the fix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning

from .settings import NAME, Settings, read

__all__ = ["check_middleware", "check_rest_framework", "check_settings", "check_users"]

MIDDLEWARE = "cognito_guard_django.middleware.CognitoMiddleware"
BACKEND = "cognito_guard_django.backends.CognitoBackend"
AUTHENTICATION = "cognito_guard_django.rest_framework.CognitoAuthentication"
HANDLER = "cognito_guard_django.rest_framework.exception_handler"

DJANGO_SESSIONS = "django.contrib.auth.middleware.AuthenticationMiddleware"
DJANGO_CSRF = "django.middleware.csrf.CsrfViewMiddleware"
DRF_HANDLER = "rest_framework.views.exception_handler"


def check_settings(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """E001 to E011: the settings themselves."""
    _, problems = read(getattr(django_settings, NAME, None))
    hint = "The settings are described in cognito_guard's documentation, on the page about Django."
    return [
        Error(f"{problem}.", hint=hint, id=f"cognito_guard.{problem.id}") for problem in problems
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
    """E013, E014: whether there are users of the kind that the settings speak of."""
    from django.contrib.auth import get_user_model

    settings = _readable()
    if settings is None:
        return []
    if settings.stateless:
        if BACKEND not in django_settings.AUTHENTICATION_BACKENDS:
            return []
        text = "AUTHENTICATION_BACKENDS: CognitoBackend needs users that are stored."
        hint = f"Remove {BACKEND!r}, or set {NAME}['USERS'] to 'model'."
        return [Error(text, hint=hint, id="cognito_guard.E013")]
    model: Any = get_user_model()
    fields = {field.name for field in model._meta.get_fields()}
    needed = {
        "GROUPS": (settings.groups != {}, "groups"),
        "STAFF_GROUPS": (settings.staff_groups is not None, "is_staff"),
        "SUPERUSER_GROUPS": (settings.superuser_groups is not None, "is_superuser"),
    }
    return [
        Error(
            f"{NAME}[{name!r}]: the user model {model._meta.label} has no field {field!r}.",
            hint="Remove the setting, or add django.contrib.auth.models.PermissionsMixin (and "
            "is_staff) to the model.",
            id="cognito_guard.E014",
        )
        for name, (is_set, field) in needed.items()
        if is_set and field not in fields
    ]


def check_rest_framework(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """W002: Django REST framework would drop the challenge of a 403."""
    configured: dict[str, Any] = getattr(django_settings, "REST_FRAMEWORK", None) or {}
    classes = configured.get("DEFAULT_AUTHENTICATION_CLASSES", ())
    if AUTHENTICATION not in classes:
        return []
    if configured.get("EXCEPTION_HANDLER", DRF_HANDLER) != DRF_HANDLER:
        return []
    return [
        Warning(
            "REST_FRAMEWORK['EXCEPTION_HANDLER']: Django REST framework's own drops the "
            "WWW-Authenticate header of 403 answers.",
            hint=f"Set it to {HANDLER!r}, or let your own call that one.",
            id="cognito_guard.W002",
        )
    ]


def _readable() -> Settings | None:
    settings, _ = read(getattr(django_settings, NAME, None))
    return settings
