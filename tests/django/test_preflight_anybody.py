"""Preflights where no credential is required: views see only what a browser sends with one, as in
every other adapter."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from cognito_guard.testing import LocalUserPool

from . import project
from .asgi_client import AsyncClient
from .conftest import Configure, bearer
from .test_lost_guards import Urls

OVERRIDING = "tests.django.others.overriding"
seen: list[Any] = []


def view(request: HttpRequest) -> HttpResponse:
    """Anybody's."""
    more = {*request.headers} - {"Origin", "Access-Control-Request-Method", "Host"}
    user = request.user.get_username()
    seen.append([request.method, user, request.body, {**request.GET}, {**request.COOKIES}, more])
    return HttpResponse()


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_what_a_view_sees(kind: Any, db: str, configure: Configure, pool: LocalUserPool) -> None:
    """No credential, no session, no body, no query, and no other method."""
    configure(COOKIE="token")
    seen.clear()
    client = kind()
    login = client.force_login if kind is Client else async_to_sync(client.aforce_login)
    login(User.objects.create_superuser("root"))
    client.cookies["token"] = "junk"
    headers = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "DELETE",
        "X-HTTP-Method-Override": "DELETE",
        **bearer(pool.access_token()),
    }
    options = client.options if kind is Client else async_to_sync(client.options)
    order = [*project.MIDDLEWARE, OVERRIDING]
    with override_settings(ROOT_URLCONF=Urls(urlpatterns=[path("", view)]), MIDDLEWARE=order):
        answer = options("/?_method=DELETE", "a=b", "text/plain", headers=headers)
    assert answer.status_code == 200
    assert seen == [["OPTIONS", "", b"", {}, {}, set()]]
