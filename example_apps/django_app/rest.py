"""The API in Django REST framework. Who may do what stands here, the rest in the settings."""

from typing import Any

from django.urls import include, path
from rest_framework.decorators import (
    api_view,
    authentication_classes,
    permission_classes,
)
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cognito_guard_django.rest_framework import HasGroup, HasMfa, HasRole


@api_view(["GET"])
@authentication_classes([])
@permission_classes([AllowAny])
def home(request: Request) -> Response:
    """A public view. No token is checked."""
    return Response({"hello": "world"})


@api_view(["GET"])
def me(request: Any) -> Response:
    """For every caller with a valid token, as in the settings. `request.auth` is the identity."""
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
    """For a scope: what the client may do."""

    required_scopes = "orders/read"

    def get(self, request: Request) -> Response:
        """The settings' `CognitoPermission` looks at `required_scopes`."""
        return Response({"orders": []})


@api_view(["GET"])
@permission_classes([HasGroup("admins")])
def admin(request: Any) -> Response:
    """For a group of the user pool."""
    return Response({"admin": request.auth.subject})


class Editor(APIView):
    """For a role in `custom:role`. Make sure that users cannot write that attribute."""

    permission_classes = (HasRole("editor"),)

    def get(self, request: Any) -> Response:
        """Permissions combine: `HasRole("editor") | HasGroup("admins")`."""
        return Response({"editor": request.auth.subject})


@api_view(["GET"])
@permission_classes([HasMfa])
def refunds(request: Request) -> Response:
    """For users who signed in with several factors."""
    return Response({"refunds": []})


class Payouts(APIView):
    """For a sign-in at this level or a higher one, in the last five minutes."""

    required_acr = "urn:cognito:loa:3"
    required_max_age = 300

    def get(self, request: Request) -> Response:
        """`CognitoPermission` reads both, and a refusal names all that is lacking."""
        return Response({"payouts": []})


urlpatterns = [
    path("", home),
    path("me", me),
    path("orders", Orders.as_view()),
    path("admin", admin),
    path("editor", Editor.as_view()),
    path("refunds", refunds),
    path("payouts", Payouts.as_view()),
    # For clients, where CognitoMiddleware is not there to answer (RFC 9728).
    path("", include("cognito_guard_django.metadata")),
]
