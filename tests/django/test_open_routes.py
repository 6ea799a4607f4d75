"""``open_routes`` on a Django project: finds what is open, and nothing else."""

from __future__ import annotations

import functools
import sys
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import Http404, HttpResponse
from django.test import override_settings
from django.urls import include, path, re_path
from django.views import View
from django.views.decorators.http import require_POST
from rest_framework.decorators import api_view, permission_classes
from rest_framework.permissions import AllowAny
from rest_framework.routers import DefaultRouter
from rest_framework.viewsets import ViewSet

from cognito_guard.testing import open_routes
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.mixins import CognitoRequiredMixin
from cognito_guard_django.rest_framework import CognitoAuthentication, HasGroup

from .conftest import Configure

pytestmark = pytest.mark.usefixtures("configure")


def page(request: Any, **values: Any) -> HttpResponse:
    """A view that anybody may see."""
    return HttpResponse("welcome")


@require_POST
def form(request: Any) -> HttpResponse:
    """One that a check against CSRF stands before."""
    return HttpResponse("welcome")


def gone(request: Any) -> HttpResponse:
    """One that finds nothing."""
    raise Http404


class Pages(View):
    """A class that takes one method."""

    def post(self, request: Any, **values: Any) -> HttpResponse:
        return HttpResponse("welcome")


class Orders(ViewSet):
    """A view set that is guarded, unless a route says otherwise."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (HasGroup("admins"),)

    def list(self, request: Any) -> HttpResponse:
        return HttpResponse("welcome")

    def retrieve(self, request: Any, pk: str) -> HttpResponse:
        return HttpResponse("welcome")


@api_view(["GET"])
@permission_classes([AllowAny])
def public(request: Any) -> HttpResponse:
    """A function of REST framework's."""
    return HttpResponse("welcome")


guarded = cognito_required(page)

INNER = [
    path("open/<slug:name>/", page),
    path("guarded/<path:name>", guarded),
    re_path(r"^old/(?P<year>[0-9]{4})/(\w+)?$", page),
    re_path(r"^archive/(?P<year>[0-9]{4})/$", guarded),
]

PATTERNS = [
    path("", guarded),
    path("health", page),
    path("100%/<int:number>", page),
    path("guarded/<uuid:key>", guarded),
    path("form", form),
    path("guarded-form", cognito_required(form)),
    path("gone", gone),
    path("class/<int:number>/", Pages.as_view()),
    path("guarded-class/", cognito_required(Pages.as_view())),
    path("inner/<str:tenant>/", include(INNER)),
    path("orders", Orders.as_view({"get": "list"}, permission_classes=[AllowAny])),
    path("orders/<int:pk>", Orders.as_view({"get": "retrieve"})),
    path("public", public),
]

OPEN = [
    "/100%/<int:number>",
    "/class/<int:number>/",
    "/form",
    "/gone",
    "/health",
    "/inner/<str:tenant>/^old/(?P<year>[0-9]{4})/(\\w+)?$",
    "/inner/<str:tenant>/open/<slug:name>/",
    "/orders",
    "/public",
]


def urlconf(patterns: list[Any], **attributes: Any) -> Any:
    """The setting for a module with these patterns."""
    module: Any = ModuleType("urls")
    module.urlpatterns = patterns
    for name, value in attributes.items():
        setattr(module, name, value)
    sys.modules[module.__name__] = module
    return override_settings(ROOT_URLCONF=module)


@pytest.mark.parametrize("application", [get_wsgi_application, get_asgi_application])
def test_what_is_open(application: Any) -> None:
    """Every kind of route is asked, over WSGI and ASGI; the open ones are found, and no others."""
    with urlconf(PATTERNS):
        assert open_routes(application()) == OPEN


def test_what_is_required_everywhere(configure: Configure) -> None:
    """With ``REQUIRED``, only what is exempt is open; preflights and unknown URLs are not."""
    configure(REQUIRED=True, EXEMPT=["/health"])
    with urlconf(PATTERNS, handler404=lambda request, exception: page(request)):
        assert open_routes(get_wsgi_application()) == ["/health"]


def test_below_an_exempt_path(configure: Configure) -> None:
    """What an exempt path leads to is open, whatever its route is written like; so is a page of the
    project's own for what leads nowhere there."""
    configure(REQUIRED=True, EXEMPT=["/public/*"])
    patterns = [path("public/guarded", guarded), path("<slug:a>/<int:b>", page)]
    handler: Any = {"handler404": lambda request, exception: page(request)}
    with urlconf(patterns):
        assert open_routes(get_wsgi_application()) == ["/<slug:a>/<int:b>"]
    with urlconf([path("x", page)], **handler):
        assert open_routes(get_wsgi_application()) == ["404"]


