"""Where the views are."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from . import forged, views

urlpatterns = [
    path("me", views.me),
    path("ame", views.ame),
    path("static/me", views.me),
    path("broken", views.broken),
    path("denied-inside", views.denied_inside),
    path("sign-in", views.sign_in),
    path("asign-in", views.asign_in),
    path("bare", views.bare),
    path("abare", views.abare),
    path("admins", views.admins),
    path("aadmins", views.aadmins),
    path("orders", views.orders),
    path("editors", views.editors),
    path("either", views.either),
    path("only-alice", views.only_alice),
    path("with-login", views.with_login),
    path("awith-login", views.awith_login),
    path("with-permission", views.with_permission),
    path("decorated", views.Decorated.as_view()),
    path("adecorated", views.ADecorated.as_view()),
    path("mixed", views.Mixed.as_view()),
    path("amixed", views.AMixed.as_view()),
    path("dispatching", views.Dispatching.as_view()),
    path("answering", views.Answering.as_view()),
    path("preparing", views.Preparing.as_view()),
    path("plain-class", views.Plain.as_view()),
    path("any", views.Any_.as_view()),
    path("amixed-admin", views.AMixed.as_view(required_groups="admins")),
    path("any-admin", views.Any_.as_view(required_groups="admins")),
    path("forged/plain", forged.view),
    path("forged/rest", forged.rest),
    path("forged/exempt", forged.exempt),
    path("forged/aexempt", forged.aexempt),
    path("forged/guarded-exempt", forged.guarded_exempt),
    path("forged/exempt-guarded", forged.exempt_guarded),
    path("forged/class", forged.Exempt.as_view()),
    path("forged/ninja/", forged.api.urls),
    path("site-admin/", admin.site.urls),
]
