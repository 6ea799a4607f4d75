"""The API as plain Django views, sync and async, functions and a class."""

from typing import Any

from django.contrib.auth import login
from django.http import HttpRequest, JsonResponse
from django.views import View
from django.views.decorators.http import require_POST

from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.mixins import CognitoRequiredMixin


def home(request: HttpRequest) -> JsonResponse:
    """A public page. `/` is exempt in the settings, so no token is checked."""
    return JsonResponse({"hello": "world"})


@cognito_required
def me(request: Any) -> JsonResponse:
    """For every caller with a valid token. `request.identity` says who, `request.user` is stored
    here."""
    caller = request.identity
    return JsonResponse(
        {
            "subject": caller.subject,
            "username": caller.username,
            "groups": caller.groups,
            "scopes": caller.scopes,
            "roles": caller.roles,
            "machine": caller.is_machine,
        }
    )


@cognito_required(scopes="orders/read")
async def orders(request: HttpRequest) -> JsonResponse:
    """For a scope: what the client may do. Async views work as well."""
    return JsonResponse({"orders": []})


@cognito_required(groups="admins")
def admin(request: Any) -> JsonResponse:
    """For a group of the user pool."""
    return JsonResponse({"admin": request.identity.subject})


class Editor(CognitoRequiredMixin, View):
    """For a role in `custom:role`. Make sure that users cannot write that attribute."""

    required_roles = "editor"

    def get(self, request: Any) -> JsonResponse:
        """Every method of the class is guarded."""
        return JsonResponse({"editor": request.identity.subject})


@cognito_required(mfa=True)
def refunds(request: HttpRequest) -> JsonResponse:
    """For users who signed in with several factors."""
    return JsonResponse({"refunds": []})


class Payouts(CognitoRequiredMixin, View):
    """For a sign-in at this level or a higher one, in the last five minutes."""

    required_acr = "urn:cognito:loa:3"
    required_max_age = 300

    def get(self, request: HttpRequest) -> JsonResponse:
        """Every method of the class is guarded."""
        return JsonResponse({"payouts": []})


@require_POST
@cognito_required
def sign_in(request: HttpRequest) -> JsonResponse:
    """From a token to a session, for people who go on to Django's admin in a browser."""
    login(request, request.user, "cognito_guard_django.backends.CognitoBackend")  # type: ignore[arg-type]
    return JsonResponse({"user": request.user.get_username()})
