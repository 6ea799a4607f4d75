"""``cognito_required`` and ``CognitoRequiredMixin``: who reaches a view."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View

from cognito_guard import ConfigurationError
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.login.decorators import login_required
from cognito_guard_django.middleware import CognitoMiddleware
from cognito_guard_django.mixins import CognitoRequiredMixin

from . import project, views
from .asgi_client import AsyncClient
from .conftest import Configure, bearer

DENIED = 'Bearer error="insufficient_scope"'
SCOPE = 'Bearer error="insufficient_scope", scope="orders/read"'

ADMINS = [
    "/admins",
    "/aadmins",
    "/decorated",
    "/adecorated",
    "/mixed",
    "/amixed",
    "/any-admin",
    "/amixed-admin",
]
EVERYBODY = ["/bare", "/abare", "/any"]


@pytest.fixture(autouse=True)
def _stateless(configure: Configure) -> None:
    configure(USERS="stateless")
    views.calls.clear()


@pytest.fixture(params=["wsgi", "asgi"])
def ask(request: pytest.FixtureRequest) -> Any:
    """Sends a request, as under WSGI and as under ASGI."""

    def _ask(path: str, token: str | None = None, method: str = "get", **headers: str) -> Any:
        if token is not None:
            headers.update(bearer(token))
        if request.param == "wsgi":
            return getattr(Client(), method)(path, headers=headers)

        async def main() -> Any:
            return await getattr(AsyncClient(), method)(path, headers=headers)

        return asyncio.run(main())

    return _ask


def tokens(pool: LocalUserPool) -> dict[str, str]:
    """Callers with different rights."""
    return {
        "alice": pool.access_token("alice"),
        "ada": pool.access_token("ada", groups=["admins"], role="editor"),
        "machine": pool.machine_token(scopes=["orders/read"]),
    }


@pytest.mark.parametrize(
    ("path", "caller", "challenge"),
    [
        *[
            (path, "alice", DENIED)
            for path in [*ADMINS, "/editors", "/either"]
            if path != "/amixed"
        ],
        ("/amixed", "alice", DENIED),
        *[(path, "ada", None) for path in [*ADMINS, *EVERYBODY, "/editors", "/either"]],
        *[(path, "alice", None) for path in [*EVERYBODY, "/only-alice"]],
        ("/orders", "alice", SCOPE),
        ("/orders", "machine", None),
        ("/either", "machine", None),
        ("/only-alice", "ada", DENIED),
        *[
            (path, None, "Bearer")
            for path in [*ADMINS, *EVERYBODY, "/orders", "/editors", "/either", "/only-alice"]
        ],
    ],
)
def test_who_gets_in(
    path: str, caller: str | None, challenge: str | None, ask: Any, pool: LocalUserPool
) -> None:
    """Functions and classes, sync and async, under either server: the same verdict."""
    answer = ask(path, None if caller is None else tokens(pool)[caller])
    status = 200 if challenge is None else 401 if caller is None else 403
    assert answer.status_code == status
    assert answer.headers.get("WWW-Authenticate") == challenge
    assert len(views.calls) == (challenge is None)


@pytest.mark.parametrize("path", [*ADMINS, *EVERYBODY])
def test_a_preflight_runs_no_view(path: str, ask: Any) -> None:
    """A preflight gets an empty answer that is no refusal, and the view does not run."""
    preflight = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    answer = ask(path, None, "options", **preflight)
    assert (answer.status_code, answer.content) == (204, b"")
    assert views.calls == []
    assert ask(path, None, "options").status_code == 401


def test_a_session_is_no_token(db: str, configure: Configure, pool: LocalUserPool) -> None:
    """Whom only a session knows has no identity, and is asked for a token."""
    from django.contrib.auth.models import User

    configure()
    client = Client()
    client.force_login(
        User.objects.create_user("local"), "django.contrib.auth.backends.ModelBackend"
    )
    assert client.get("/me").json()["authenticated"] is True
    assert client.get("/bare").status_code == 401


def test_with_login_required_middleware(ask: Any, pool: LocalUserPool) -> None:
    """Django's LoginRequiredMiddleware leaves the decorated views to their decorator, and those of
    the mixin to the mixin."""
    everywhere = [*project.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]
    with override_settings(MIDDLEWARE=everywhere):
        assert ask("/me").status_code == 302
        assert ask("/bare").status_code == 401
        assert ask("/mixed").status_code == 401
        assert ask("/admins", tokens(pool)["ada"]).status_code == 200


def test_without_the_middleware(pool: LocalUserPool) -> None:
    """A project that forgot the middleware is told; it is not open."""
    request = RequestFactory().get("/", headers=bearer(pool.access_token()))
    for view in (views.bare, views.Mixed.as_view()):
        with pytest.raises(ConfigurationError, match="MIDDLEWARE"):
            view(request)
    with pytest.raises(ConfigurationError, match="MIDDLEWARE"):
        asyncio.run(views.abare(request))


@pytest.mark.parametrize("decorate", [cognito_required, login_required])
@pytest.mark.parametrize("wrong", [None, "admins", path("", views.bare), include([])], ids=repr)
def test_what_is_no_view(decorate: Any, wrong: Any) -> None:
    """A route, or what a decorator gives that registers a view and returns nothing, is no view."""
    for each in (decorate, decorate()):
        with pytest.raises(ConfigurationError, match="goes on a view"):
            each(wrong)


@pytest.mark.parametrize("wrong", [{"groups": []}, {"scopes": ""}, {"roles": [1]}, {"policy": "x"}])
def test_empty_requirements(wrong: dict[str, Any]) -> None:
    """What would require nothing, or cannot be asked, is refused when it is written down."""
    with pytest.raises(ConfigurationError):
        cognito_required(**wrong)
    attributes = {f"required_{name}": value for name, value in wrong.items()}
    with pytest.raises(ConfigurationError):
        type("Wrong", (CognitoRequiredMixin, View), attributes)


def test_attributes_of_the_view_are_kept() -> None:
    """Names, documentation and the marks of other decorators survive."""

    def view(request: Any) -> HttpResponse:
        """What it does."""
        return HttpResponse()

    view.csrf_exempt = True  # type: ignore[attr-defined]
    guarded: Any = cognito_required(view)
    assert (guarded.__name__, guarded.__doc__, guarded.csrf_exempt) == (
        "view",
        "What it does.",
        True,
    )


def test_behind_another_decorator(ask: Any) -> None:
    """An async class stays one that is awaited, also with another decorator in between."""
    seen: list[str] = []

    def other(view: Any) -> Any:
        import functools

        @functools.wraps(view)
        def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
            seen.append("other")
            return view(request, *args, **kwargs)

        return wrapper

    @method_decorator([cognito_required, other], name="dispatch")
    class Stacked(View):
        async def get(self, request: Any) -> HttpResponse:
            return HttpResponse()

    view: Any = Stacked.as_view()
    answer = asyncio.run(CognitoMiddleware(view)(RequestFactory().get("/")))
    assert (answer.status_code, seen) == (401, [])


def test_the_mixin_goes_before_the_view() -> None:
    """Behind ``View`` its ``dispatch`` would never run: an error when the class is made."""
    with pytest.raises(ConfigurationError, match="before"):
        type("Wrong", (View, CognitoRequiredMixin), {})
