"""The app: ``INSTALLED_APPS += ["cognito_guard_django"]``."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

__all__ = ["CognitoGuardConfig"]


class CognitoGuardConfig(AppConfig):
    """Brings the model that remembers users, and the checks of ``manage.py check``."""

    name = "cognito_guard_django"
    verbose_name = "Cognito users"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks. The settings themselves are read when they are first needed."""
        from .checks import check_middleware, check_rest_framework, check_settings, check_users

        for check in (check_settings, check_middleware, check_users, check_rest_framework):
            checks.register(check, checks.Tags.security)
