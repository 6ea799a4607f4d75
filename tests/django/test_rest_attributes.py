"""Attributes of REST framework's views: each requirement is read, or it is an error."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.test import override_settings
from django.urls import path
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import action, api_view
from rest_framework.permissions import AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.viewsets import ViewSet

from cognito_guard import ConfigurationError, require_groups
from cognito_guard.testing import LocalUserPool
from cognito_guard_django.checks import AUTHENTICATION, HANDLER
from cognito_guard_django.rest_framework import (
    CognitoAuthentication,
    CognitoPermission,
    HasGroup,
    HasRole,
    HasScope,
)

from .api import Seen, runs
from .conftest import Configure, bearer
from .test_attributes import MISNAMED, MISSPELT


@pytest.fixture(autouse=True)
def _project(configure: Configure) -> Iterator[None]:
    configure(USERS="stateless")
    runs.clear()
    rest = {"EXCEPTION_HANDLER": HANDLER, "DEFAULT_AUTHENTICATION_CLASSES": [AUTHENTICATION]}
    with override_settings(REST_FRAMEWORK=rest, ROOT_URLCONF=__name__):
        yield


urlpatterns: list[Any] = []


def make(*permissions: Any, **attributes: Any) -> Any:
    """A class of views."""
    return type("View", (Seen,), {"permission_classes": list(permissions), **attributes})


def ask(view: Any, token: str | None = None) -> Any:
    """Ask a view."""
    headers = {} if token is None else bearer(token)
    return view(APIRequestFactory().get("/", headers=headers))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *product(["class", "later", "as_view", "function"], MISNAMED),
        *product(["instance"], MISSPELT),
    ],
)
def test_misnamed(name: str, kind: str, pool: LocalUserPool) -> None:
    """A wrong name is an error at the first request, whatever the permissions are."""
    token = pool.access_token()
    for permission in (IsAuthenticated, CognitoPermission, HasGroup("a"), AllowAny):
        view = make(permission, **({name: "admins"} if kind in ("class", "as_view") else {}))
        if kind == "later":
            setattr(view, name, "admins")
        elif kind == "instance":
            view.setup = lambda self, *args, _of=Seen, **kwargs: (
                setattr(self, name, "admins"),
                _of.setup(self, *args, **kwargs),
            )
        function = view.as_view(**({name: "clerks"} if kind == "as_view" else {}))
        if kind == "function":
            setattr(function, name, "admins")
            urlpatterns[:] = [path("here", function)]
        headers = bearer(token)
        client = APIClient() if kind == "function" else None
        for given in ({}, headers):
            with pytest.raises(ConfigurationError, match=name):
                client.get("/here", headers=given) if client else function(
                    APIRequestFactory().get("/", headers=given)
                )
    assert runs == []


def _wanted(identity: Any) -> bool:
    return "admins" in identity.groups


@pytest.mark.parametrize(
    "policy", [_wanted, staticmethod(_wanted), require_groups("admins"), lambda _: False]
)
@pytest.mark.parametrize("late", [True, False])
def test_required_policy(policy: Any, late: bool, pool: LocalUserPool) -> None:
    """``required_policy`` counts on REST framework's views as it does elsewhere."""
    view = make(CognitoPermission, **({} if late else {"required_policy": policy}))
    if late:
        view.required_policy = policy
    assert ask(view.as_view(), pool.access_token()).status_code == 403
    assert runs == []
    granted = ask(view.as_view(), pool.access_token(groups=["admins"])).status_code
    assert granted == (403 if getattr(policy, "__name__", "") == "<lambda>" else 200)


@pytest.mark.parametrize(
    "permissions",
    [
        [IsAuthenticated],
        [AllowAny],
        [IsAdminUser | HasRole("r")],
        [HasGroup("a")],
        [HasRole],
        [HasGroup("required_groups") & HasRole],
        [],
    ],
)
@pytest.mark.parametrize("late", [True, False])
def test_unread(permissions: list[Any], late: bool, pool: LocalUserPool) -> None:
    """A requirement that none of the permissions reads is an error."""
    view = make(*permissions, required_roles=None)
    for name, value in (
        ("required_groups", "admins"),
        ("required_scopes", ["s"]),
        ("required_policy", require_groups("admins")),
    ):
        own = type("View", (view,), {} if late else {name: value})
        if late:
            setattr(own, name, value)
        for token in (None, pool.access_token(groups=["a"], role="r")):
            with pytest.raises(ConfigurationError, match=f"reads {name}"):
                ask(own.as_view(), token)
    assert runs == []


