"""django-ninja behind our middleware."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import path

from cognito_guard import (
    AccessDenied,
    ConfigurationError,
    KeysUnavailable,
    Reason,
    enforce,
    require_groups,
)
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.login.decorators import login_required
from cognito_guard_django.ninja import add_exception_handlers

from ..needs import need
from .conftest import Configure, bearer

try:
    import ninja
except ImportError:
    need(False, "django-ninja: pip install django-ninja")

urlpatterns: list[Any] = []
names = itertools.count()


@pytest.fixture(autouse=True, params=[True, False], ids=["debug", "no debug"])
def client(request: pytest.FixtureRequest, configure: Configure) -> Iterator[Client]:
    """A client of an API."""
    configure(USERS="stateless")
    with override_settings(ROOT_URLCONF=__name__, DEBUG=request.param):
        api = ninja.NinjaAPI(urls_namespace=f"test-{next(names)}")
        add_exception_handlers(api)

        @api.get("/raised")
        def raised(request: Any) -> None:
            raise AccessDenied(Reason.MISSING_ROLE, "Not an editor.")

        @api.get("/outage")
        def outage(request: Any) -> None:
            raise KeysUnavailable(7)

        @api.get("/enforced")
        def enforced(request: Any) -> dict[str, str]:
            enforce(require_groups("admins"), request.identity)
            return {"ran": "yes"}

        @api.get("/guarded/{number}")
        @cognito_required(groups="admins")
        def guarded(request: Any, number: int) -> dict[str, int]:
            return {"ran": number}

        @api.get("/broken")
        def broken(request: Any) -> None:
            raise KeyError("sub")

        def check(request: Any) -> Any:
            enforce(require_groups("admins"), request.identity)
            return request.identity

        @api.get("/auth", auth=check)
        def auth(request: Any) -> dict[str, str]:
            return {"subject": request.auth.subject}

        urlpatterns[:] = [path("api/", api.urls)]
        yield Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("where", "status", "reason"),
    [
        ("raised", 403, "missing_role"),
        ("outage", 503, "keys_unavailable"),
        ("enforced", 403, "missing_group"),
        ("guarded/1", 403, "missing_group"),
        ("auth", 403, "missing_group"),
    ],
)
def test_refused(where: str, status: int, reason: str, client: Client, pool: LocalUserPool) -> None:
    """What a view raises is the refusal that it says, and so is what stands before it."""
    answer = client.get(f"/api/{where}", headers=bearer(pool.access_token()))
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["Cache-Control"] == "no-store"
    if status == 403:
        assert answer["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'
    else:
        assert answer["Retry-After"] == "7"


def test_granted(client: Client, pool: LocalUserPool) -> None:
    """Who may pass does; a mistake of the view's stays one."""
    good = bearer(pool.access_token("ada", groups=["admins"]))
    assert client.get("/api/enforced", headers=good).json() == {"ran": "yes"}
    assert client.get("/api/guarded/1", headers=good).json() == {"ran": 1}
    assert client.get("/api/auth", headers=good).json() == {"subject": pool.subject("ada")}
    assert client.get("/api/broken", headers=good).status_code == 500
    assert client.get("/api/guarded/1").status_code == 401


def _of_ninja() -> Any:
    return ninja.NinjaAPI(urls_namespace=f"test-{next(names)}").get("/wrong")


def _of_a_router() -> Any:
    return ninja.Router().post("/wrong")


def _of_ninja_extra() -> Any:
    def route(function: Any) -> Any:
        function.__route_function__ = object()
        return function

    return route


class Route:
    """One of a router that somebody has written."""

    def __init__(self, function: Any) -> None:
        self.function = function
        self.methods = ["GET"]


def _of_another() -> Any:
    def route(function: Any) -> Any:
        function.route = Route(function)
        return function

    return route


ROUTES = [_of_ninja, _of_a_router, _of_ninja_extra, _of_another]


@pytest.mark.parametrize("make", ROUTES)
@pytest.mark.parametrize(
    ("guard", "verb"),
    [
        (cognito_required, "cognito_required"),
        (cognito_required(groups="admins"), "cognito_required"),
        (login_required, "login_required"),
    ],
)
@pytest.mark.parametrize("is_async", [False, True])
def test_above_the_route(make: Any, guard: Any, verb: str, is_async: bool) -> None:
    """A router has kept the function without the guard: an error where it is written."""

    def view(request: Any) -> None:
        raise AssertionError

    async def later(request: Any) -> None:
        raise AssertionError

    with pytest.raises(ConfigurationError, match=f"; {verb} belongs below the decorator"):
        guard(make()(later if is_async else view))


@pytest.mark.parametrize("make", ROUTES)
def test_below_the_route(make: Any) -> None:
    """Below it, the router keeps the guard, also for a second route."""

    def view(request: Any) -> None:
        raise AssertionError

    view.methods = ["GET"]  # type: ignore[attr-defined]
    view.measured = SimpleNamespace(function=view)  # type: ignore[attr-defined]
    make()(make()(cognito_required(view)))
