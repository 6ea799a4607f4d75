"""The same project with nothing but its REST framework views, and without the middleware."""

from .settings import *  # noqa: F403  # the usual way to vary settings
from .settings import MIDDLEWARE

MIDDLEWARE = [name for name in MIDDLEWARE if not name.startswith("cognito_guard_django.")]
ROOT_URLCONF = "example_apps.django_app.rest"
