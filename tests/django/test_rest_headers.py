"""The headers of REST framework's answers: whatever handler has made them, and for good ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path
from rest_framework.authentication import BasicAuthentication
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView
from rest_framework.views import exception_handler as of_the_framework

from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import HANDLER
from cognito_guard_django.rest_framework import CognitoPermission, HasGroup, HasScope

from .api import Seen, runs
from .conftest import Configure, bearer
from .project import MIDDLEWARE


def plain(exc: Exception, context: Any) -> Response:
    """A handler of somebody's that knows nothing."""
    return Response({"error": str(exc)}, status=getattr(exc, "status_code", 500))


def envelope(exc: Exception, context: Any) -> Response:
    """One that has headers of its own, and another status."""
    return Response({}, status=418, headers={"Vary": "Origin", "X-Api": "orders"})


class Raw(Seen):
    """A view that answers with a response of Django's."""

    def get(self, request: Any) -> Any:
        return HttpResponse("raw")


class Final(Seen):
    """One that has a last word of its own."""

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(*args, **kwargs)
        response["X-Last"] = "1"
        return response


def _view(base: Any, *permissions: Any, **attributes: Any) -> Any:
    return type("View", (base,), {"permission_classes": permissions, **attributes}).as_view()


class Open(APIView):
    """A view without any guard."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Any) -> Response:
        return Response()


urlpatterns = [
    path("any", _view(Seen, AllowAny)),
    path("in", _view(Seen, IsAuthenticated)),
    path("ours", _view(Seen, CognitoPermission)),
    path("group", _view(Seen, HasGroup("a"))),
    path("either", _view(Seen, HasGroup("a") | HasScope("s"))),
    path("raw", _view(Raw, CognitoPermission)),
    path("final", _view(Final, CognitoPermission)),
    path("basic", _view(Seen, HasGroup("a"), authentication_classes=[BasicAuthentication])),
    path("open", Open.as_view()),
]

HANDLERS: dict[str, Any] = {
    "ours": HANDLER,
    "the framework's": of_the_framework,
    "plain": plain,
    "envelope": envelope,
}


@pytest.fixture(autouse=True, params=[True, False], ids=["middleware", "alone"])
def _project(request: Any, configure: Configure) -> Iterator[None]:
    configure(USERS="stateless", COOKIE="tok")
    ours = [one for one in MIDDLEWARE if request.param or "cognito" not in one]
    runs.clear()
    with override_settings(MIDDLEWARE=ours, ROOT_URLCONF=__name__):
        yield


def _get(where: str, *, cookie: str | None = None, token: str | None = None) -> Any:
    client = APIClient()
    if cookie is not None:
        client.cookies["tok"] = cookie
    return client.get(f"/{where}", headers={} if token is None else bearer(token))


def _vary(answer: Any) -> set[str]:
    return set(answer.headers.get("Vary", "").split(", "))


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
@pytest.mark.parametrize("where", ["any", "in", "ours", "group", "either", "final"])
def test_a_bad_cookie(handler: Any, where: str, pool: LocalUserPool) -> None:
    """It is dropped, and no cache keeps the answer, whatever handler has made it."""
    with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": handler}):
        answer = _get(where, cookie=LocalUserPool().access_token())
    assert answer.status_code == (418 if answer.headers.get("X-Api") else 401)
    assert answer.cookies["tok"]["max-age"] == "0"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert _vary(answer) >= {"Authorization", "Cookie"}
    assert runs == []


@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
@pytest.mark.parametrize("where", ["group", "either"])
def test_a_lack_of_rights(handler: Any, where: str, pool: LocalUserPool) -> None:
    """So it is for a good token without the rights, which stays where it is."""
    with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": handler}):
        answer = _get(where, token=pool.access_token())
    assert answer.status_code == (418 if answer.headers.get("X-Api") else 403)
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]
    assert _vary(answer) >= {"Authorization", "Cookie"}
    assert "tok" not in answer.cookies


@pytest.mark.parametrize("where", ["any", "in", "ours", "group", "either", "raw", "final"])
def test_a_good_answer(where: str, pool: LocalUserPool) -> None:
    """``Vary`` names what was looked at, beside what the framework has in it."""
    answer = _get(where, token=pool.access_token(groups=["a"]))
    assert answer.status_code == 200
    assert _vary(answer) >= {"Authorization", "Cookie"}
    assert where == "raw" or "Accept" in _vary(answer)
    assert answer.headers.get("X-Last") == ("1" if where == "final" else None)
    assert "Cache-Control" not in answer.headers


def test_without_a_credential(request: pytest.FixtureRequest) -> None:
    """Also for callers without one; not where neither a guard nor the middleware was asked."""
    assert _vary(_get("any")) >= {"Authorization", "Cookie"}
    assert _vary(_get("basic")) >= {"Authorization", "Cookie"}
    is_asked = "middleware" in request.node.name
    assert ("Authorization" in _vary(_get("open"))) is is_asked
