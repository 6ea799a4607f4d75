"""A guard around what is not the view of a request, such as what a framework asks for a yes or no,
raises what it would have returned."""

from __future__ import annotations

import asyncio
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.models import Group
from django.contrib.syndication.views import Feed
from django.core.checks import Tags, run_checks
from django.http import Http404, HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.decorators import api_view
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from cognito_guard import AccessDenied, ConfigurationError, Reason, require_groups
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.mixins import CognitoRequiredMixin
from cognito_guard_django.rest_framework import HasGroup

from ..needs import need
from .conftest import Configure, bearer
from .project import MIDDLEWARE

try:
    import ninja
    from ninja.security import HttpBearer
except ImportError:
    need(False, "django-ninja: pip install django-ninja")

ran: list[str] = []
ADMINS = cognito_required(groups="admins")


class Urls(SimpleNamespace):
    """A module of URLs."""

    __hash__ = object.__hash__  # type: ignore[assignment]


@pytest.fixture(autouse=True)
def _stateless(configure: Configure) -> None:
    configure(USERS="stateless")
    ran.clear()


def behind(*patterns: Any) -> Any:
    """A project with these URLs behind our middleware."""
    return override_settings(ROOT_URLCONF=Urls(urlpatterns=list(patterns)), MIDDLEWARE=MIDDLEWARE)


def yes(self: Any, *args: Any, **kwargs: Any) -> bool:
    """The answer of a framework's question."""
    return True


def guarded(base: type, name: str, method: Any = yes, **own: Any) -> Any:
    """A class with a guard around one of its methods."""
    method.__name__ = name
    cls = type("Guarded", (base,), {name: method, **own})
    return method_decorator(ADMINS, name=name)(cls)


def rest(base: type = APIView, **own: Any) -> Any:
    """A view of REST framework."""

    def get(self: Any, request: Any) -> Response:
        ran.append("get")
        return Response()

    return type("Rest", (base,), {"get": get, "permission_classes": [AllowAny], **own})


def hook(name: str) -> Any:
    """A view with a guard around what is called before one of its handlers."""
    return path("", method_decorator(ADMINS, name=name)(rest()).as_view())


def site(base: Any) -> Any:
    """An admin with a page of its own."""

    def page(request: HttpRequest) -> HttpResponse:
        ran.append("page")
        return HttpResponse()

    made = base(name="admin")
    return path("", made.admin_view(page))


class OpenSite(AdminSite):
    """For everybody."""

    def has_permission(self, request: Any) -> bool:
        """Yes."""
        return True


def pages_of(model_admin: Any) -> Any:
    """The list of objects in the admin."""
    made = OpenSite(name="admin")
    made.register(Group, model_admin)
    [page] = [one for one in made._registry[Group].urls if str(one.name).endswith("_changelist")]
    return path("", page.callback)


@ADMINS
def _check(request: Any) -> None:
    """Says nothing."""


def dropped() -> Any:
    """A view that takes no notice of what a guarded function returns."""

    def view(request: Any) -> HttpResponse:
        _check(request)
        ran.append("view")
        return HttpResponse()

    return path("", view)


class Drops(View):
    """The same, with a method."""

    @method_decorator(ADMINS)
    def check(self, request: Any) -> None:
        """Says nothing."""

    def get(self, request: Any) -> HttpResponse:
        """Ask."""
        self.check(request)
        ran.append("get")
        return HttpResponse()


class DropsGet(View):
    """The same, with a method that answers other requests."""

    @method_decorator(ADMINS)
    def post(self, request: Any) -> HttpResponse:
        """A view of its own."""
        return HttpResponse()

    def get(self, request: Any) -> HttpResponse:
        """Ask."""
        self.post(request)
        ran.append("get")
        return HttpResponse()


class Plain(View):
    """A view without a guard."""

    def get(self, request: Any) -> HttpResponse:
        """Note that it ran."""
        ran.append("get")
        return HttpResponse()


def monkeypatched() -> Any:
    """The guard around a bound method of the site's."""
    made: Any = OpenSite(name="admin")
    made.has_permission = ADMINS(made.has_permission)
    return path("", made.admin_view(lambda request: ran.append("page") or HttpResponse()))


class Duck:
    """A permission of no framework's class."""

    @method_decorator(ADMINS)
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        """Yes."""
        return True

    def has_permission(self, request: Any, view: Any) -> bool:
        """The same."""
        return self.has_object_permission(request, view, None)