def test_a_requirement_that_is_misnamed() -> None:
    """Row D7: what only reads like a requirement is an error, which is no refusal: it is found."""
    late = type("Late", (CognitoRequiredMixin, Pages), {})
    late.required_group = "admins"
    right = type("Right", (CognitoRequiredMixin, Pages), {"required_groups": ["admins"]})
    with urlconf([path("late", late.as_view()), path("right", right.as_view())]):
        assert open_routes(get_wsgi_application()) == ["/late"]


def overriding(get_response: Any) -> Any:
    """A middleware that lets a header say what the method is."""

    def override(request: Any) -> Any:
        request.method = request.headers.get("X-HTTP-Method-Override", request.method)
        return get_response(request)

    return override


def test_preflights_that_become_calls(configure: Configure) -> None:
    """Row D8: with a middleware behind ours that makes a call of a preflight, and a decorator
    around a class."""

    @functools.wraps(Pages.as_view())
    def wrapped(request: Any) -> HttpResponse:
        return Pages.as_view()(request)

    middleware = [*settings.MIDDLEWARE, f"{__name__}.overriding"]
    patterns = [path("class", Pages.as_view()), path("wrapped", wrapped)]
    handler: Any = {"handler404": lambda request, exception: page(request)}
    with urlconf(patterns, **handler), override_settings(MIDDLEWARE=middleware):
        configure(REQUIRED=True)
        assert open_routes(get_wsgi_application()) == []
        configure(REQUIRED=False)
        assert open_routes(get_wsgi_application()) == ["/class", "/wrapped", "404"]


def test_a_404_page() -> None:
    """A handler of the project's own for URLs that lead nowhere is open where nothing refuses."""
    with urlconf([], handler404=lambda request, exception: page(request)):
        assert open_routes(get_wsgi_application()) == ["404"]
    with urlconf([]):
        assert open_routes(get_wsgi_application()) == []


def test_a_route_for_everything() -> None:
    """Where every URL leads somewhere, none leads nowhere."""
    with urlconf([re_path("", page)]):
        assert open_routes(get_wsgi_application()) == ["/"]


@pytest.mark.parametrize("prefix", ["^[a-z]+/(?P<kind>news|more-news)/", "^(?P<a>x(?:y|z))/"])
def test_words_in_a_regular_expression(prefix: str) -> None:
    """A group that lists what it may be needs no value from the test."""
    with urlconf([re_path(f"{prefix}open$", page), re_path(f"{prefix}guarded$", guarded)]):
        values = {"a": "xy"} if "(?:" in prefix else {}
        assert open_routes(get_wsgi_application(), values=values) == [f"/{prefix}open$"]


@pytest.mark.parametrize("application", [get_wsgi_application, get_asgi_application])
def test_a_usual_project(application: Any, db: str) -> None:
    """Django's admin, as ``startproject`` has it, and a router of REST framework's, whose routes
    take formats: for one that it does not know, it would answer 404 to anybody."""
    router = DefaultRouter()
    router.register("orders", Orders, basename="order")
    patterns = [path("admin/", admin.site.urls), path("api/", include(router.urls))]
    with urlconf(patterns):
        assert open_routes(application()) == [
            *("/admin/login/", "/admin/logout/"),
            *("/api/", "/api/<drf_format_suffix:format>"),  # the list of what there is
        ]


def test_routes_in_languages() -> None:
    """Routes below the name of a language are asked in the one that is active."""
    with urlconf(i18n_patterns(path("guarded", guarded), path("open", page))):
        assert open_routes(get_wsgi_application()) == ["/en-us/open"]


def test_a_route_that_is_not_reached() -> None:
    """A route that nothing leads to is an error, and not taken for one that refuses."""
    patterns = [path("<str:name>", guarded), path("<int:number>", page)]
    with (
        urlconf(patterns),
        pytest.raises(ValueError, match=r"no path for the route '/<int:number>'"),
    ):
        open_routes(get_wsgi_application())
    with urlconf([re_path(r"^(?P<plate>[A-Z]{3}-[0-9]+)$", page)]):
        with pytest.raises(ValueError, match="values="):
            open_routes(get_wsgi_application())
        found = open_routes(get_wsgi_application(), values={"plate": "ABC-1"})
        assert found == ["/^(?P<plate>[A-Z]{3}-[0-9]+)$"]


@pytest.mark.parametrize("allowed", [["shop.example"], [".shop.example"], ["*"]])
def test_the_host(allowed: list[str]) -> None:
    """It asks for a host that the settings allow."""
    with urlconf([path("me", guarded)]), override_settings(ALLOWED_HOSTS=allowed):
        assert open_routes(get_wsgi_application()) == []


def test_the_check_against_csrf_is_back() -> None:
    """What it switches off to ask is on afterwards, in the same application."""
    app = get_wsgi_application()
    kind = app.request_class
    with urlconf(PATTERNS):
        open_routes(app)
    assert app.request_class is kind
