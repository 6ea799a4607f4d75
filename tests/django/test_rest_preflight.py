"""A CORS preflight to a guarded view of REST framework's tells nothing, and runs nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.viewsets import ViewSet

from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import HANDLER, MIDDLEWARE
from cognito_guard_django.rest_framework import (
    CognitoAuthentication,
    CognitoPermission,
    HasGroup,
    HasSession,
)

from .api import Seen, runs
from .conftest import Configure, bearer

CORS = "corsheaders.middleware.CorsMiddleware"
PREFLIGHT = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}

urlpatterns: list[Any] = []


@pytest.fixture(autouse=True, params=[HANDLER, f"{__name__}.handler"])
def _project(request: pytest.FixtureRequest, configure: Configure) -> Iterator[None]:
    configure(USERS="stateless")
    runs.clear()
    rest = {"EXCEPTION_HANDLER": request.param}
    with override_settings(ROOT_URLCONF=__name__, REST_FRAMEWORK=rest, MIDDLEWARE=[]):
        yield


def handler(exc: Exception, context: Any) -> Any:
    """One of the project's, with a body for everything."""
    runs.append("handler")
    return Response({"error": str(exc)})


def cors(get_response: Any) -> Any:
    """A middleware for CORS of the project's, which adds to what others answer."""

    def middleware(request: Any) -> Any:
        response = get_response(request)
        response["Access-Control-Allow-Origin"] = "https://shop.example"
        response["X-Status"] = str(response.status_code)
        return response

    return middleware


class Owner(BasePermission):
    """Speaks of objects alone."""

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        """Never asked."""
        raise AssertionError


class Secret(Seen):
    """What only admins may read about."""

    authentication_classes = (CognitoAuthentication,)
    renderer_classes = (JSONRenderer, BrowsableAPIRenderer)

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Do something for whoever is let in."""
        super().initial(request, *args, **kwargs)
        runs.append(str(request.data))


class Set(Secret, ViewSet):
    """The same with an action."""

    list = Secret.get


def serve(*permissions: Any) -> Any:
    """A view with these permissions, as URLs have it."""
    own = type("Secret", (Secret,), {"permission_classes": list(permissions)})
    urlpatterns[:] = [path("", own.as_view())]  # type: ignore[attr-defined]


def send(headers: dict[str, str] = PREFLIGHT, *chain: str, **more: Any) -> HttpResponse:
    """Send a preflight with all that may come with one."""
    with override_settings(MIDDLEWARE=chain, **more):
        answer: HttpResponse = APIClient().options(
            "/", {"x": 1}, format="json", headers={"Accept": "text/html", **headers}
        )
    return answer


PERMISSIONS = {
    "ours": [CognitoPermission],
    "a group": [HasGroup("admins")],
    "a session": [HasSession],
    "either": [IsAdminUser | HasGroup("admins")],
    "both": [HasGroup("admins") & IsAuthenticated],
    "objects": [HasGroup("admins") | Owner],
    "others first": [AllowAny, HasGroup("admins")],
}


@pytest.mark.parametrize("kind", PERMISSIONS)
@pytest.mark.parametrize("chain", [(), (MIDDLEWARE,)], ids=["alone", "middleware"])
def test_nothing(kind: str, chain: tuple[str, ...]) -> None:
    """No line of the view runs that a refusal would not run, and the answer says nothing."""
    serve(*PERMISSIONS[kind])
    answer = send(PREFLIGHT, *chain)
    assert (answer.status_code, answer.content, runs) == (204, b"", [])
    assert "WWW-Authenticate" not in answer
    assert "Authorization" in answer["Vary"]


def test_actions() -> None:
    """Nor of a view set."""
    guard = {"permission_classes": [HasGroup("admins")]}
    urlpatterns[:] = [path("", Set.as_view({"get": "list"}, **guard))]
    answer = send()
    assert (answer.status_code, answer.content, runs) == (204, b"", [])


@pytest.mark.parametrize(
    "chain", [(CORS,), (CORS, MIDDLEWARE), (MIDDLEWARE, CORS), (f"{__name__}.cors",)]
)
def test_cors(chain: tuple[str, ...]) -> None:
    """Who answers preflights, or adds to the answer, does as before."""
    serve(HasGroup("admins"))
    answer = send(PREFLIGHT, *chain, CORS_ALLOWED_ORIGINS=["https://shop.example"])
    assert answer["Access-Control-Allow-Origin"] == "https://shop.example"
    assert (answer.content, runs) == (b"", [])
    assert answer.get("X-Status", "204") == "204"


def test_what_is_none(pool: LocalUserPool) -> None:
    """What carries a credential, or is no preflight, is a request like others."""
    serve(HasGroup("admins"))
    asked = {"Accept": "application/json"}
    admin = bearer(pool.access_token(groups=["admins"]))
    answer = send({**PREFLIGHT, **asked, **admin})
    assert (answer.status_code, b"Secret" in answer.content) == (200, True)
    runs.clear()
    for headers in ({**PREFLIGHT, **bearer(pool.access_token())}, {"Origin": "x"}):
        assert b"Secret" not in send({**headers, **asked}).content
        assert [one for one in runs if one != "handler"] == []
    serve(AllowAny | HasGroup("admins"))
    assert send({**PREFLIGHT, **asked}).status_code == 200  # open to everybody
