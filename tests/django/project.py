"""The Django project of these tests. Django takes one for a process, so all share it."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import django
import pymysql
from django.conf import settings

_folder = tempfile.TemporaryDirectory(prefix="cognito-guard-", ignore_cleanup_errors=True)

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cognito_guard_django.middleware.CognitoMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]


class ChosenDatabase:
    """Sends everything to the database that a test has chosen."""

    alias = "default"

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self.alias

    def db_for_write(self, model: Any, **hints: Any) -> str:
        return self.alias


chosen = ChosenDatabase()


def set_up() -> None:
    """Start Django, once."""
    if settings.configured:
        return
    pymysql.install_as_MySQLdb()  # Django's name for its driver, which would need a compiler
    settings.configure(
        ALLOWED_HOSTS=["testserver"],
        AUTHENTICATION_BACKENDS=[
            "cognito_guard_django.backends.CognitoBackend",
            "django.contrib.auth.backends.ModelBackend",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"{_folder.name}/db.sqlite3",
                "OPTIONS": {"timeout": 60},
                "TEST": {"NAME": f"{_folder.name}/db.sqlite3"},
            },
            "postgres": {
                "ENGINE": "django.db.backends.postgresql",
                "HOST": "127.0.0.1",
                "USER": "postgres",
                "NAME": "postgres",
                # Of this process alone: runs at the same time must not meet.
                "TEST": {"NAME": f"test_cognito_guard_{os.getpid()}"},
            },
            # Its default collation takes `ADMINS` for `admins`, as most installations have it.
            "mariadb": {
                "ENGINE": "django.db.backends.mysql",
                "HOST": "127.0.0.1",
                "USER": "root",
                "NAME": "mysql",
                "OPTIONS": {"charset": "utf8mb4"},
                "TEST": {
                    "NAME": f"test_cognito_guard_{os.getpid()}",
                    "CHARSET": "utf8mb4",
                    "COLLATION": "utf8mb4_general_ci",
                },
            },
        },
        DATABASE_ROUTERS=[chosen],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "cognito_guard_django",
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.flatpages",
            "django.contrib.messages",
            "django.contrib.redirects",
            "django.contrib.sessions",
            "django.contrib.sites",
            "rest_framework",
        ],
        MIDDLEWARE=MIDDLEWARE,
        # Sessions in a cookie ask no database, so that what is counted is ours.
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        ROOT_URLCONF="tests.django.urls",
        SECRET_KEY="only for tests",
        SITE_ID=1,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        USE_TZ=True,
    )
    django.setup()
