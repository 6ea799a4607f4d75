"""The views that the tests call."""

from __future__ import annotations

import threading
from typing import Any

from django.contrib.auth import aauthenticate, alogin, authenticate, login
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View

from cognito_guard import AccessDenied, Reason, require_groups, require_scopes
from cognito_guard_django.decorators import cognito_required
from cognito_guard_django.mixins import CognitoRequiredMixin

calls: list[HttpRequest] = []
"""The requests that reached a view; emptied by the tests that look."""


def me(request: Any) -> JsonResponse:
    """Who a view sees."""
    calls.append(request)
    return _seen(request, request.user)


async def ame(request: Any) -> JsonResponse:
    """Who an async view sees."""
    calls.append(request)
    return _seen(request, await request.auser())


def _seen(request: Any, user: Any) -> JsonResponse:
    return JsonResponse(
        {
            "subject": request.identity and request.identity.subject,
            "user": user.get_username(),
            "authenticated": user.is_authenticated,
            "kind": type(user).__name__,
            "thread": threading.get_ident(),
        }
    )


def broken(request: HttpRequest) -> HttpResponse:
    """A view with a mistake."""
    raise KeyError("sub")


def denied_inside(request: HttpRequest) -> HttpResponse:
    """A view that raises what belongs to the guard."""
    raise AccessDenied(Reason.MISSING_GROUP, "Not from here.")


def sign_in(request: HttpRequest) -> JsonResponse:
    """Turns a token into a session."""
    user = authenticate(request, token=request.POST["token"])
    if user is not None:
        login(request, user)
    return JsonResponse({"user": None if user is None else user.get_username()})


async def asign_in(request: HttpRequest) -> JsonResponse:
    """Turns a token into a session, asynchronously."""
    user = await aauthenticate(request, token=request.POST["token"])
    if user is not None:
        await alogin(request, user)
    return JsonResponse({"user": None if user is None else user.get_username()})


bare = cognito_required(me)
abare = cognito_required(ame)
admins = cognito_required(groups="admins")(me)
aadmins = cognito_required(groups=["admins"])(ame)
orders = cognito_required(scopes="orders/read")(me)
editors = cognito_required(roles="editor")(me)
either = cognito_required(policy=require_groups("admins") | require_scopes("orders/read"))(me)
only_alice = cognito_required(policy=lambda identity: identity.username == "alice")(me)
with_login = login_required(me)
awith_login = login_required(ame)
with_permission = permission_required("auth.view_user", raise_exception=True)(me)


@method_decorator(cognito_required(groups="admins"), name="dispatch")
class Decorated(View):
    """A class with a decorator around all its methods."""

    def get(self, request: HttpRequest) -> JsonResponse:
        return me(request)


@method_decorator(cognito_required(groups="admins"), name="dispatch")
class ADecorated(View):
    """A class with async methods and a decorator around all of them."""

    async def get(self, request: HttpRequest) -> JsonResponse:
        return await ame(request)


class Mixed(CognitoRequiredMixin, View):
    """A class that names what it requires."""

    required_groups = "admins"

    def get(self, request: HttpRequest) -> JsonResponse:
        return me(request)


class AMixed(CognitoRequiredMixin, View):
    """The same, async, with a plain function as a policy."""

    def required_policy(identity: Any) -> bool:  # noqa: N805
        return "admins" in identity.groups

    async def get(self, request: HttpRequest) -> JsonResponse:
        return await ame(request)


class Any_(CognitoRequiredMixin, View):  # noqa: N801
    """A class that any caller reaches, until ``as_view`` says otherwise."""

    def get(self, request: HttpRequest) -> JsonResponse:
        return me(request)


class Dispatching(View):
    """A class that treats all methods alike."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return me(request)


class Answering(View):
    """A class that answers OPTIONS itself."""

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return me(request)


class Preparing(View):
    """A class that does something before it looks at the method."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        me(request)


class Plain(View):
    """A class that requires nothing."""

    def get(self, request: HttpRequest) -> JsonResponse:
        return me(request)
