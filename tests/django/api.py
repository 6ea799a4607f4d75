"""REST framework views that the tests call."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.http import Http404
from django.urls import path
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.exceptions import PermissionDenied, Throttled
from rest_framework.generics import CreateAPIView
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from cognito_guard_django.rest_framework import (
    CognitoAuthentication,
    CognitoPermission,
    HasGroup,
    HasRole,
    HasScope,
)

runs: list[str] = []
"""The requests that reached a view; emptied by the tests that look."""


class Seen(APIView):
    """Who a view sees."""

    authentication_classes: Any = (CognitoAuthentication,)
    permission_classes: Any = (IsAuthenticated,)

    def get(self, request: Any) -> Response:
        runs.append(request.path)
        subject = None if request.auth is None else request.auth.subject
        return Response({"subject": subject, "user": request.user.get_username()})

    post = get


class Refusing(Seen):
    """A view that refuses for itself, though its permission was content."""

    permission_classes = (HasGroup("admins") | IsAuthenticated,)

    def get(self, request: Any) -> Response:
        raise PermissionDenied("Not today.")


class Creating(CreateAPIView[Any]):
    """A view that describes what can be posted to it, to who may."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (HasGroup("admins"),)
    serializer_class = Serializer


class Owner(BasePermission):
    """Nobody owns anything here."""

    def has_object_permission(self, request: Any, view: Any, obj: object) -> bool:
        return False


class Quota(BasePermission):
    """Nobody has anything left here, and is told so by an error."""

    def has_permission(self, request: Any, view: Any) -> bool:
        raise QUOTA[request.query_params["raises"]]


QUOTA = {
    "framework": Throttled(),
    "denied": PermissionDenied("Over quota."),
    "django": DjangoPermissionDenied(),
    "not found": Http404(),
}


class Owned(Seen):
    """A view whose object belongs to somebody else."""

    permission_classes = (HasGroup("admins") | Owner,)

    def get(self, request: Any) -> Response:
        self.check_object_permissions(request, object())
        return super().get(request)


def view(*permissions: Any, authentication: Any = None, **attributes: Any) -> Any:
    """A view with these permissions and attributes."""
    attributes["permission_classes"] = list(permissions)
    if authentication is not None:
        attributes["authentication_classes"] = authentication
    return type("View", (Seen,), attributes).as_view()  # type: ignore[attr-defined]


@api_view(["GET"])
@authentication_classes([CognitoAuthentication])
@permission_classes([HasScope("orders/read")])
def function(request: Any) -> Response:
    """A function as a view."""
    return Response({"subject": request.auth.subject})


@api_view(["GET", "OPTIONS"])
@authentication_classes([CognitoAuthentication])
@permission_classes([HasGroup("admins")])
def options_function(request: Any) -> Response:
    """A function that answers OPTIONS itself."""
    runs.append(request.path)
    return Response()


class Options(ViewSet):
    """An action that answers OPTIONS itself, beside one that leaves it to the framework."""

    authentication_classes = (CognitoAuthentication,)
    permission_classes = (HasGroup("admins"),)

    def run(self, request: Any) -> Response:
        runs.append(request.path)
        return Response()


BOTH = [CognitoAuthentication, SessionAuthentication]

urlpatterns = [
    path("me", view(IsAuthenticated)),
    path("anybody", view(AllowAny)),
    path("ours", view(CognitoPermission)),
    path("group", view(HasGroup("admins"))),
    path("scope", view(HasScope("orders/read"))),
    path("role", view(HasRole("editor"))),
    path("any-of", view(HasGroup("admins", "clerks", match="any"))),
    path("all-of", view(HasGroup("admins", "clerks"))),
    path("group-and-scope", view(HasGroup("admins") & HasScope("orders/read"))),
    path("group-or-scope", view(HasGroup("admins") | HasScope("orders/read"))),
    path("group-or-django", view(IsAdminUser | HasGroup("admins"))),
    path("three", view(IsAdminUser | HasRole("editor") | HasGroup("admins"))),
    path("group-and-django", view(IsAdminUser & HasGroup("admins"))),
    path("two-classes", view(HasGroup("admins"), HasScope("orders/read"))),
    path(
        "by-attribute",
        view(HasScope & HasGroup, required_scopes=["orders/read"], required_groups="admins"),
    ),
    path(
        "by-attributes",
        view(
            CognitoPermission,
            required_scopes="orders/read",
            required_groups=["admins"],
            required_roles="editor",
        ),
    ),
    path("without-attribute", view(HasScope)),
    path("refusing", Refusing.as_view()),
    path("owned", Owned.as_view()),
    path("quota", view(CognitoPermission, Quota)),
    path("creating", Creating.as_view()),
    path("function", function),
    path("options-function", options_function),
    path("options-action", Options.as_view({"get": "run", "options": "run"})),
    path("action", Options.as_view({"get": "run"})),
    path("session-first", view(IsAuthenticated, authentication=BOTH[::-1])),
    path("session-too", view(IsAuthenticated, authentication=BOTH)),
    path(
        "basic-first",
        view(IsAuthenticated, authentication=[BasicAuthentication, CognitoAuthentication]),
    ),
    path("basic-only", view(HasGroup("admins"), authentication=[BasicAuthentication])),
    path("basic-only-any", view(IsAuthenticated, authentication=[BasicAuthentication])),
]
