"""The API in Django REST framework. Who may do what stands here, the rest in the settings."""

from typing import Any

from django.urls import path
from rest_framework.decorators import (
    api_view,
    authentication_classes,
    permission_classes,
)
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cognito_guard_django.rest_framework import HasGroup, HasRole


@api_view(["GET"])
@authentication_classes([])
@permission_classes([AllowAny])
def home(request: Request) -> Response:
    """Anybody may come here, and no token is looked at."""
    return Response({"hello": "world"})


@api_view(["GET"])
def me(request: Any) -> Response:
    """Any caller with a good token, as the settings say. `request.auth` is the identity."""
    caller = request.auth
    return Response(
        {
            "subject": caller.subject,
            "username": caller.username,
            "groups": caller.groups,
            "scopes": caller.scopes,
            "roles": caller.roles,
            "machine": caller.is_machine,
        }
    )


class Orders(APIView):
    """A scope: what the client was allowed to do."""

    required_scopes = "orders/read"

    def get(self, request: Request) -> Response:
        """The settings' `CognitoPermission` looks at `required_scopes`."""
        return Response({"orders": []})


@api_view(["GET"])
@permission_classes([HasGroup("admins")])
def admin(request: Any) -> Response:
    """A user pool group: who the user is."""
    return Response({"admin": request.auth.subject})


class Editor(APIView):
    """A role in `custom:role`. Make sure that users cannot write that attribute."""

    permission_classes = (HasRole("editor"),)

    def get(self, request: Any) -> Response:
        """Permissions combine: `HasRole("editor") | HasGroup("admins")`."""
        return Response({"editor": request.auth.subject})


urlpatterns = [
    path("", home),
    path("me", me),
    path("orders", Orders.as_view()),
    path("admin", admin),
    path("editor", Editor.as_view()),
]
