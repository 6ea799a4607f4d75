"""What a view sees of a caller, whatever other middlewares and decorators have put there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, JsonResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from django.utils.functional import SimpleLazyObject
from django.views import View

from cognito_guard import ConfigurationError
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.middleware import _settle
from cognito_guard_django.mixins import CognitoRequiredMixin

from .conftest import Configure, bearer
from .others import Somebody

Change = Callable[[Any], None]
OURS = "cognito_guard_django.middleware.CognitoMiddleware"


class Fake:
    """Looks like an identity."""

    subject = "root"


class Flatterer(Somebody):
    """Says that it is whoever it is asked about."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = object.__hash__


def identity(request: Any) -> None:
    """Another identity."""
    request.identity = Fake()


def user(request: Any) -> None:
    """Another user."""
    request.user = Somebody()


def lazy_user(request: Any) -> None:
    """Another one, found when somebody looks."""
    request.user = SimpleLazyObject(Somebody)


def flatterer(request: Any) -> None:
    """One that is equal to everybody."""
    request.user = Flatterer()


def no_user(request: Any) -> None:
    """None at all."""
    del request.user


def auser(request: Any) -> None:
    """Another user for async views alone."""

    async def somebody() -> Any:
        return Somebody()

    request.auser = somebody


class Caller:
    """A middleware that changes the request when it is called."""

    change: Change

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        type(self).change(request)
        return self.get_response(request)


class BeforeView(Caller):
    """The same, right before the view."""

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)

    def process_view(self, request: Any, *args: Any) -> None:
        """Change it."""
        type(self).change(request)


def changing(change: Change) -> Any:
    """A decorator that changes the request when the view is called."""

    def decorate(view: Any) -> Any:
        def wrapper(request: Any) -> Any:
            change(request)
            return view(request)

        return wrapper

    return decorate


ran: list[Any] = []


def sync_view(request: Any) -> JsonResponse:
    """What a sync view sees."""
    ran.append(request)
    name = request.user.get_username()
    return JsonResponse({"identity": request.identity.subject, "user": name})


async def async_view(request: Any) -> JsonResponse:
    """What an async view sees."""
    ran.append(request)
    name = (await request.auser()).get_username()
    return JsonResponse({"identity": request.identity.subject, "user": name})


class Mixed(CognitoRequiredMixin, View):
    """What a class sees."""

    def get(self, request: HttpRequest) -> JsonResponse:
        """See ``sync_view``."""
        return sync_view(request)


@cognito_required
async def guarded_async(request: Any) -> JsonResponse:
    """See ``async_view``."""
    return await async_view(request)


class Urls:
    """A module of URLs."""

    def __init__(self, change: Change) -> None:
        change_it = changing(change)
        self.urlpatterns = [
            path("sync", sync_view),
            path("async", async_view),
            path("guarded", cognito_required(sync_view)),
            path("aguarded", guarded_async),
            path("mixed", Mixed.as_view()),
            path("late-guarded", change_it(cognito_required(sync_view))),
            path("late-mixed", change_it(Mixed.as_view())),
        ]


@pytest.fixture(params=["wsgi", "asgi"])
def ask(request: pytest.FixtureRequest) -> Any:
    """Sends a request, as under WSGI and as under ASGI."""

    def _ask(where: str, headers: dict[str, str]) -> Any:
        if request.param == "wsgi":
            return Client().get(where, headers=headers)

        async def main() -> Any:
            return await AsyncClient().get(where, headers=headers)

        return asyncio.run(main())

    return _ask


@pytest.fixture(autouse=True)
def _nobody_ran() -> None:
    ran.clear()


PATHS = ["/sync", "/async", "/guarded", "/aguarded", "/mixed"]


def _asked(
    ask: Any, where: str, change: Change, order: list[str], token: str
) -> dict[str, str] | None:
    """What the view saw; ``None`` for an error before it ran."""
    Caller.change = staticmethod(change)  # type: ignore[method-assign]
    with override_settings(MIDDLEWARE=order, ROOT_URLCONF=Urls(change)):
        try:
            seen: dict[str, str] = ask(where, bearer(token) if token else {}).json()
        except ConfigurationError as error:
            if ran or "the user of the token" not in str(error):
                raise
            return None
    return seen


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("kind", ["Caller", "BeforeView"])
@pytest.mark.parametrize("where", PATHS)
@pytest.mark.parametrize("change", [identity, auser])
def test_what_can_be_put_right(
    change: Change,
    where: str,
    kind: str,
    required: bool,
    ask: Any,
    configure: Configure,
    pool: LocalUserPool,
) -> None:
    """Another identity, and another user for async views alone, are replaced by the caller's."""
    configure(USERS="stateless", REQUIRED=required)
    order = [OURS, f"{__name__}.{kind}"]
    seen = _asked(ask, where, change, order, pool.access_token("alice"))
    assert seen == {"identity": pool.subject("alice"), "user": "alice"}


@pytest.mark.parametrize("kind", ["Caller", "BeforeView"])
@pytest.mark.parametrize("where", PATHS)
@pytest.mark.parametrize("change", [user, lazy_user, flatterer, no_user])
def test_what_is_an_error(
    change: Change, where: str, kind: str, ask: Any, configure: Configure, pool: LocalUserPool
) -> None:
    """No view runs with another user than the token's."""
    configure(USERS="stateless", REQUIRED=True)
    order = [OURS, f"{__name__}.{kind}"]
    assert _asked(ask, where, change, order, pool.access_token("alice")) is None


@pytest.mark.parametrize("where", ["/late-guarded", "/late-mixed"])
@pytest.mark.parametrize("change", [user, identity, auser])
def test_a_decorator_around_ours(
    change: Change, where: str, configure: Configure, pool: LocalUserPool
) -> None:
    """What is put there after all middlewares counts no more than theirs."""
    configure(USERS="stateless")
    seen = _asked(_client, where, change, [OURS], pool.access_token("alice"))
    if change is user:
        assert seen is None
    else:
        assert seen == {"identity": pool.subject("alice"), "user": "alice"}


@pytest.mark.parametrize("kind", ["Caller", "BeforeView"])
def test_nobody_has_no_identity(kind: str, ask: Any, configure: Configure) -> None:
    """Without a credential, ``request.identity`` is nobody's, whatever others say."""
    configure(USERS="stateless")
    with pytest.raises(AttributeError, match="'NoneType' object has no attribute 'subject'"):
        _asked(ask, "/sync", _identity_and_user, [OURS, f"{__name__}.{kind}"], "")


def _identity_and_user(request: Any) -> None:
    identity(request)
    user(request)


def _client(where: str, headers: dict[str, str]) -> Any:
    return Client().get(where, headers=headers)


def test_a_request_that_never_came_through_us() -> None:
    """Another handler's request has no verdict of ours, and nothing is settled for it."""
    request = HttpRequest()

    assert _settle(request, None, (), {}) is None
    assert not hasattr(request, "identity")