ASKED = {
    "dropped": dropped,
    "dropped by a class": lambda: path("", Drops.as_view()),
    "dropped by another handler": lambda: path("", DropsGet.as_view()),
    "initial": lambda: hook("initial"),
    "perform_authentication": lambda: hook("perform_authentication"),
    "check_permissions": lambda: hook("check_permissions"),
    "check_throttles": lambda: hook("check_throttles"),
    "a permission": lambda: path(
        "",
        rest(permission_classes=[guarded(BasePermission, "has_permission")]).as_view(),
    ),
    "a permission of no class": lambda: path("", rest(permission_classes=[Duck]).as_view()),
    "a throttle": lambda: path(
        "", rest(throttle_classes=[guarded(BaseThrottle, "allow_request")]).as_view()
    ),
    "the admin": lambda: site(guarded(AdminSite, "has_permission")),
    "the admin, later": monkeypatched,
    "a model in the admin": lambda: pages_of(guarded(ModelAdmin, "has_view_permission")),
    "a feed": lambda: path("", guarded(Feed, "get_object", title="", link="/", description="")()),
    "setup": lambda: path("", method_decorator(ADMINS, name="setup")(Plain).as_view()),
}


@pytest.mark.parametrize("kind", ASKED)
def test_asked(kind: str, pool: LocalUserPool) -> None:
    """A refusal that is returned there would be a yes, or be dropped; so it is raised."""
    with behind(ASKED[kind]()):
        client = Client()
        for token, status in ((None, 401), (pool.access_token(), 403)):
            answer = client.get("/", headers={} if token is None else bearer(token))
            assert (answer.status_code, answer["Cache-Control"]) == (status, "no-store")
            assert "Bearer" in answer["WWW-Authenticate"]
        assert ran == []
        if kind not in ("a model in the admin", "a feed"):  # which ask a database
            good = bearer(pool.access_token(groups=["admins"]))
            assert client.get("/", headers=good).status_code == 200


def test_a_preflight(pool: LocalUserPool) -> None:
    """Ends there."""
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    with behind(ASKED["dropped"]()):
        answer = Client().options("/", headers=headers)
    assert (answer.status_code, answer.content, ran) == (204, b"", [])


def test_a_forged_request(configure: Configure, pool: LocalUserPool) -> None:
    """The same where another method than that of the request would be done for it."""
    configure(USERS="stateless", COOKIE="token")

    def view(request: Any) -> HttpResponse:
        request.method = "POST"
        _check(request)
        ran.append("view")
        return HttpResponse()

    with behind(path("", view)):
        client = Client(enforce_csrf_checks=True)
        client.cookies["token"] = pool.access_token(groups=["admins"])
        answer = client.get("/")
    assert (answer.status_code, ran) == (403, [])
    assert "CSRF" in answer.json()["detail"]


def test_awaited(pool: LocalUserPool) -> None:
    """The same for what is awaited."""

    @ADMINS
    async def check(request: Any) -> None:
        """Says nothing."""

    async def view(request: Any) -> HttpResponse:
        await check(request)
        ran.append("view")
        return HttpResponse()

    async def ask() -> list[int]:
        tokens = (None, pool.access_token(), pool.access_token(groups=["admins"]))
        headers = [{} if token is None else bearer(token) for token in tokens]
        return [(await AsyncClient().get("/", headers=one)).status_code for one in headers]

    with behind(path("", view)):
        assert asyncio.run(ask()) == [401, 403, 200]
    assert ran == ["view"]


def test_an_error_of_another_request(pool: LocalUserPool) -> None:
    """A policy may raise one object again and again: the answer is each request's own."""
    error = AccessDenied(Reason.MISSING_ROLE, "Not an editor.")

    def policy(identity: Any) -> None:
        raise error

    guarded_check = cognito_required(policy=policy)(lambda request: None)

    def view(request: Any) -> HttpResponse:
        if request.GET:
            raise error
        guarded_check(request)
        raise AssertionError

    with behind(path("", view)):
        client = Client()
        headers = bearer(pool.access_token())
        first, second = client.get("/", headers=headers), client.get("/?a", headers=headers)
    assert (first.status_code, second.status_code) == (403, 403)
    assert first is not second
    assert second.json()["reason"] == "missing_role"


class Raised(Exception):
    """Somebody has raised what should have been returned."""


def raised(request: Any, exception: Exception) -> None:
    """A hook of a middleware behind ours, which is asked first."""
    raise Raised from exception


def behind_ours(get_response: Any) -> Any:
    """A middleware that sees what a view raises."""

    def middleware(request: Any) -> Any:
        return get_response(request)

    middleware.process_exception = raised  # type: ignore[attr-defined]
    return middleware


