"""The app: ``INSTALLED_APPS += ["cognito_guard_django"]``."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.core import checks

__all__ = ["CognitoGuardConfig"]


class CognitoGuardConfig(AppConfig):
    """Brings the model that remembers users, and the checks of ``manage.py check``."""

    name = "cognito_guard_django"
    verbose_name = "Cognito users"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Make checks and the OpenAPI scheme known. Settings are read when first needed."""
        from .checks import (
            check_middleware,
            check_rest_framework,
            check_settings,
            check_user_model,
            check_users,
        )
        from .login.checks import check_login
        from .login.signals import connect
        from .view_checks import check_views

        for check in (
            check_settings,
            check_middleware,
            check_users,
            check_user_model,
            check_rest_framework,
            check_views,
            check_login,
        ):
            checks.register(check, checks.Tags.security)
        if apps.is_installed("django.contrib.auth"):
            connect()
        if apps.is_installed("drf_spectacular"):
            from . import openapi  # noqa: F401  # makes itself known by being imported
