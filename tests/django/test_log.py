"""A refusal is found in the log, with the request that it was: views, the middleware, REST
framework, logins."""

from __future__ import annotations

import logging

import pytest
from django.contrib.auth import authenticate
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from rest_framework.response import Response
from rest_framework.views import APIView

from cognito_guard.testing import LocalUserPool
from cognito_guard_django.rest_framework import CognitoAuthentication, HasGroup

from . import urls
from .conftest import Configure, bearer

pytestmark = pytest.mark.usefixtures("db", "configure")


class Orders(APIView):
    """A view of REST framework's, for admins."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (HasGroup("admins"),)

    def get(self, request: object, number: str) -> Response:
        """Nobody comes here."""
        raise AssertionError


urlpatterns = [*urls.urlpatterns, path("rest/<str:number>", Orders.as_view())]


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """What the guard has said."""
    return [(r.levelname, r.getMessage()) for r in caplog.records if r.name == "cognito_guard"]


@override_settings(ROOT_URLCONF=__name__)
def test_refusal_is_seen_by_default(pool: LocalUserPool, caplog: pytest.LogCaptureFixture) -> None:
    """As a warning, with method and path, and without the query or the token."""
    caplog.set_level(logging.WARNING)
    token, client = pool.access_token(), Client()
    for where in ("/admins", "/aadmins", "/rest/17", f"/rest/{token}"):
        told = client.get(f"{where}?code=s3cret", headers=bearer(token))
        assert told.status_code == 403
    bad = pool.access_token(client_id="other")
    assert client.post("/me", headers=bearer(bad)).status_code == 401
    assert said(caplog) == [
        ("WARNING", "refused with 403: missing_group (GET /admins)"),
        ("WARNING", "refused with 403: missing_group (GET /aadmins)"),
        ("WARNING", "refused with 403: missing_group (GET /rest/17)"),
        ("WARNING", "refused with 403: missing_group (GET /rest/...)"),
        ("WARNING", "refused with 401: wrong_client (POST /me)"),
    ]


def test_middleware_names_who_sends_nothing(
    configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    """At a level that nobody is woken by."""
    configure(REQUIRED=True)
    caplog.set_level(logging.INFO, "cognito_guard")
    assert Client().get("/me").status_code == 401
    assert said(caplog) == [("INFO", "refused with 401: missing_credentials (GET /me)")]


def test_login_with_a_bad_token(pool: LocalUserPool, caplog: pytest.LogCaptureFixture) -> None:
    """The request is known if Django is told."""
    token = pool.access_token(client_id="other")
    request = RequestFactory().post("/sign-in")
    assert authenticate(request, token=token) is None
    assert authenticate(None, token=token) is None
    assert said(caplog) == [
        ("WARNING", "refused with 401: wrong_client (POST /sign-in)"),
        ("WARNING", "refused with 401: wrong_client"),
    ]
