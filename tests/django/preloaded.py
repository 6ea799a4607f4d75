"""The app of ``test_servers``, whose view is answered when every worker of gunicorn is in it."""

from __future__ import annotations

import multiprocessing
import os
from typing import Any

from django.http import JsonResponse
from django.urls import path

from cognito_guard_django.decorators import cognito_required
from example_apps.django_app.wsgi import application

# isort: split
from example_apps.django_app import urls

__all__ = ["application"]

_PATIENCE_SECONDS = 60.0

# Made before the fork, and shared by the processes after it.
_everybody = multiprocessing.get_context("fork").Barrier(2, timeout=_PATIENCE_SECONDS)


@cognito_required
def together(request: Any) -> JsonResponse:
    """Who asked whom, said only when the other worker has been asked as well."""
    _everybody.wait()
    return JsonResponse({"username": request.identity.username, "worker": os.getpid()})


urls.urlpatterns.append(path("together", together))
