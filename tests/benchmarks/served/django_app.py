"""A REST framework API in one file: a JSON view, users who are stored nowhere, no database."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import urlopen

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import path

from . import CLIENT_ID, FORM, JWKS_URL, REGION, USER_POOL_ID

OURS = FORM == "cognito_guard"

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["cognito_guard_django", "rest_framework"] if OURS else ["rest_framework"],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": [],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "UNAUTHENTICATED_USER": None,
    },
    COGNITO_GUARD={
        "USER_POOL_ID": USER_POOL_ID,
        "CLIENT_IDS": [CLIENT_ID],
        "JWKS": JWKS_URL,
        "USERS": "stateless",
    },
    COGNITO_AWS_REGION=REGION,
    COGNITO_USER_POOL=USER_POOL_ID,
    COGNITO_AUDIENCE=None,
    COGNITO_PUBLIC_KEYS_CACHING_ENABLED=True,
    ROOT_URLCONF=__name__,
    SECRET_KEY="for the benchmark",
    USE_TZ=True,
)
django.setup()

from rest_framework.decorators import api_view  # noqa: E402  # Django is set up
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402


@api_view()
def hello(request: Any) -> Response:
    """Answer."""
    return Response({"hello": "world"})


if OURS:
    from cognito_guard_django.rest_framework import CognitoAuthentication

    hello.cls.authentication_classes = [CognitoAuthentication]
    hello.cls.permission_classes = [IsAuthenticated]
elif FORM == "django-cognito-jwt":
    from django.core.cache import cache
    from django_cognito_jwt import JSONWebTokenAuthentication

    class User:
        """One who is stored nowhere. It asks a model for one."""

        is_authenticated = True

        class objects:  # noqa: N801  # as Django names it
            """What it asks."""

            @staticmethod
            def get_or_create_for_cognito(payload: dict[str, Any]) -> User:
                """The user of a token."""
                return User()

    class Authentication(JSONWebTokenAuthentication):
        """Only where users come from differs: they take no database."""

        def get_user_model(self) -> type[User]:
            """No model."""
            return User

    # The address of the keys is not a setting, so its cache of them is filled beforehand.
    with urlopen(JWKS_URL, timeout=60) as answer:  # noqa: S310 - loopback
        for key in json.load(answer)["keys"]:
            cache.set(f"django_cognito_jwt:{key['kid']}", json.dumps(key), timeout=None)
    hello.cls.authentication_classes = [Authentication]
    hello.cls.permission_classes = [IsAuthenticated]

urlpatterns = [path("", hello)]
application = get_wsgi_application()
