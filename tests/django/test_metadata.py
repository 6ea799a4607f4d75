"""The protected resource metadata (RFC 9728) at the origin's root, wherever the project is."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import include, path, re_path

from cognito_guard.testing import LocalUserPool

from .conftest import Configure, bearer

RESOURCE = "https://api.example.com/shop"
PATH = "/.well-known/oauth-protected-resource/shop"

OURS = "cognito_guard_django.middleware.CognitoMiddleware"
CORS = "corsheaders.middleware.CorsMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
LOGIN = "django.contrib.auth.middleware.LoginRequiredMiddleware"

urlpatterns = [
    path("", include("cognito_guard_django.metadata")),
    path("shop/", include("cognito_guard_django.metadata")),
    re_path(r"^(?!\.well-known)", lambda request: HttpResponse("page")),
]


@pytest.fixture(autouse=True)
def _resource(configure: Configure) -> None:
    configure(USERS="stateless", REQUIRED=True, RESOURCE=RESOURCE)


def document(response: Any) -> Any:
    """The metadata, as it was answered."""
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" not in response.headers.get("Vary", "")
    return response.json()


def test_the_middleware(pool: LocalUserPool) -> None:
    """It is where the challenges say, open to anybody, whatever comes along."""
    for headers in ({}, {"Authorization": "Bearer junk"}):
        response = Client(enforce_csrf_checks=True).get(PATH, headers=headers)
        assert document(response) == {
            "resource": RESOURCE,
            "authorization_servers": [pool.issuer],
            "scopes_supported": ["openid"],
            "bearer_methods_supported": ["header"],
        }
    url = f"https://api.example.com{PATH}"
    refusal = Client().get("/shop/me")
    assert (refusal.status_code, refusal["WWW-Authenticate"]) == (
        401,
        f'Bearer resource_metadata="{url}"',
    )


def test_the_middleware_under_asgi() -> None:
    """There is no difference."""
    assert document(asyncio.run(AsyncClient().get(PATH)))["resource"] == RESOURCE


@pytest.mark.parametrize("script_name", ["/shop", "/api"])
def test_behind_a_prefix(script_name: str) -> None:
    """What the project is mounted at is no part of what it is asked for."""
    with override_settings(FORCE_SCRIPT_NAME=script_name):
        assert document(Client().get(PATH, SCRIPT_NAME=script_name))["resource"] == RESOURCE


def without_ours() -> list[str]:
    """A project where only decorators and REST framework ask."""
    return [one for one in settings.MIDDLEWARE if one != OURS]


@override_settings(ROOT_URLCONF=__name__)
def test_the_urls(configure: Configure) -> None:
    """Without the middleware, the URLs serve it, also where everybody has to log in."""
    configure(USERS="stateless", RESOURCE=RESOURCE)
    with override_settings(MIDDLEWARE=[*without_ours(), LOGIN]):
        client = Client(enforce_csrf_checks=True)
        assert document(client.get(PATH))["resource"] == RESOURCE
        assert client.options(PATH).status_code == 204
        assert client.post(PATH).status_code == 405
        for other in (PATH.removesuffix("/shop"), f"{PATH}/", f"/shop{PATH}"):
            assert client.get(other).status_code == 404


@override_settings(ROOT_URLCONF=__name__)
def test_nothing_near_it(pool: LocalUserPool) -> None:
    """Other paths are as guarded as before."""
    for other in (PATH.removesuffix("/shop"), f"{PATH}/", f"/shop{PATH}"):
        assert Client().get(other).status_code == 401
        assert Client().get(other, headers=bearer(pool.access_token())).status_code == 404


@pytest.mark.parametrize("outside", [True, False], ids=["outside", "inside"])
def test_beside_cors(outside: bool) -> None:
    """django-cors-headers, which says for itself who may read the project, takes nothing away."""
    others = without_ours()
    stack = [CORS, COMMON, *others, OURS] if outside else [*others, OURS, CORS, COMMON]
    with override_settings(MIDDLEWARE=stack, CORS_ALLOWED_ORIGINS=["https://shop.example"]):
        headers = {"Origin": "https://inspector.example"}
        response = Client().get(PATH, headers=headers)
        assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "*")
        assert response.json()["resource"] == RESOURCE
