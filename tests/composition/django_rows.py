"""Django and Django REST framework."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import SimpleNamespace
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import path, re_path

from cognito_guard import Guard, require_groups
from example_apps.serving_wsgi import serve_wsgi

from ..django.project import set_up

set_up()

from django.contrib import admin  # noqa: E402  # not before the project is set up
from django.utils.decorators import method_decorator  # noqa: E402
from django.views import View  # noqa: E402

from cognito_guard_django import enforce  # noqa: E402
from cognito_guard_django.decorators import cognito_required  # noqa: E402
from cognito_guard_django.mixins import CognitoRequiredMixin  # noqa: E402

from .row import Preflight, Ran, Row  # noqa: E402

OURS = "cognito_guard_django.middleware.CognitoMiddleware"
AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"
SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
OTHERS = "tests.django.others"

Make = Callable[[Ran], list[Any]]
Serve = Callable[[Guard, Ran], AbstractContextManager[str]]


def on_waitress(
    make: Make,
    order: list[str],
    *,
    required: bool = True,
    handlers: bool = True,
    **more: Any,
) -> Serve:
    """Serves the URLs that ``make`` gives behind these middlewares, in a project that requires a
    credential and has handlers of errors. ``more`` are settings."""

    @contextmanager
    def serving(guard: Guard, ran: Ran) -> Iterator[str]:
        def fallback(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
            return HttpResponse(ran())

        urls = _Urls(urlpatterns=make(ran))
        if handlers:
            urls.handler404 = urls.handler500 = fallback
        settings = {
            "ALLOWED_HOSTS": ["127.0.0.1"],
            "COGNITO_GUARD": {
                "GUARD": guard,
                "USERS": "stateless",
                "REQUIRED": required,
                "EXEMPT": ["/health"],
            },
            "MIDDLEWARE": order,
            "ROOT_URLCONF": urls,
            **more,
        }
        with override_settings(**settings), serve_wsgi(get_wsgi_application()) as origin:
            yield origin

    return serving


class _Urls(SimpleNamespace):
    """A module of URLs."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def _everywhere(ran: Ran) -> list[Any]:
    return [re_path("", lambda request: HttpResponse(ran()))]


def _nowhere(ran: Ran) -> list[Any]:
    return []


def _enforcing(ran: Ran) -> list[Any]:
    def view(request: HttpRequest) -> HttpResponse:
        enforce(request)
        return HttpResponse(ran())

    return [path("", view)]


def _too_much(ran: Ran) -> list[Any]:
    def view(request: HttpRequest) -> HttpResponse:
        enforce(request, require_groups("nobody"))
        return HttpResponse(ran())

    return [path("", view)]


def _copied(ran: Ran) -> list[Any]:
    """A decorator that copies the attributes of a class's view, and does more than the view."""

    class Empty(View):
        pass

    inner = Empty.as_view()

    def wrapper(request: HttpRequest) -> HttpResponse:
        ran()
        return HttpResponse("the view ran")

    wrapper.__dict__.update(vars(inner))
    return [path("", wrapper)]


def _decorated(ran: Ran) -> list[Any]:
    return [path("", cognito_required(lambda request: HttpResponse(ran())))]


def _past_the_guard(ran: Ran) -> list[Any]:
    """A class whose ``dispatch`` goes by the one of the mixin."""

    class Past(CognitoRequiredMixin, View):
        def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            return View.dispatch(self, request, *args, **kwargs)

        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse(ran())

    return [path("", Past.as_view())]


