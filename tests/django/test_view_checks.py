"""``manage.py check`` finds the views that are more open than they read, before a request comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import Error, Tags, Warning, run_checks
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path
from django.views import View
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import NOT, AllowAny, IsAuthenticated, SingleOperandHolder
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet

from cognito_guard_django.mixins import CognitoRequiredMixin
from cognito_guard_django.rest_framework import CognitoAuthentication, CognitoPermission, HasGroup

from .api import Seen
from .conftest import Configure

urlpatterns: list[Any] = []


@pytest.fixture(autouse=True)
def _project(configure: Configure) -> Iterator[None]:
    with override_settings(ROOT_URLCONF=__name__):
        yield


def found(*callbacks: Any) -> list[tuple[str, type, str]]:
    """What is said about views."""
    urlpatterns[:] = [path("in/", include([path(f"{n}", one) for n, one in enumerate(callbacks)]))]
    messages = [one for one in run_checks(tags=[Tags.security]) if "cognito" in str(one.id)]
    assert all(one.hint for one in messages)
    return [(str(one.id)[-4:], type(one), one.msg) for one in messages]


def rest(**attributes: Any) -> Any:
    """A view of REST framework, as the URLs have it."""
    return type("Rest", (Seen,), attributes).as_view()


def function(request: Any) -> HttpResponse:
    """A view."""
    return HttpResponse()


class Guarded(CognitoRequiredMixin, View):
    """A view that may be given a requirement."""


class Plain(View):
    """A view of Django's."""

    required_groups = "admins"


class Basic(Seen):
    """A view of REST framework that has nothing to do with us."""

    authentication_classes = (BasicAuthentication,)
    permission_classes = (IsAuthenticated,)


class Set(ViewSet):
    """Actions, of which one has forgotten something."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (CognitoPermission,)
    required_groups = "admins"

    @action(detail=False, permission_classes=[AllowAny])
    def forgotten(self, request: Any) -> HttpResponse:
        raise AssertionError


def test_nothing_to_say() -> None:
    """Views that are as they read are passed in silence."""
    assert (
        found(
            function,
            Guarded.as_view(required_groups="admins"),
            rest(permission_classes=[CognitoPermission], required_groups="admins"),
            rest(get_permissions=lambda self: [CognitoPermission()], required_groups="admins"),
            Basic.as_view(),
            View.as_view(),
        )
        == []
    )


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: rest(required_group="admins"), "required_group"),
        (lambda: rest(required_groups="admins"), "reads required_groups"),
        (lambda: rest(permission_classes=[HasGroup("a")], required_roles="r"), "required_roles"),
        (
            lambda: rest(permission_classes=[SingleOperandHolder(NOT, HasGroup("a"))]),
            "SingleOperandHolder may turn",
        ),
        (lambda: Guarded.as_view(required_groups=""), "require_groups"),
        (
            lambda: rest(get_permissions=lambda self: [], require_groups="admins"),
            "require_groups",
        ),
    ],
)
def test_guarded(make: Any, text: str) -> None:
    """A mistake in a view that we guard is an error."""
    [(code, kind, said)] = found(make())
    assert (code, kind) == ("E021", Error)
    assert text in said


def test_actions() -> None:
    """Actions are looked at one by one."""
    router = SimpleRouter()
    router.register("set", Set, basename="set")
    [(code, _, said)] = found(*(one.callback for one in router.urls))
    assert (code, "required_groups" in said) == ("E021", True)


def test_later() -> None:
    """So is what was set after a class was made, and on a function."""
    own = type("Own", (Guarded,), {})
    own.required_group = "admins"  # type: ignore[attr-defined]
    assert [code for code, *_ in found(own.as_view())] == ["E021"]
    view = Guarded.as_view()
    view.required_groups = "admins"  # type: ignore[attr-defined]
    assert [code for code, *_ in found(view)] == ["E021"]


@pytest.mark.parametrize(
    "make",
    [
        Plain.as_view,
        lambda: type("Own", (View,), {"required_scope": "s"}).as_view(),
        lambda: type("Own", (Basic,), {"required_groups": "admins"}).as_view(),
        lambda: type("Own", (Basic,), {"groups_required": "admins"}).as_view(),
    ],
)
def test_not_guarded(make: Any) -> None:
    """In views that we do not guard, it may be read by others: a warning."""
    [(code, kind, _)] = found(make())
    assert (code, kind) == ("W003", Warning)


def test_a_function() -> None:
    """A requirement on a plain function is read by nobody of ours."""

    def view(request: Any) -> HttpResponse:
        raise AssertionError

    view.required_groups = "admins"  # type: ignore[attr-defined]
    [(code, _, said)] = found(view)
    assert (code, "view" in said) == ("W003", True)


def test_without_urls() -> None:
    """A project without views has nothing to look at."""
    urlpatterns[:] = [path("", rest(required_group="admins"))]
    with override_settings(ROOT_URLCONF=None):
        assert [one for one in run_checks(tags=[Tags.security]) if "E021" in str(one.id)] == []
