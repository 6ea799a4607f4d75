"""A Django project that signs users in, for workers in processes of their own. What it stands on
comes from the environment, and its clock from a file, so that a test can move it.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import django
import pymysql
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from cognito_guard import Guard
from cognito_guard.login import LoginSessions

NAME = "tests.django.login_workers"


def clock() -> float:
    """Seconds since 1970, as many ahead as the file says."""
    return time.time() + float(Path(os.environ["LOGIN_CLOCK"]).read_text())


def guard() -> Guard:
    """The guard, by that clock."""
    arguments = json.loads(os.environ["LOGIN_GUARD"])
    made = Guard.from_mapping(arguments, prefix="")
    return Guard(*made.user_pools, clock=clock)


class Clocked:
    """Sign-in by that clock."""

    def __new__(cls) -> Any:
        from cognito_guard.login import ManagedLogin
        from cognito_guard_django import get_guard
        from cognito_guard_django.login.store import framework_stores

        known = json.loads(os.environ["LOGIN_OPTIONS"])
        trusted = get_guard()
        login = ManagedLogin(trusted.user_pools[0], **known)
        return LoginSessions(
            login,
            trusted,
            store=framework_stores().blocking,
            secrets=["only for tests, and long enough for them"],
            clock=clock,
        )


def home(request: Any) -> HttpResponse:
    """Who it is, and which worker says so."""
    identity = request.identity
    user = None if identity is None else identity.username
    form = '<form method="post" action="/auth/logout"><button id="out">Sign out</button></form>'
    if "text/html" in request.headers.get("accept", ""):
        from django.middleware.csrf import get_token

        hidden = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
        form = form.replace("<button", f"{hidden}<button")
        who = f'<p id="who">{user}</p>'
        return HttpResponse(f'<!doctype html><link rel="icon" href="data:,">{who}{form}')
    return JsonResponse({"user": user, "worker": os.getpid(), "django": str(request.user)})


def page(request: HttpRequest) -> HttpResponse:
    """The same, for who has signed in."""
    return home(request)


def set_up() -> None:
    """Start Django."""
    pymysql.install_as_MySQLdb()
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        AUTHENTICATION_BACKENDS=["cognito_guard_django.backends.CognitoBackend"],
        COGNITO_GUARD={
            "GUARD": guard,
            "LOGIN": f"{NAME}.Clocked",
            "STAFF_GROUPS": ["admins"],
            "SUPERUSER_GROUPS": ["admins"],
        },
        DATABASES={"default": json.loads(os.environ["LOGIN_DATABASE"])},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "cognito_guard_django",
            "cognito_guard_django.login.apps.CognitoAdminConfig",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
        ],
        LOGIN_URL="cognito_login",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "cognito_guard_django.middleware.CognitoMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        ROOT_URLCONF=_urls(),
        SECRET_KEY="only for tests",
        STATIC_URL="static/",
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


class _Urls(ModuleType):
    @property
    def urlpatterns(self) -> list[Any]:
        """Made when they are asked for, as the admin needs its models."""
        from django.contrib import admin
        from django.contrib.auth.decorators import login_required
        from django.urls import include, path

        return [
            path("auth/", include("cognito_guard_django.login.urls")),
            path("", home),
            path("page", login_required(page)),
            path("admin/", admin.site.urls),
        ]


def _urls() -> Any:
    return _Urls("login_workers_urls")


def make_wsgi() -> Any:
    """The application."""
    from django.core.wsgi import get_wsgi_application

    set_up()
    return get_wsgi_application()
