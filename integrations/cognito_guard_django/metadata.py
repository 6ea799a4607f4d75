"""Protected resource metadata (RFC 9728), which anybody may read.

``CognitoMiddleware`` serves it. In a project without it, at the root of the URLs:
``path("", include("cognito_guard_django.metadata"))``.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import re_path

from .settings import current

__all__ = ["answer_metadata", "urlpatterns"]


def answer_metadata(request: Any) -> HttpResponse | None:
    """The answer to a request for the metadata of the guard's ``resource``; ``None`` for any other
    request."""
    answer = current().guard.answer_metadata(request.method, request.path_info)
    if answer is None:
        return None
    response = HttpResponse(answer.body, status=answer.status)
    del response["Content-Type"]
    for name, value in answer.headers:
        response[name] = value
    return response


def metadata(request: HttpRequest) -> HttpResponse:
    """The only view."""
    response = answer_metadata(request)
    if response is None:
        raise Http404
    return response


metadata.csrf_exempt = True  # type: ignore[attr-defined]
metadata.login_required = False  # type: ignore[attr-defined]

urlpatterns = [re_path(r"^\.well-known/oauth-protected-resource(?:/.*)?$", metadata)]