class Actions(ViewSet):
    """Methods that are views, whatever they are called."""

    permission_classes = (AllowAny,)

    @method_decorator(ADMINS)
    def list(self, request: Any) -> Response:
        """An action of the framework's."""
        return Response()

    @method_decorator(ADMINS)
    def get_report(self, request: Any) -> Response:
        """An action of the project's."""
        return Response()


class Pages(ModelAdmin):  # type: ignore[type-arg]
    """Pages of the admin."""

    @method_decorator(ADMINS)
    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        """A page."""
        return HttpResponse()


@api_view()
@ADMINS
def made_a_class(request: Any) -> Response:
    """A function that REST framework makes a class of."""
    return Response()


def of_ninja() -> Any:
    """A function of django-ninja's, under a decorator of somebody else's."""
    api = ninja.NinjaAPI(urls_namespace="answering")

    @api.get("/")
    @ADMINS
    def view(request: Any) -> str:
        return "ran"

    return path("", api.urls)


class Guarded(View):
    """Has a guarded handler."""

    @method_decorator(ADMINS)
    def get(self, request: Any) -> HttpResponse:
        """Nothing."""
        return HttpResponse()


def unnamed(method: Any) -> Any:
    """A decorator that leaves out ``functools.wraps``."""

    def inner(self: Any, request: Any) -> Any:
        return method(self, request)

    return inner


class Unnamed(View):
    """Has a guarded handler that does not say what it is called."""

    @method_decorator(ADMINS)
    @unnamed
    def get(self, request: Any) -> HttpResponse:
        """Nothing."""
        return HttpResponse()


VIEWS = {
    "a method of another name": lambda: path("", Unnamed.as_view()),
    "a class in a partial": lambda: path("", partial(Guarded.as_view())),
    "a function of REST framework": lambda: path("", made_a_class),
    "a function of django-ninja": of_ninja,
    "a partial": lambda: path("", partial(ADMINS(lambda request, x: HttpResponse()), x=1)),
    "a feed": lambda: path("", guarded(Feed, "__call__", lambda self, request: HttpResponse())()),
    "an action": lambda: path("", Actions.as_view({"get": "list"})),
    "a name like a question": lambda: path("", Actions.as_view({"get": "get_report"})),
    "a page of the admin": lambda: pages_of(Pages),
    "a bound method": lambda: path("", ADMINS(Actions().get_report)),
}


@pytest.mark.parametrize("kind", VIEWS)
def test_views(kind: str, pool: LocalUserPool) -> None:
    """What answers a request returns its refusal, and raises nothing."""
    with (
        behind(VIEWS[kind]()),
        override_settings(MIDDLEWARE=[*MIDDLEWARE, f"{__name__}.behind_ours"]),
    ):
        client = Client()
        assert client.head("/").status_code in (401, 405)
        assert client.get("/").status_code == 401
        assert client.get("/", headers=bearer(pool.access_token())).status_code == 403
        if kind != "a bound method":  # which has no renderer
            good = bearer(pool.access_token(groups=["admins"]))
            assert client.get("/", headers=good).status_code == 200


def _function() -> Any:
    return ADMINS(lambda request: True)


def _object() -> Any:
    return guarded(object, "__call__")()


def _security() -> Any:
    return guarded(HttpBearer, "authenticate")()


@pytest.mark.parametrize("make", [_function, _object, _security])
def test_authentication_of_ninja(make: Any, pool: LocalUserPool) -> None:
    """What ``auth`` returns is a yes, unless it is nothing."""
    api = ninja.NinjaAPI(urls_namespace=f"answering-{make.__name__}")

    @api.get("/", auth=make())
    def view(request: Any) -> str:
        ran.append("view")
        return "ran"

    with behind(path("", api.urls)):
        assert Client().get("/").status_code == 401
        assert Client().get("/", headers=bearer(pool.access_token())).status_code == 403
        assert ran == []
        good = bearer(pool.access_token(groups=["admins"]))
        assert Client().get("/", headers=good).json() == "ran"


def in_admin(**own: Any) -> Any:
    """A model's pages in the admin."""
    # Its metaclass is Django's, which would be taken for the place where it was written.
    own = {"has_view_permission": yes, "__module__": __name__, **own}
    return pages_of(type("Pages", (ModelAdmin,), own))


