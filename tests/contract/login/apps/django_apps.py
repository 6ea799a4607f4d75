"""The contract's app in Django, under WSGI and under ASGI. Its users are stored nowhere: what
Django's own sessions do besides is in the tests of Django.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from socket import socket
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.test import override_settings
from django.urls import include, path
from django.views import View

from cognito_guard import require_acr, require_recent_login
from cognito_guard_django import enforce
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.login.decorators import login_required
from cognito_guard_django.login.mixins import LoginRequiredMixin
from cognito_guard_django.sign_out import SignedOut, asign_out, sign_out
from example_apps.serving import serve
from example_apps.serving_wsgi import serve_wsgi

from ....django.project import set_up
from ..site import Adapter, Running


def _user(request: Any) -> JsonResponse:
    identity = request.identity
    return JsonResponse({"user": None if identity is None else identity.username})


def home(request: Any) -> JsonResponse:
    """For anybody."""
    return _user(request)


@cognito_required
def me(request: Any) -> JsonResponse:
    """For any caller."""
    identity = request.identity
    return JsonResponse({"subject": identity.subject, "username": identity.username})


@cognito_required
async def change(request: Any) -> JsonResponse:
    """Changes something."""
    return JsonResponse({"changed": request.identity.username})


def told(done: SignedOut, request: Any) -> JsonResponse:
    """What came of a sign-out, and who is calling since."""
    problem = None if done.problem is None else type(done.problem).__name__
    user = None if request.identity is None else request.identity.username
    return JsonResponse(
        {"url": done.url, "at_cognito": done.at_cognito, "problem": problem, "user": user}
    )


@cognito_required
async def leave(request: Any) -> JsonResponse:
    """Signs the caller out."""
    return told(await asign_out(request), request)


@cognito_required
def leave_everywhere(request: Any) -> JsonResponse:
    """Signs the caller out everywhere."""
    done = sign_out(request, everywhere=True, user_api=settings.USER_API)
    return told(done, request)


@login_required
async def page(request: Any) -> JsonResponse:
    """For whoever is signed in."""
    return _user(request)


class Admin(LoginRequiredMixin, View):
    """For admins."""

    required_groups = "admins"

    def get(self, request: Any) -> JsonResponse:
        """See the class."""
        return _user(request)


@login_required(mfa=True)
def refunds(request: Any) -> JsonResponse:
    """For who has signed in with several factors."""
    return _user(request)


class Payouts(LoginRequiredMixin, View):
    """For who has just signed in at this level."""

    required_acr = "urn:cognito:loa:3"
    required_max_age = 300

    def get(self, request: Any) -> JsonResponse:
        """See the class."""
        return _user(request)


JUST_NOW = require_acr("urn:cognito:loa:3") & require_recent_login(300)


class Transfers(LoginRequiredMixin, View):
    """The same, as the view finds out by itself."""

    async def get(self, request: Any) -> JsonResponse:
        """See the class."""
        enforce(request, JUST_NOW)
        return _user(request)

    async def post(self, request: Any) -> JsonResponse:
        """As :meth:`get`."""
        return await self.get(request)


@cognito_required
def profile(request: Any) -> JsonResponse:
    """What is known of the session."""
    session = request.login_session
    if session is None:
        return JsonResponse({"session": None})
    return JsonResponse(
        {
            "email": session.profile["email"],
            "started_at": session.started_at,
            "token": session.access_token.count(".") == 2,
        }
    )


class _Urls(SimpleNamespace):
    """A module of URLs."""

    __hash__ = object.__hash__  # type: ignore[assignment]


URLS = _Urls(
    urlpatterns=[
        path("auth/", include("cognito_guard_django.login.urls")),
        path("", home),
        path("me", me),
        path("change", change),
        path("leave", leave),
        path("everywhere", leave_everywhere),
        path("page", page),
        path("admin", Admin.as_view()),
        path("refunds", refunds),
        path("payouts", Payouts.as_view()),
        path("transfers", Transfers.as_view()),
        path("profile", profile),
        path("health", home),
    ]
)


def _serve(
    server: Callable[..., AbstractContextManager[object]], application: Callable[[], Any]
) -> Callable[[Running, socket], AbstractContextManager[object]]:
    @contextmanager
    def start(running: Running, listener: socket) -> Iterator[None]:
        set_up()
        # Django takes one project for a process, so a second worker has the first one's settings.
        with (
            override_settings(
                ALLOWED_HOSTS=["127.0.0.1"],
                COGNITO_GUARD={
                    "GUARD": running.guard,
                    "LOGIN": running.sessions,
                    "USERS": "stateless",
                    "EXEMPT": ["/health"],
                },
                MIDDLEWARE=["cognito_guard_django.middleware.CognitoMiddleware"],
                ROOT_URLCONF=URLS,
                USER_API=running.user_api,
            ),
            server(application(), listener),
        ):
            yield

    return start


def _uvicorn(app: Any, listener: socket) -> AbstractContextManager[object]:
    return serve(app, listener, log_level="critical", lifespan="off")


ADAPTERS = [
    Adapter("django-waitress", _serve(serve_wsgi, get_wsgi_application)),
    Adapter("django-uvicorn", _serve(_uvicorn, get_asgi_application)),
]
