"""Where the pages are. The sign-in has routes of its own below `/auth`."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("auth/", include("cognito_guard_django.login.urls")),
    path("", views.home),
    path("profile", views.profile),
    path("admin", views.admin),
]
