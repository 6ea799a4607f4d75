"""The settings of a Django project whose callers come from a user pool.

Those of the user pool come from the environment, as in the other examples:

    export COGNITO_USER_POOL_ID=eu-west-1_AbC123xyz COGNITO_CLIENT_IDS=1example23456789
    python -m example_apps.django_app.manage migrate
    gunicorn example_apps.django_app.wsgi

or ``uvicorn example_apps.django_app.asgi:application``.
"""

import os

from cognito_guard import Guard

INSTALLED_APPS = [
    "cognito_guard_django",
    "rest_framework",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
]

MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "cognito_guard_django.middleware.CognitoMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

AUTHENTICATION_BACKENDS = [
    "cognito_guard_django.backends.CognitoBackend",
    "django.contrib.auth.backends.ModelBackend",
]

COGNITO_GUARD = {
    "GUARD": Guard.from_env,
    # No token is looked at here: anybody may see the home page, and REST framework looks itself.
    "EXEMPT": ["/", "/rest/*"],
    # Who is among the admins of the user pool may enter Django's admin.
    "STAFF_GROUPS": ["admins"],
    "SUPERUSER_GROUPS": ["admins"],
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "cognito_guard_django.rest_framework.CognitoAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["cognito_guard_django.rest_framework.CognitoPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "cognito_guard_django.rest_framework.exception_handler",
}

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DJANGO_DATABASE", "orders.sqlite3"),
        "OPTIONS": {"timeout": 20},  # seconds that one writer waits for another
    }
}

TEMPLATES = [
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
]

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "example_apps.django_app.urls"
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "an example, and known to everybody")
STATIC_URL = "static/"
USE_TZ = True
