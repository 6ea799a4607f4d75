"""``path("auth/", include("cognito_guard_django.login.urls"))``, under any prefix."""

from __future__ import annotations

from django.urls import path

from .views import finish_sign_in, sign_in, sign_out

urlpatterns = [
    path("login", sign_in, name="cognito_login"),
    path("callback", finish_sign_in, name="cognito_callback"),
    path("logout", sign_out, name="cognito_logout"),
]