@pytest.mark.parametrize(
    "own",
    [
        {"required_groups": "admins"},
        {"required_policy": require_groups("admins")},
        {"permission_classes": [HasGroup("admins")]},
    ],
    ids=["names", "a policy", "permissions"],
)
def test_unread_in_the_admin(own: dict[str, Any], pool: LocalUserPool) -> None:
    """Nobody reads a requirement on a class of the admin's."""
    [name] = own
    with behind(in_admin(**own)):
        found = [one for one in run_checks(tags=[Tags.security]) if "Pages" in one.msg]
        assert [one.id for one in found] == ["cognito_guard.W003"]
        with pytest.raises(ConfigurationError, match=f"{name} of Pages is a requirement"):
            Client().get("/", headers=bearer(pool.access_token()))
    [index] = [one for one in type("Site", (OpenSite,), own)().get_urls() if one.name == "index"]
    of_site = path("", index.callback)
    with behind(of_site), pytest.raises(ConfigurationError, match=f"{name} of Site"):
        Client().get("/")
    assert ran == []


def test_the_admin_as_it_is() -> None:
    """It is nothing of ours."""
    with behind(site(OpenSite)):
        assert Client().get("/").status_code == 200
    assert ran == ["page"]


@pytest.mark.parametrize("base", [ModelAdmin, AdminSite, object])
def test_the_mixin_on_no_view(base: type) -> None:
    """Nobody would ask it."""
    cls: Any = type(
        "Odd", (CognitoRequiredMixin, base), {"dispatch": CognitoRequiredMixin.dispatch}
    )
    arguments = (Group, OpenSite()) if base is ModelAdmin else ()
    with pytest.raises(ConfigurationError, match="Odd is no view"):
        cls(*arguments)


def test_the_mixin_on_a_view_with_a_way_of_its_own() -> None:
    """Whatever a view is made with gets there."""

    class Made(View):
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            made = super().__new__(cls)
            made.args = kwargs  # type: ignore[attr-defined]
            return made

    assert type("Both", (CognitoRequiredMixin, Made), {})(a=1).args == {"a": 1}


class Login:
    """A middleware of the project's that guards whatever view there is, as many projects have."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Any) -> None:
        self._get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        return self._get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        """The guard around the view."""
        return ADMINS(view)(request, *args, **kwargs)


class Asks(Login):
    """The same, with a guard around nothing."""

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        """Nothing, or the refusal."""
        return _check(request)


class Fails(Asks):
    """The same, which takes no notice of it, or fails."""

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        """Nothing."""
        _check(request)
        raise Raised


class AsksAwaited(Asks):
    """The same, awaited."""

    async def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> Any:
        """Nothing, or the refusal."""
        return _check(request)


async def _statuses(tokens: list[str | None]) -> list[int]:
    client = AsyncClient(raise_request_exception=False)
    headers = [{} if token is None else bearer(token) for token in tokens]
    return [(await client.get("/", headers=one)).status_code for one in headers]


@pytest.mark.parametrize("middleware", [Login, Asks, Fails, AsksAwaited])
def test_before_a_view(middleware: type, pool: LocalUserPool) -> None:
    """What the `process_view` of another middleware raises is answered too, and runs nothing."""
    chain = [*MIDDLEWARE, f"{__name__}.{middleware.__name__}"]
    good = 500 if middleware is Fails else 200
    tokens = [None, pool.access_token(), pool.access_token(groups=["admins"])]
    view = path("", lambda request: ran.append("view") or HttpResponse())
    with behind(view), override_settings(MIDDLEWARE=chain):
        client = Client(raise_request_exception=False)
        for token, status in zip(tokens, (401, 403, good), strict=True):
            answer = client.get("/", headers={} if token is None else bearer(token))
            assert answer.status_code == status
            assert ("WWW-Authenticate" in answer) is (status in (401, 403))
        assert len(ran) == (good == 200)
        assert asyncio.run(_statuses(tokens)) == [401, 403, good]
    assert len(ran) == 2 * (good == 200)


class NotFound(View):
    """A page of the project's for what is not there."""

    @method_decorator(ADMINS)
    def get(self, request: Any, exception: Any) -> HttpResponse:
        """The page."""
        return HttpResponse(status=404)


@pytest.mark.parametrize("handler", [ADMINS(partial(NotFound().get)), NotFound.as_view()])
def test_a_handler_of_errors(handler: Any, pool: LocalUserPool) -> None:
    """It answers a request that had a view, and nobody would answer for it."""

    def view(request: Any) -> HttpResponse:
        raise Http404

    with behind(path("", view)):
        settings.ROOT_URLCONF.handler404 = handler
        for token, status in (
            (None, 401),
            (pool.access_token(), 403),
            (pool.access_token(groups=["admins"]), 404),
        ):
            answer = Client().get("/", headers={} if token is None else bearer(token))
            assert answer.status_code == status
