"""The settings of a Django site whose users sign in at their user pool.

Those of the pool come from the environment. `cognito-guard dev` prints those of a pool on this
machine; `docs/login-setup.md` explains where those of a pool at AWS come from.

    python -m example_apps.with_login.django_site.manage migrate
    python -m example_apps.with_login.django_site.manage runserver 8000
"""

import os
from pathlib import Path

from cognito_guard import Guard

INSTALLED_APPS = [
    "cognito_guard_django",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cognito_guard_django.middleware.CognitoMiddleware",
]

AUTHENTICATION_BACKENDS = ["cognito_guard_django.backends.CognitoBackend"]
LOGIN_URL = "cognito_login"

COGNITO_GUARD = {
    "GUARD": Guard.from_env,
    "LOGIN_DOMAIN": os.environ.get("COGNITO_LOGIN_DOMAIN"),
    "LOGIN_CLIENT_ID": os.environ.get("COGNITO_LOGIN_CLIENT_ID"),
    "LOGIN_REDIRECT_URI": os.environ.get("COGNITO_LOGIN_REDIRECT_URI"),
    "LOGIN_LOGOUT_URI": os.environ.get("COGNITO_LOGIN_LOGOUT_URI"),
}

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DJANGO_DATABASE", "site.sqlite3"),
        "OPTIONS": {"timeout": 20},  # seconds that one writer waits for another
    }
}

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [Path(__file__).parents[1] / "templates"],
    }
]

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "example_apps.with_login.django_site.urls"
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "an example, and known to everybody")
USE_TZ = True
