"""Where the views are. Django's own admin makes way for the API's ``/admin``."""

from django.contrib import admin
from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.home),
    path("me", views.me),
    path("orders", views.orders),
    path("admin", views.admin),
    path("editor", views.Editor.as_view()),
    path("refunds", views.refunds),
    path("payouts", views.Payouts.as_view()),
    path("sign-in", views.sign_in),
    path("rest/", include("example_apps.django_app.rest")),
    path("site-admin/", admin.site.urls),
]