@pytest.mark.parametrize(
    ("permissions", "name"),
    [
        ([HasGroup], "required_groups"),
        ([IsAuthenticated, HasGroup | IsAdminUser], "required_groups"),
        ([HasGroup("admins"), CognitoPermission], "required_groups"),
        ([IsAdminUser | (HasScope & HasGroup("x")), HasGroup], "required_scopes"),
    ],
)
def test_read(permissions: list[Any], name: str, pool: LocalUserPool) -> None:
    """One that is read is enforced, also when it was set late or by ``as_view``."""
    view = make(*permissions, required_groups="admins")
    setattr(view, name, "set-late")
    held = {name.removeprefix("required_"): ["set-late"]}
    assert ask(view.as_view(), pool.access_token(groups=["admins"])).status_code == 403
    assert ask(view.as_view(**{name: "at-last"}), pool.access_token(**held)).status_code == 403
    assert runs == []


def test_overridden_permissions(pool: LocalUserPool) -> None:
    """What ``get_permissions`` gives is what reads, or does not."""

    class Chosen(Seen):
        required_groups = "admins"

        def get_permissions(self) -> Any:
            assert self.request.user is not None
            return [IsAuthenticated()] if "open" in self.request.GET else [CognitoPermission()]

    view = Chosen.as_view()
    assert ask(view, pool.access_token()).status_code == 403
    request = APIRequestFactory().get("/?open", headers=bearer(pool.access_token()))
    with pytest.raises(ConfigurationError, match="required_groups"):
        view(request)
    assert runs == []


class Set(ViewSet):
    """Actions, one of which waives aloud what the others require."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (CognitoPermission,)
    required_groups: Any = "admins"
    required_scopes: Any = None

    def list(self, request: Any) -> Response:
        runs.append("list")
        return Response()

    @action(detail=False, required_groups="clerks")
    def own(self, request: Any) -> Response:
        return self.list(request)

    @action(detail=False, permission_classes=[AllowAny])
    def forgotten(self, request: Any) -> Response:
        return self.list(request)

    @action(detail=False, permission_classes=[AllowAny], required_groups=None)
    def waived(self, request: Any) -> Response:
        return self.list(request)


def test_actions(pool: LocalUserPool) -> None:
    """Actions have attributes of their own, by ``@action`` and by ``as_view``."""
    router = SimpleRouter(trailing_slash=False)
    router.register("set", Set, basename="set")
    urlpatterns[:] = [*router.urls, path("by", Set.as_view({"get": "list"}, required_scopes="s"))]
    client = APIClient()
    admin, clerk = (bearer(pool.access_token(groups=[group])) for group in ("admins", "clerks"))
    assert client.get("/set", headers=admin).status_code == 200
    assert client.get("/set", headers=clerk).status_code == 403
    assert client.get("/set/own", headers=clerk).status_code == 200
    assert client.get("/set/own", headers=admin).status_code == 403
    assert client.get("/by", headers=admin).status_code == 403
    assert client.get("/set/waived").status_code == 200
    runs.clear()
    with pytest.raises(ConfigurationError, match="required_groups"):
        client.get("/set/forgotten")
    with pytest.raises(TypeError, match="required_group"):
        Set.as_view({"get": "list"}, required_group="admins")
    assert runs == []


def test_a_function(pool: LocalUserPool) -> None:
    """A requirement on a view function is read by nobody, right name or not."""

    @api_view(["GET"])
    def view(request: Any) -> Response:
        raise AssertionError

    view.cls.authentication_classes = [CognitoAuthentication]
    view.cls.permission_classes = [CognitoPermission]
    view.required_groups = "admins"
    urlpatterns[:] = [path("here", view)]
    with pytest.raises(ConfigurationError, match="required_groups was set on the function"):
        APIClient().get("/here", headers=bearer(pool.access_token()))


@pytest.mark.parametrize("base", [HasGroup, CognitoPermission])
@pytest.mark.parametrize("name", ["required_groups", "groups", "required_group", "require_scopes"])
def test_on_the_permission(base: Any, name: str) -> None:
    """A requirement on a permission class is an error when the class is made."""
    with pytest.raises(ConfigurationError, match=name):
        type("Admins", (base,), {name: "admins"})
    type("Admins", (base,), {"message": "No."})


def test_of_another_package(pool: LocalUserPool) -> None:
    """``required_scopes`` is a name of django-oauth-toolkit's, too, whose permissions read it."""
    theirs = type("TokenHasScope", (AllowAny,), {"__module__": "oauth2_provider.contrib.x"})
    assert ask(make(theirs, required_scopes=["s"]).as_view()).status_code == 200
    assert ask(make(IsAdminUser | theirs, required_scopes=["s"]).as_view()).status_code == 200
    with pytest.raises(ConfigurationError, match="required_groups"):
        ask(make(theirs, required_groups=["s"]).as_view())


def test_without_our_authentication(pool: LocalUserPool) -> None:
    """Our permission finds the mistake where no authentication class of ours is asked."""
    view = make(
        HasGroup("a"), authentication_classes=[BasicAuthentication], required_group="admins"
    )
    with pytest.raises(ConfigurationError, match="required_group"):
        ask(view.as_view())
