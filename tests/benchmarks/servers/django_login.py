"""A Django project in one file: a page for those who have signed in, users who are stored nowhere,
no database.
"""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import include, path
from redis import Redis

from cognito_guard_redis import RedisSessionStore

from . import ENTRY
from .signing_in import GUARD, PAGE, REDIS_PORT, sessions

redis = Redis(port=REDIS_PORT)

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["cognito_guard_django"],
    MIDDLEWARE=["cognito_guard_django.middleware.CognitoMiddleware"],
    COGNITO_GUARD={
        "GUARD": GUARD,
        "LOGIN": sessions(RedisSessionStore(redis)),
        "USERS": "stateless",
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY="for the benchmark",
    USE_TZ=True,
)
django.setup()

from cognito_guard_django.login.decorators import login_required  # noqa: E402  # Django is set up


@login_required
def page(request: Any) -> HttpResponse:
    """Answer."""
    return HttpResponse(PAGE.format(request.identity.username))


@login_required
def read(request: Any) -> HttpResponse:
    """Read, and answer."""
    redis.get(ENTRY)
    return HttpResponse(PAGE.format(request.identity.username))


urlpatterns = [
    path("", page),
    path("read", read),
    path("auth/", include("cognito_guard_django.login.urls")),
]
application = get_wsgi_application()
