"""Somebody else's code that gets rid of Django's CSRF check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import AllowAny

from cognito_guard_django.decorators import cognito_required

from .views import calls

Chain = Callable[[HttpRequest], Any]


def switched_off(get_response: Chain) -> Chain:
    """What is often recommended against a failing check."""

    def middleware(request: Any) -> Any:
        request._dont_enforce_csrf_checks = True
        return get_response(request)

    return middleware


def done_already(get_response: Chain) -> Chain:
    """Says that the check is behind us."""

    def middleware(request: Any) -> Any:
        request.csrf_processing_done = True
        return get_response(request)

    return middleware


def overriding(get_response: Chain) -> Chain:
    """Lets a link say that it is a POST."""

    def middleware(request: Any) -> Any:
        request.method = request.GET.get("_method", request.method)
        return get_response(request)

    return middleware


def view(request: Any) -> HttpResponse:
    """Does something as the caller."""
    calls.append(request)
    return HttpResponse()


@cognito_required
@api_view(["POST", "GET"])
@authentication_classes([BasicAuthentication])
@permission_classes([AllowAny])
def rest(request: Any) -> HttpResponse:
    """As in the issue: REST framework's own check belongs to another authentication class."""
    return view(request)


@method_decorator(csrf_exempt, name="dispatch")
class Exempt(View):
    """A class that is exempt."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """As above."""
        return view(request)


api = NinjaAPI(urls_namespace="forged")


@api.post("/order")
def order(request: HttpRequest) -> int:
    """Ninja exempts all its views."""
    view(request)
    return 1


exempt = csrf_exempt(view)
guarded_exempt = cognito_required(csrf_exempt(view))
exempt_guarded = csrf_exempt(cognito_required(view))


@csrf_exempt
async def aexempt(request: Any) -> HttpResponse:
    """Async, and exempt."""
    return view(request)
