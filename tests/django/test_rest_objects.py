"""A permission that speaks of objects alone lets nobody in where no object comes."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework.authentication import SessionAuthentication
from rest_framework.decorators import action
from rest_framework.generics import RetrieveUpdateAPIView
from rest_framework.permissions import OR, AllowAny, BasePermission, IsAuthenticated, OperandHolder
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.test import APIClient
from rest_framework.viewsets import ModelViewSet

from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import HANDLER
from cognito_guard_django.rest_framework import (
    CognitoAuthentication,
    CognitoPermission,
    HasGroup,
    HasScope,
    HasSession,
)

from .api import Seen, runs
from .conftest import Configure, bearer

urlpatterns: list[Any] = []


@pytest.fixture(autouse=True)
def _project(configure: Configure) -> Iterator[None]:
    configure(USERS="stateless")
    runs.clear()
    rest = {"EXCEPTION_HANDLER": HANDLER}
    with override_settings(ROOT_URLCONF=__name__, REST_FRAMEWORK=rest, MIDDLEWARE=[]):
        yield


class IsOwner(BasePermission):
    """Whose object it is."""

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        """Whether it is the caller's."""
        return bool(obj == "mine")


class IsEditor(IsOwner):
    """The same under another name."""


class Spoken(IsOwner):
    """Says yes to everybody in its own words."""

    def has_permission(self, request: Any, view: Any) -> bool:
        """Say yes."""
        return True


def _list(self: Any, request: Any, **kwargs: Any) -> Any:
    runs.append("view")
    return Response(request.query_params.get("page"))


def _detail(self: Any, request: Any, pk: str, **kwargs: Any) -> Any:
    self.check_object_permissions(request, pk)
    return _list(self, request)


def make(permission: Any, **own: Any) -> Any:
    """A view with this permission, which lists for ``GET`` and asks about an object for ``PUT``."""
    attributes = {"permission_classes": [permission], "get": _list, "post": _list, "put": _detail}
    return type("View", (Seen,), {**attributes, **own}).as_view()  # type: ignore[attr-defined]


def asked(view: Any, method: str, pool: LocalUserPool, *, pk: str = "mine") -> list[int]:
    """The statuses for nobody, for a caller, and for one in the group."""
    urlpatterns[:] = [path("<str:pk>", view)]
    tokens = [None, pool.access_token(), pool.access_token(groups=["admins"])]
    found = []
    for token in tokens:
        headers = {} if token is None else bearer(token)
        found.append(getattr(APIClient(), method)(f"/{pk}", headers=headers).status_code)
    return found


ADMINS = HasGroup("admins")
COMPOSED = {
    "right": ADMINS | IsOwner,
    "left": IsOwner | ADMINS,
    "three": IsOwner | ADMINS | IsEditor,
    "deep": HasScope("x") | (ADMINS | IsEditor),
    "two of them": ADMINS | (IsOwner & IsEditor),
    "either of them": ADMINS | (IsOwner | IsEditor),
    "and more": (ADMINS | IsOwner) & IsAuthenticated,
    "and more, left": AllowAny & (IsOwner | ADMINS),
    "and another": (ADMINS | IsOwner) & (IsEditor | ADMINS),
    "by hand": OperandHolder(OR, ADMINS, IsOwner),
    "beside a no": (ADMINS | IsOwner) | HasSession,
    "two no": (HasSession | IsOwner) & (ADMINS | IsOwner),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_without_an_object(name: str, pool: LocalUserPool) -> None:
    """Where no object comes, the other side decides, and gives its reason."""
    view = make(COMPOSED[name])
    for method in ("get", "post"):
        group = 403 if name == "two no" else 200
        assert asked(view, method, pool) == [401, 403, group]
    assert runs == ([] if name == "two no" else ["view", "view"])
    urlpatterns[:] = [path("", view)]
    if name != "two no":
        answer = APIClient().get("/", headers=bearer(pool.access_token()))
        assert answer.json().get("reason") in ("missing_group", None)


@pytest.mark.parametrize("name", COMPOSED)
def test_with_an_object(name: str, pool: LocalUserPool) -> None:
    """Where one comes, whose it is gets it; nobody is nobody's owner."""
    view = make(COMPOSED[name])
    assert asked(view, "put", pool) == [401, 200, 200]
    group = 403 if name == "two no" else 200
    assert asked(view, "put", pool, pk="theirs") == [401, 403, group]
    assert asked(view, "options", pool)[:2] == [401, 200]  # describes the view


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        (ADMINS & IsOwner, [401, 403, 200]),
        (CognitoPermission & (IsOwner | IsEditor), [401, 200, 200]),
        (ADMINS | (CognitoPermission & IsOwner), [401, 200, 200]),
        (ADMINS | Spoken, [200, 200, 200]),
        (ADMINS | AllowAny, [200, 200, 200]),
        (ADMINS | type("Bare", (BasePermission,), {}), [200, 200, 200]),
        (CognitoPermission & IsOwner, [401, 200, 200]),
    ],
)
def test_what_is_said(permission: Any, expected: list[int], pool: LocalUserPool) -> None:
    """Who says yes to a caller in words is believed, and ``&`` needs no more than before."""
    assert asked(make(permission), "get", pool) == expected


