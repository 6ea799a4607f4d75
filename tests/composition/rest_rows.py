"""Django REST framework."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.urls import path

from cognito_guard import Guard
from example_apps.serving_wsgi import serve_wsgi

from ..django.project import set_up
from .row import Preflight, Ran, Row

set_up()

from django.utils.decorators import method_decorator  # noqa: E402
from rest_framework.authentication import BaseAuthentication, SessionAuthentication  # noqa: E402
from rest_framework.permissions import (  # noqa: E402
    NOT,
    AllowAny,
    BasePermission,
    IsAuthenticated,
    SingleOperandHolder,
)
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402

from cognito_guard import AccessDenied, Reason  # noqa: E402
from cognito_guard_django.checks import MIDDLEWARE  # noqa: E402
from cognito_guard_django.decorators import cognito_required  # noqa: E402
from cognito_guard_django.rest_framework import (  # noqa: E402
    CognitoAuthentication,
    CognitoPermission,
    HasGroup,
)

ATTRIBUTES: dict[str, Any] = {
    "authentication_classes": [CognitoAuthentication],
    "permission_classes": [CognitoPermission],
}


def rest(
    make: Callable[[], dict[str, Any]] = dict, *, middleware: bool = False
) -> Callable[[Guard, Ran], AbstractContextManager[str]]:
    """Serves a view with these attributes on waitress."""

    @contextmanager
    def served(guard: Guard, ran: Ran) -> Iterator[str]:
        def get(self: Any, request: Any) -> Response:
            return Response(ran())

        view = type("View", (APIView,), {"get": get, "post": get, **ATTRIBUTES, **make()})
        urls = ModuleType("urls")
        urls.urlpatterns = [path("", view.as_view())]  # type: ignore[attr-defined]
        with (
            override_settings(
                COGNITO_GUARD={"GUARD": guard, "USERS": "stateless"},
                ROOT_URLCONF=urls,
                ALLOWED_HOSTS=["*"],
                MIDDLEWARE=[MIDDLEWARE] if middleware else [],
            ),
            serve_wsgi(WSGIHandler()) as origin,
        ):
            yield origin

    return served


class Session(SessionAuthentication):
    """The class that many projects have copied to be rid of CSRF."""

    def enforce_csrf(self, request: Any) -> None:
        return


class Forging(BaseAuthentication):
    """Says that everybody is somebody."""

    def authenticate(self, request: Any) -> Any:
        return object(), object()


class Not(BasePermission):
    """Turns a permission around."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self) -> Any:
        return self

    def has_permission(self, request: Any, view: Any) -> bool:
        return not self.inner.has_permission(request, view)


class Unbanned(BasePermission):
    """Turns one around that it makes when it is asked."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return not HasGroup("banned").has_permission(request, view)


def _permissions(make: Callable[[], Any], **attributes: Any) -> Any:
    return lambda: {"permission_classes": [make()], **attributes}


def _denying(self: Any, request: Any) -> Any:
    if request.auth is None:
        raise AccessDenied(Reason.MISSING_GROUP, "Not without a token.")
    return Response("the view")


def _before() -> dict[str, Any]:
    @method_decorator(cognito_required)
    def initial(self: Any, request: Any, *args: Any, **kwargs: Any) -> None:
        """Runs before any handler, and what it returns is dropped."""

    return {"permission_classes": [AllowAny], "initial": initial}


BY_HAND = SingleOperandHolder(NOT, HasGroup("banned"))

ROWS = [
    Row("rest: a view alone", rest()),
    Row("rest: a view behind the middleware", rest(middleware=True)),
    Row(
        "rest: ~ over ours",
        rest(_permissions(lambda: ~(HasGroup("banned") | HasGroup("guests")))),
        refused=None,
    ),
    Row(
        "rest: ~ over ours on the right of another's",
        rest(_permissions(lambda: ~(IsAuthenticated & HasGroup("banned")))),
        refused=None,
    ),
    Row("rest: NOT by hand", rest(_permissions(lambda: BY_HAND)), refused=500, granted=500),
    Row(
        "rest: somebody's own combination",
        rest(_permissions(lambda: Not(HasGroup("banned")))),
        refused=500,
        granted=500,
    ),
    Row("rest: somebody's own not", rest(_permissions(lambda: Unbanned)), granted=403),
    Row(
        "rest: permissions that are read once",
        rest(lambda: {"permission_classes": map(HasGroup, ["admins"])}),
        refused=500,
        granted=500,
    ),
    Row(
        "rest: authentication that is read once",
        rest(lambda: {"authentication_classes": iter([CognitoAuthentication])}),
        refused=500,
        granted=500,
    ),
    Row(
        "rest: a guard before the handlers",
        rest(_before, middleware=True),
    ),
    Row(
        "rest: a requirement with a typing error",
        rest(lambda: {"required_group": "admins"}),
        refused=500,
        granted=500,
    ),
    Row(
        "rest: a requirement that nobody reads",
        rest(_permissions(lambda: AllowAny, required_groups="admins")),
        refused=500,
        granted=500,
    ),
    Row("rest: required_policy", rest(lambda: {"required_policy": lambda _: False}), granted=403),
    Row(
        "rest: somebody's authentication first",
        rest(lambda: {"authentication_classes": [Forging, CognitoAuthentication]}),
        granted=401,
    ),
    Row(
        "rest: session authentication first",
        rest(lambda: {"authentication_classes": [Session, CognitoAuthentication]}, middleware=True),
        method="POST",
    ),
    Row(
        "rest: an error of the engine's in a view",
        rest(lambda: {"permission_classes": [AllowAny], "get": _denying}),
        refused=403,
        granted=None,
    ),
]

PREFLIGHTS: list[Preflight] = []
