"""No report of an error shows a token or a claim in a frame of ours, wherever a request goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import aauthenticate, authenticate
from django.http import HttpResponse
from django.test import AsyncClient, override_settings
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from cognito_guard import ConfigurationError, Guard
from cognito_guard.testing import LocalUserPool
from cognito_guard_django import enforce
from cognito_guard_django.channels import CognitoMiddleware
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.models import CognitoUserLink
from cognito_guard_django.rest_framework import CognitoAuthentication, CognitoPermission
from cognito_guard_django.silence import forget_locals

from ..engine.reports import assert_nothing_shown, shown_by
from ..engine.silence import secrets_of
from .accidents import OWN, Accident, Fails, call, token, told
from .conftest import Configure, bearer
from .test_caches import Urls

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def fails() -> Fails:
    """Code that fails from when it is switched on."""
    return Fails()


@pytest.fixture(autouse=True)
def _urls(fails: Fails) -> Iterator[None]:
    class Rest(APIView):
        authentication_classes = (CognitoAuthentication,)
        permission_classes = (AllowAny,)

        def get(self, request: Any) -> HttpResponse:
            fails()
            return HttpResponse()

    class Policy(Rest):
        permission_classes = (CognitoPermission,)  # type: ignore[assignment]
        required_policy = staticmethod(fails)

    def view(request: Any) -> HttpResponse:
        return HttpResponse()

    def by_backend(request: Any) -> HttpResponse:
        authenticate(request, token=request.headers["X-Token"])
        return HttpResponse()

    urls = [
        path("", view),
        path("view", cognito_required(lambda _: fails() or HttpResponse())),
        path("policy", cognito_required(policy=fails)(view)),
        path("rest", Rest.as_view()),
        path("rest-policy", Policy.as_view()),
        path("backend", by_backend),
    ]
    with override_settings(ROOT_URLCONF=Urls(urlpatterns=urls)):
        yield


@pytest.mark.parametrize("where", ["/view", "/policy", "/rest", "/rest-policy"])
@pytest.mark.parametrize("own", [OWN, {"USERS": "stateless"}], ids=["stored", "stateless"])
def test_views(
    where: str, own: dict[str, Any], fails: Fails, configure: Configure, pool: LocalUserPool
) -> None:
    """Views and policies, with and without stored users."""
    configure(**own)
    fails.is_on = True
    raw = token(pool, -5)
    with pytest.raises(Accident) as failed:
        call(raw, where)
    told(failed.value, fails, raw)
    assert fails.live


def test_rest_framework_alone(fails: Fails, configure: Configure, pool: LocalUserPool) -> None:
    """Without the middleware."""
    configure(**OWN, USER_HOOK=fails)
    fails.is_on = True
    raw = token(pool, -5)
    with override_settings(MIDDLEWARE=[]), pytest.raises(Accident) as failed:
        call(raw, "/rest")
    assert told(failed.value, fails, raw)
    assert fails.live


@pytest.mark.parametrize("place", ["the hook", "a check"])
@pytest.mark.parametrize("ask", [authenticate, async_to_sync(aauthenticate)], ids=["sync", "async"])
def test_the_backend(
    place: str, ask: Any, fails: Fails, configure: Configure, pool: LocalUserPool
) -> None:
    """A whole token is handed over there, and nobody repeats it."""
    fails.is_on = True
    if place == "the hook":
        configure(**OWN, USER_HOOK=fails)
    raw = token(pool, -5)
    own = {"GUARD": Guard(pool.trust(token_use="any", checks=[fails]))}
    chosen = override_settings(**({"COGNITO_GUARD": own} if place == "a check" else {}))
    with chosen, pytest.raises(Accident) as failed:
        ask(None, token=raw)
    assert told(failed.value, fails, raw) > 0
    assert fails.live


def test_under_asgi(fails: Fails, configure: Configure, pool: LocalUserPool) -> None:
    """The same there."""
    configure(**OWN, USER_HOOK=fails)
    fails.is_on = True
    raw = token(pool, -5)
    with pytest.raises(Accident) as failed:
        async_to_sync(AsyncClient().get)("/", headers=bearer(raw))
    assert told(failed.value, fails, raw)


def test_another_user_in_the_place(fails: Fails, configure: Configure, pool: LocalUserPool) -> None:
    """What is wrong with the order of middlewares is said without a claim."""
    configure(USERS="stateless")
    raw = token(pool, -5)
    ours = "cognito_guard_django.middleware.CognitoMiddleware"
    order = override_settings(MIDDLEWARE=[ours, "tests.django.others.impostor"])
    with order, pytest.raises(ConfigurationError, match="has replaced the user") as failed:
        call(raw)
    assert told(failed.value, fails, raw)


def test_errors_that_lead_in_a_circle() -> None:
    """Are looked at once."""
    one, other = Accident(), Accident()
    one.__cause__, other.__context__ = other, one
    forget_locals(one)


def test_rows_say_nothing() -> None:
    """The table of who is who has a text for the admin, and none for reports."""
    link = CognitoUserLink(issuer="https://issuer.example", subject="subject")
    assert "subject" in str(link)
    assert "subject" not in repr(link)


@pytest.mark.parametrize("place", ["a consumer", "a policy", "the hook", "a check"])
def test_websockets(place: str, fails: Fails, configure: Configure, pool: LocalUserPool) -> None:
    """A scope has the headers, and so the token."""
    raw = token(pool, -5)
    secrets = secrets_of(raw)

    async def consumer(scope: Any, receive: Any, send: Any) -> None:
        if place == "a policy":
            enforce(scope, fails)
        fails()

    async def nothing(*_: object) -> Any:
        raise AssertionError

    configure(USERS="stateless", **({"USER_HOOK": fails} if place == "the hook" else {}))
    guard = {"GUARD": Guard(pool.trust(token_use="any", checks=[fails])), "USERS": "stateless"}
    chosen = override_settings(**({"COGNITO_GUARD": guard} if place == "a check" else {}))
    fails.is_on = True
    scope = {
        "type": "websocket",
        "path": "/",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {raw}".encode()), (b"host", b"testserver")],
    }
    with chosen, pytest.raises(Accident) as failed:
        async_to_sync(CognitoMiddleware(consumer))(scope, nothing, nothing)
    assert fails.live
    assert assert_nothing_shown(iter([*shown_by(failed.value), *fails.live]), secrets) > 1


@pytest.mark.parametrize("where", ["/", "/rest"])
def test_a_check(where: str, fails: Fails, pool: LocalUserPool) -> None:
    """A check of the project's own fails, with the middleware and without."""
    fails.is_on = True
    raw = token(pool, -5)
    guard = {"GUARD": Guard(pool.trust(token_use="any", checks=[fails]))}
    order = {} if where == "/" else {"MIDDLEWARE": []}
    chosen = override_settings(COGNITO_GUARD=guard, **order)
    with chosen, pytest.raises(Accident) as failed:
        call(raw, where)
    assert told(failed.value, fails, raw) > 1
    assert fails.live