def test_a_session(db: str, configure: Configure, pool: LocalUserPool) -> None:
    """A user whom a session knows is somebody."""
    view = make(ADMINS | IsOwner, authentication_classes=[SessionAuthentication])
    urlpatterns[:] = [path("<str:pk>", view)]
    client = APIClient()
    client.force_authenticate(User(username="ada"))
    assert client.put("/mine").status_code == 200
    assert client.put("/theirs").status_code == 403
    assert client.get("/mine").status_code == 403


def _helped(self: Any, request: Any, pk: str) -> Any:
    return self.helper(request, pk)


def _found(self: Any, request: Any, pk: str) -> Any:
    self.get_object()
    return _list(self, request)


def _by_hand(self: Any, request: Any, pk: str) -> Any:
    if not all(one.has_object_permission(request, self, pk) for one in self.get_permissions()):
        self.permission_denied(request)
    return _list(self, request)


def _closed(function: Any) -> Any:
    """A decorator that shows nothing of what it stands around."""
    return lambda self, request, pk: function(self, request, pk)


def _asking(self: Any) -> None:
    self.check_object_permissions(self.request, self.kwargs["pk"])


DETAILS: dict[str, dict[str, Any]] = {
    "a helper": {"put": _helped, "helper": _detail},
    "decorated": {"put": method_decorator(never_cache)(_detail)},
    "closed": {"put": _closed(_detail)},
    "get_object": {"put": _found, "get_object": _asking},
    "one by one": {"put": _by_hand},
}


@pytest.mark.parametrize("kind", DETAILS)
def test_how_views_ask(kind: str, pool: LocalUserPool) -> None:
    """It does not matter where the code of a view comes to its object."""
    view = make(ADMINS | IsOwner, **DETAILS[kind])
    assert asked(view, "put", pool) == [401, 200, 200]
    assert asked(view, "put", pool, pk="theirs") == [401, 403, 200]


def test_a_method_of_something_else(pool: LocalUserPool) -> None:
    """The ``get`` of a dictionary is none of the view's."""
    view = make(ADMINS | IsOwner, get=_detail)
    assert asked(view, "get", pool) == [401, 200, 200]
    assert asked(view, "post", pool) == [401, 403, 200]


def test_what_has_no_code(pool: LocalUserPool) -> None:
    """What cannot be read is believed to ask for no object; another method has no handler."""
    view = make(ADMINS | IsOwner, put=functools.partialmethod(_detail))
    assert asked(view, "put", pool) == [401, 403, 200]
    assert asked(view, "patch", pool) == [401, 403, 405]


class Users(ModelSerializer[User]):
    """What is shown of a user."""

    class Meta:
        """See there."""

        model = User
        fields = ("username",)


class Themselves(IsOwner):
    """Somebody's own row."""

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        """Whether it is the caller's."""
        return bool(obj.pk == request.user.pk)


class People(ModelViewSet[User]):
    """All that REST framework does by itself."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (HasGroup("admins") | Themselves,)
    queryset = User.objects.order_by("pk")
    serializer_class = Users

    @action(detail=False)
    def me(self, request: Any) -> Any:
        """Name no object in the URL."""
        return Response(self.get_object().username)

    @action(detail=True)
    def forgotten(self, request: Any, pk: str) -> Any:
        """Never ask about the object."""
        raise AssertionError


class Own(RetrieveUpdateAPIView[User]):
    """The caller's own, which the URL does not name."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (HasGroup("admins") | Themselves,)
    queryset = User.objects.all()
    serializer_class = Users

    def get_object(self) -> User:
        """Find it."""
        found = User.objects.get(pk=self.request.user.pk)
        self.check_object_permissions(self.request, found)
        return found


def test_generic_views(db: str, configure: Configure, pool: LocalUserPool) -> None:
    """A caller reaches his own row, and neither the list, nor what makes rows, nor another's."""
    configure(USERS="model")
    router = SimpleRouter(trailing_slash=False)
    router.register("people", People)
    urlpatterns[:] = [*router.urls, path("own", Own.as_view())]
    client = APIClient(headers=bearer(pool.access_token("ada")))
    assert client.get("/own").status_code == 200
    pk = User.objects.get().pk
    other = User.objects.create(username="other").pk
    for method, where, status in (
        ("get", f"people/{pk}", 200),
        ("patch", f"people/{pk}", 200),
        ("options", f"people/{pk}", 200),
        ("get", f"people/{other}", 403),
        ("delete", f"people/{other}", 403),
        ("get", "people/999", 404),
        ("get", "people", 403),
        ("post", "people", 403),
        ("options", "people", 403),
        ("get", "people/me", 403),
        ("get", f"people/{pk}/forgotten", 403),
    ):
        assert (getattr(client, method)(f"/{where}").status_code, where) == (status, where)
        assert getattr(APIClient(), method)(f"/{where}").status_code == 401
    admin = APIClient(headers=bearer(pool.access_token("root", groups=["admins"])))
    assert admin.get("/people").status_code == 200
    assert admin.get(f"/people/{other}").status_code == 200
