"""The admin's app: ``"cognito_guard_django.login.apps.CognitoAdminConfig"`` in the place of
``"django.contrib.admin"`` in ``INSTALLED_APPS``.
"""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig

__all__ = ["CognitoAdminConfig"]


class CognitoAdminConfig(AdminConfig):
    """Django's admin, whose ``admin.site`` signs users in through the pool."""

    default = False
    default_site = "cognito_guard_django.login.admin.CognitoAdminSite"