class _Asking:
    """Asks before it answers, as the admin and REST framework do."""

    def __init__(self, ran: Ran) -> None:
        self.ran = ran

    @method_decorator(cognito_required)
    def has_permission(self, request: HttpRequest) -> bool:
        return True

    def page(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(self.ran() if self.has_permission(request) else "no")


def _asked(ran: Ran) -> list[Any]:
    """A guard around a question, which takes a refusal for a yes."""
    return [path("", _Asking(ran).page)]


def _admin(ran: Ran) -> list[Any]:
    """A guard around the question of Django's admin."""

    class Site(admin.AdminSite):
        @method_decorator(cognito_required)
        def has_permission(self, request: HttpRequest) -> bool:
            return True

    return [path("", Site(name="admin").admin_view(lambda request: HttpResponse(ran())))]


ROWS = [
    Row(
        "Django: a guard around a question",
        on_waitress(_asked, [OURS], required=False),
    ),
    Row(
        "Django: a guard around a question of the admin's",
        on_waitress(_admin, [OURS], required=False),
    ),
    Row("Django: a dispatch past the mixin", on_waitress(_past_the_guard, [OURS], required=False)),
    Row("Django: any view", on_waitress(_everywhere, [OURS])),
    Row("Django: a handler of 404", on_waitress(_nowhere, [OURS]), path="/no"),
    Row(
        "Django: our middleware above Django's own",
        on_waitress(_everywhere, [SESSIONS, OURS, AUTH]),
        refused=None,
    ),
    Row("Django: our middleware forgotten", on_waitress(_everywhere, []), refused=None),
    Row("Django: our middleware twice", on_waitress(_everywhere, [OURS, OURS]), refused=None),
    Row(
        "Django: our middleware in a closure",
        on_waitress(_everywhere, [f"{OTHERS}.our_closure"]),
        refused=None,
    ),
    Row("Django: a subclass of ours", on_waitress(_everywhere, [f"{OTHERS}.OurKind"])),
    Row(
        "Django: another user at the last moment",
        on_waitress(_everywhere, [OURS, f"{OTHERS}.impostor"], handlers=False),
        granted=500,
    ),
    Row(
        "Django: an identity of somebody else's",
        on_waitress(_decorated, [OURS, f"{OTHERS}.identity_only"], required=False),
    ),
    Row(
        "Django: an exempt path that is rewritten",
        on_waitress(_everywhere, [OURS, f"{OTHERS}.rewriting"]),
        path="/health",
    ),
    Row(
        "Django: an exempt path in other URLs",
        on_waitress(_everywhere, [OURS, f"{OTHERS}.other_urls"]),
        path="/health",
        granted=None,
    ),
    Row(
        "Django: enforce in a view",
        on_waitress(_enforcing, [OURS], required=False),
    ),
    Row(
        "Django: a policy in a view that nobody satisfies",
        on_waitress(_too_much, [OURS], required=False),
        granted=403,
    ),
]

PREFLIGHTS = [
    Preflight("Django: any view", on_waitress(_everywhere, [OURS])),
    Preflight("Django: a handler of 404", on_waitress(_nowhere, [OURS]), path="/no"),
    Preflight("Django: a wrapped class", on_waitress(_copied, [OURS])),
    Preflight(
        "Django: method override behind",
        on_waitress(_everywhere, [OURS, f"{OTHERS}.overriding"]),
    ),
    Preflight(
        "Django: a method that always changes",
        on_waitress(_everywhere, [OURS, f"{OTHERS}.to_post"]),
    ),
    Preflight("Django: other URLs", on_waitress(_everywhere, [OURS, f"{OTHERS}.other_urls"])),
    Preflight("Django: a page of a middleware", on_waitress(_everywhere, [OURS, f"{OTHERS}.page"])),
    Preflight(
        "Django: nothing found by a middleware",
        on_waitress(_everywhere, [OURS, f"{OTHERS}.missing"]),
    ),
    Preflight(
        "Django: flat pages",
        on_waitress(
            _nowhere, ["django.contrib.flatpages.middleware.FlatpageFallbackMiddleware", OURS]
        ),
        path="/page/",
    ),
    Preflight(
        "Django: django-cors-headers outside",
        on_waitress(
            _everywhere,
            ["corsheaders.middleware.CorsMiddleware", OURS],
            CORS_ALLOWED_ORIGINS=["https://shop.example"],
        ),
    ),
    Preflight(
        "Django: django-cors-headers inside",
        on_waitress(
            _everywhere,
            [OURS, "corsheaders.middleware.CorsMiddleware"],
            CORS_ALLOWED_ORIGINS=["https://shop.example"],
        ),
    ),
    Preflight("Django: a guarded view", on_waitress(_decorated, [OURS], required=False), path="/"),
]
