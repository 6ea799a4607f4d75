"""A Django project in one file: a JSON view, users who are stored nowhere, no database."""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

from . import GUARDED

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["cognito_guard_django"] if GUARDED else [],
    MIDDLEWARE=["cognito_guard_django.middleware.CognitoMiddleware"] if GUARDED else [],
    COGNITO_GUARD={
        "USER_POOL_ID": os.environ["COGNITO_USER_POOL_ID"],
        "CLIENT_IDS": [os.environ["COGNITO_CLIENT_IDS"]],
        "JWKS": os.environ["COGNITO_JWKS"],
        "USERS": "stateless",
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY="for the benchmark",
    USE_TZ=True,
)
django.setup()


def hello(request: HttpRequest) -> JsonResponse:
    """Answer."""
    return JsonResponse({"hello": "world"})


if GUARDED:
    from cognito_guard_django.decorators import cognito_required

    hello = cognito_required(hello)

urlpatterns = [path("", hello)]
application = get_wsgi_application()
