"""URLs that somebody else's middleware leads to: each is for those who are known."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from . import views


def fallback(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The page of a single-page app, whatever was asked for."""
    views.calls.append(request)
    return HttpResponse("the view ran")


urlpatterns: list[Any] = [path("health", views.me), re_path("^spa", fallback)]
handler404 = fallback
handler500 = fallback
